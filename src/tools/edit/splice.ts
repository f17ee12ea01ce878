import { Failure } from '../../conversation/failure.ts';
import { matchIn, type Replacement, type Span } from './match.ts';
import { nearestRegion } from './nearest-region.ts';

export interface Spliced {
  text: string;
  /** In the order of the text. */
  spans: Span[];
}

/**
 * All replacements, each matched against the text as it is, or none of them.
 * @throws {Failure} that says which one does not fit, why, and what stands there instead.
 */
export function splice(path: string, text: string, replacements: readonly Replacement[]): Spliced {
  const spans = replacements.flatMap((replacement, edit) =>
    spansOf(path, text, replacement, edit, replacements.length),
  );
  spans.sort((a, b) => a.start - b.start || a.end - b.end);
  for (const [place, span] of spans.entries()) {
    const next = spans[place + 1];
    if (next && next.start < span.end) throw overlap(path, text, span, next);
  }
  let spliced = '';
  let from = 0;
  for (const { start, end, replacement } of spans) {
    spliced += text.slice(from, start) + replacement;
    from = end;
  }
  return { text: spliced + text.slice(from), spans };
}

function spansOf(path: string, text: string, replacement: Replacement, edit: number, of: number): Span[] {
  const match = matchIn(text, replacement, edit);
  if ('spans' in match) return match.spans;
  const which = of > 1 ? `Edit ${edit + 1} of ${of}` : 'The edit';
  const nothing = `Nothing was changed in ${path}. ${which}`;
  switch (match.problem) {
    case 'empty':
      throw new Failure(
        'bad-request',
        `${nothing} has an empty "old": copy the text to replace, or use write.`,
      );
    case 'no change':
      throw new Failure('bad-request', `${nothing} would change nothing: "old" and "new" are the same.`);
    case 'ambiguous': {
      const lines = match.offsets.slice(0, 10).map((offset) => lineAt(text, offset));
      const more = match.offsets.length > 10 ? ', …' : '';
      throw new Failure(
        'bad-request',
        `${nothing} fits ${match.offsets.length} places, lines ${lines.join(', ')}${more}: add lines around it until it fits one, or set "all" for an exact text.`,
      );
    }
    case 'not found':
      throw new Failure('bad-request', `${nothing} was not found.${didYouMean(text, replacement.old)}`);
  }
}

function didYouMean(text: string, old: string): string {
  const region = nearestRegion(text, old);
  if (!region) return ' Read the file again: it holds nothing like it.';
  const lines = region.from === region.to ? `line ${region.from}` : `lines ${region.from}–${region.to}`;
  return ` Did you mean ${lines}?\n${region.lines.join('\n')}`;
}

function overlap(path: string, text: string, first: Span, second: Span): Failure {
  const [a, b] = [first, second].map(
    ({ start, end }) => `${lineAt(text, start)}–${lineAt(text, Math.max(start, end - 1))}`,
  );
  return new Failure(
    'bad-request',
    `Nothing was changed in ${path}. Edits ${first.edit + 1} and ${second.edit + 1} overlap (lines ${a} and ${b}): make them one.`,
  );
}

/** From 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n|\n|\r/).length;
}
