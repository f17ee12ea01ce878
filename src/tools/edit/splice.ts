import { Failure } from '../../conversation/failure.ts';
import { lineAt } from '../lines.ts';
import { matchIn, type Replacement, type Span } from './match.ts';
import { canCompare, nearestRegion } from './nearest-region.ts';

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
      const lines = match.places.slice(0, 10).map((place) => lineAt(text, place));
      const more = match.places.length > 10 ? ', …' : '';
      const but = match.rung === 'exact' ? '' : `, but for ${match.rung}`;
      const remedy =
        match.rung === 'exact'
          ? 'add lines around it until it fits one, or set "all"'
          : 'copy it exactly, or add lines around it until it fits one';
      throw new Failure(
        'bad-request',
        `${nothing} fits ${match.places.length} places${but}, lines ${lines.join(', ')}${more}: ${remedy}.`,
      );
    }
    case 'indentation':
      throw new Failure(
        'bad-request',
        `${nothing} fits but for its indentation, which does not say how deep the new lines are: copy "old" exactly.${didYouMean(text, replacement.old)}`,
      );
    case 'not found':
      throw new Failure('bad-request', `${nothing} was not found.${didYouMean(text, replacement.old)}`);
  }
}

function didYouMean(text: string, old: string): string {
  if (!canCompare(text, old)) return ' Search for a part of it, and read the lines around that.';
  const region = nearestRegion(text, old);
  if (!region) return ' The file holds nothing like it.';
  const { from, to } = region;
  const shown = region.lines.map((line, offset) => `${from + offset}\t${line}`).join('\n');
  return ` Did you mean ${from === to ? `line ${from}` : `lines ${from}–${to}`}?\n${shown}`;
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
