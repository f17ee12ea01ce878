import { splitFiles } from '../conversation/attached-files.ts';
import type { EventOf } from '../conversation/event.ts';
import { duration, money, plural, tokens } from './figures.ts';
import { type Folds, INDENT, type Paper } from './paper.ts';
import { linesOf, printable, visible } from './printable.ts';

/** Lines of a human's message that are shown without being asked for. */
const MESSAGE_LINES = 12;

const HOW: Record<EventOf<'turn.ended'>['outcome'], string> = {
  answered: '',
  stopped: 'stopped after ',
  failed: 'failed after ',
  'step-limit': 'paused after ',
};

/** What the human said, and what they attached to it. */
export function messageLines(event: EventOf<'turn.started'>, paper: Paper, folds: Folds): string[] {
  const { text, files } = splitFiles(event.text);
  const lines = folds.after(MESSAGE_LINES, 'your message', () => humanLines(text, paper), paper);
  const extras = files.map(({ path, content }) => `${path} (${plural(linesOf(content).length, 'line')})`);
  if (event.images > 0) extras.push(plural(event.images, 'image'));
  if (extras.length > 0) lines.push(paper.line(paper.theme.quiet(`with ${visible(extras.join(', '))}`)));
  return lines;
}

/** The human's own words. */
export function humanLines(text: string, paper: Paper): string[] {
  const { human } = paper.theme;
  return paper
    .wrapped(printable(text))
    .map((line, row) => `${row === 0 ? `${human('›')} ` : INDENT}${human(line)}`);
}

/** What a turn came to; nothing where its one exchange has said so itself. */
export function turnSummary(turn: EventOf<'turn.ended'>, exchanges: number, paper: Paper): string[] {
  const { outcome, seconds, usage, cost } = turn;
  if (exchanges <= 1 && outcome === 'answered') return [];
  const figures = [
    HOW[outcome] + duration(seconds),
    plural(exchanges, 'exchange'),
    tokens(usage),
    money(cost),
  ];
  return paper.wrapped(`── ${figures.join(' · ')}`).map(paper.theme.quiet);
}
