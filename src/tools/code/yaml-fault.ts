import { MOST_FAULTS, type SyntaxFault } from './fault.ts';

/** @returns undefined where it cannot be checked. */
export async function yamlFaults(text: string): Promise<SyntaxFault[] | undefined> {
  const { LineCounter, parseAllDocuments } = await import('yaml');
  const lineCounter = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
    const errors = [...documents].flatMap((document) => document.errors);
    return errors.slice(0, MOST_FAULTS).map(({ pos, message }) => {
      const { line, col } = lineCounter.linePos(pos[0]);
      return { line: Math.max(line, 1), column: Math.max(col, 1), message };
    });
  } catch {
    // Nested deeper than the reader can follow.
    return undefined;
  }
}
