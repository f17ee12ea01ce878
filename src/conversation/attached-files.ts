/** A file that the human attached to a message by naming it: `@src/a.ts`. */
export interface AttachedFile {
  /** Relative to the workspace. */
  path: string;
  content: string;
}

/** The message as a model reads it: the human's words, then each file whole. */
export function withFiles(text: string, files: readonly AttachedFile[]): string {
  return text + files.map(({ path, content }) => `\n\n<file path="${path}">\n${content}\n</file>`).join('');
}

/** Takes such a message apart again. */
export function splitFiles(message: string): { text: string; files: AttachedFile[] } {
  const files: AttachedFile[] = [];
  const text = message.replaceAll(FILE, (_whole, path: string, content: string) => {
    files.push({ path, content });
    return '';
  });
  return { text, files };
}

const FILE = /\n\n<file path="([^"\n]+)">\n([\s\S]*?)\n<\/file>(?=\n\n<file path="|$)/g;
