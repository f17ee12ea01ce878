import type { EventOf, ObjectionReport } from '../conversation/event.ts';
import { diffLines } from './diff-lines.ts';
import { INDENT, type Paper } from './paper.ts';
import { onOneLine, printable } from './printable.ts';
import type { Style, Theme } from './theme.ts';
import { beside } from './vote-lines.ts';

const SEVERITIES: ObjectionReport['severity'][] = ['blocker', 'major', 'minor'];
const STATES: ObjectionReport['state'][] = ['open', 'disputed', 'resolved'];

/** `draft 2 by claude · +3 −1 · 1 open, 2 resolved`. */
export function draftTitle({ round, author, patch, objections }: EventOf<'draft.revised'>): string {
  const parts = [`draft ${round + 1} by ${author}`];
  if (patch !== '') parts.push(changes(patch));
  const states = STATES.flatMap((state) => {
    const number = objections.filter((one) => one.state === state).length;
    return number > 0 ? [`${number} ${state}`] : [];
  });
  if (states.length > 0) parts.push(`objections: ${states.join(', ')}`);
  return parts.join(' · ');
}

/** What changed between two drafts, as any other diff. */
export function draftDiff({ patch }: EventOf<'draft.revised'>, paper: Paper): string[] {
  if (patch === '') return [];
  const diff = { path: 'draft', change: 'changed' as const, added: 0, removed: 0, patch };
  return diffLines(diff, paper.theme).flatMap((line) => paper.hung(INDENT + INDENT + line));
}

/** The worst first, and of those the ones that are not met yet. */
export function objectionLines(objections: readonly ObjectionReport[], paper: Paper): string[] {
  const rank = ({ severity, state }: ObjectionReport) =>
    SEVERITIES.indexOf(severity) * STATES.length + STATES.indexOf(state);
  return objections.toSorted((a, b) => rank(a) - rank(b)).flatMap((one) => objectionOf(one, paper));
}

function objectionOf(objection: ObjectionReport, paper: Paper): string[] {
  const { id, by, severity, state, place, wrong, todo, answer } = objection;
  const { theme } = paper;
  const [sign, style] = signOf(objection, theme);
  const where = place ? `${place}: ` : '';
  const columns = `${severity.padEnd(8)}${state.padEnd(9)}`;
  if (state === 'resolved')
    return [
      paper.line(
        `${style(sign)} ${theme.quiet(`${columns}${id} ${onOneLine(printable(where + wrong))}`)}`,
        2,
      ),
    ];
  const more = (text: string) => paper.paragraph(theme.quiet(onOneLine(printable(text))), 3);
  return [
    ...beside(sign, `${columns}${id} ${where}${wrong}`, style, paper),
    ...more(`${by} wants: ${todo}`),
    ...(answer ? more(`the author: ${answer}`) : []),
  ];
}

function signOf({ severity, state }: ObjectionReport, theme: Theme): [string, Style] {
  if (state === 'resolved') return ['✓', theme.success];
  if (state === 'disputed') return ['≠', theme.warning];
  return ['✗', severity === 'blocker' ? theme.failure : severity === 'major' ? theme.warning : theme.quiet];
}

function changes(patch: string): string {
  const body = patch.slice(Math.max(0, patch.search(/^@@/m)));
  const lines = (sign: RegExp) => body.match(sign)?.length ?? 0;
  return `+${lines(/^\+/gm)} −${lines(/^-/gm)}`;
}
