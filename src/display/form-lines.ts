import type { EventOf } from '../conversation/event.ts';
import type { Paper } from './paper.ts';
import { onOneLine, printable } from './printable.ts';
import { beside } from './vote-lines.ts';

/** What a voter named and why; of a ballot that does not count, what is wrong with it. */
export function ballotLines({ named = [], reason, spoilt }: EventOf<'ballot.cast'>, paper: Paper): string[] {
  const { theme } = paper;
  if (spoilt !== undefined) return beside('✗', `spoilt ballot: ${spoilt}`, theme.failure, paper);
  const choice = named.length === 0 ? 'none of them' : named.join(' > ');
  return beside('•', `votes for ${choice}${reason ? `: ${reason}` : ''}`, theme.quiet, paper);
}

/** Whether a reviewer approves, and what it objects to. */
export function reviewLines(
  { approve, objections, resolved }: EventOf<'review.given'>,
  paper: Paper,
): string[] {
  const { theme } = paper;
  const met = resolved.length > 0 ? ` · ${resolved.join(', ')} resolved` : '';
  const verdict = approve ? `approves${met}` : `does not approve${met}`;
  return [
    ...beside(approve ? '✓' : '✗', verdict, approve ? theme.success : theme.warning, paper),
    ...objections.flatMap(({ severity, place, wrong, todo }) => [
      ...beside(' ', `${severity}: ${place ? `${place}: ` : ''}${wrong}`, theme.quiet, paper),
      ...(todo ? paper.paragraph(theme.quiet(onOneLine(printable(`wants: ${todo}`))), 3) : []),
    ]),
  ];
}

/** To whom a moderator gives the floor, and why. */
export function floorLines({ to, why }: EventOf<'floor.given'>, paper: Paper): string[] {
  const what = to === 'end' ? 'ends the discussion' : `gives the floor to ${to}`;
  return beside('→', `${what}${why ? `: ${why}` : ''}`, paper.theme.quiet, paper);
}
