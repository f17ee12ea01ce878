/** The flow of a session as lines: a tree to the left, times, tokens, money and outcomes in columns to the right. */
import { truncateToWidth, visibleWidth } from '@earendil-works/pi-tui';
import type { VoteReport } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import { duration, money, plural, roundCount } from '../display/figures.ts';
import { onOneLine, visible } from '../display/printable.ts';
import type { Theme } from '../display/theme.ts';
import type { FlowNode } from '../history/flow.ts';

/** Inside one node, so many are shown; those in the middle are counted. */
const MOST_SHOWN = 12;
const NARROWEST = 24;

interface Row {
  /** The branches of the tree. */
  branch: string;
  who: string;
  task: string;
  figures: [seconds: string, tokens: string, cost: string];
  outcome: string;
}

/** @param width columns at the most. */
export function flowLines(roots: readonly FlowNode[], theme: Theme, width: number): string[] {
  const rows = roots.flatMap((root) => rowsOf(root, theme, { branch: '', below: '' }));
  const columns = [0, 1, 2].map((column) =>
    Math.max(0, ...rows.map(({ figures }) => figures[column]!.length)),
  );
  const outcomes = Math.max(0, ...rows.map(({ outcome }) => outcome.length));
  const right = columns.reduce((sum, one) => sum + one + 2, outcomes + 2);
  const left = Math.max(NARROWEST, width - right);
  return rows.map(({ branch, who, task, figures, outcome }) => {
    const head = `${theme.quiet(branch)}${who}`;
    const text = task === '' ? head : `${head} ${task}`;
    const cut = shortened(text, left);
    const gap = ' '.repeat(Math.max(0, left - visibleWidth(cut)));
    const cells = figures.map((cell, column) => cell.padStart(columns[column]!)).join('  ');
    return `${cut}${gap}  ${theme.quiet(cells)}  ${outcome}`.trimEnd();
  });
}

/** Where nothing is coloured, the cut puts no codes in either. */
function shortened(text: string, width: number): string {
  const cut = truncateToWidth(text, width, '…');
  return text.includes('\x1b') ? cut : cut.replaceAll('\x1b[0m', '');
}

function rowsOf(node: FlowNode, theme: Theme, place: { branch: string; below: string }): Row[] {
  const { localTokens, remoteTokens, uncounted, cost } = node.spent;
  // Of what was cut short the tokens were not told: it is more than this.
  const more = uncounted > 0 ? '+' : '';
  const tokens = localTokens + remoteTokens;
  const onlyLocal = localTokens > 0 && remoteTokens === 0;
  const row: Row = {
    branch: place.branch,
    who: whoOf(node, theme),
    task: onOneLine(visible(node.task)),
    figures: [
      node.seconds === undefined ? '' : duration(node.seconds),
      tokens > 0 ? `${roundCount(tokens)}${more}` : '',
      onlyLocal ? 'local' : tokens > 0 ? `${money(cost)}${more}` : '',
    ],
    outcome: outcomeOf(node),
  };
  const inside = [
    ...folded(shownInside(node)),
    ...(node.vote === undefined ? [] : [theme.quiet(voteTold(node.vote))]),
  ];
  return [
    row,
    ...inside.flatMap((child, at) => {
      const isLast = at === inside.length - 1;
      const branch = `${place.below}${isLast ? '└ ' : '├ '}`;
      const below = `${place.below}${isLast ? '  ' : '│ '}`;
      return typeof child === 'string' ? remark(branch, child) : rowsOf(child, theme, { branch, below });
    }),
  ];

  function folded(children: readonly FlowNode[]): (FlowNode | string)[] {
    if (children.length <= MOST_SHOWN) return [...children];
    const half = MOST_SHOWN / 2;
    const left = theme.quiet(`… ${children.length - 2 * half} more`);
    return [...children.slice(0, half), left, ...children.slice(-half)];
  }
}

function remark(branch: string, who: string): Row {
  return { branch, who, task: '', figures: ['', '', ''], outcome: '' };
}

/** A leader or a worker that was alone said all that its row counts. */
function shownInside({ kind, children, to }: FlowNode): readonly FlowNode[] {
  const others = children.some((child) => child.kind !== 'speech' || child.to[0] !== to[0]);
  return others || (kind !== 'turn' && kind !== 'delegation') ? children : [];
}

function whoOf({ kind, name, from, to, spent }: FlowNode, theme: Theme): string {
  const named = (model: ModelReference) => theme.speaker(model)(visible(shortName(model)));
  if (kind === 'speech') {
    const often = spent.exchanges > 1 ? theme.quiet(` ${plural(spent.exchanges, 'exchange')}`) : '';
    return `${named(to[0]!)}${often}`;
  }
  const asker = from === 'human' ? theme.strong('you') : named(from);
  const asked = to.length > 2 ? `${to.length} models` : to.map(named).join(', ');
  const what =
    kind === 'pattern'
      ? ` ${theme.quiet(visible(name ?? ''))}`
      : kind === 'consultation'
        ? theme.quiet(' consultation')
        : '';
  return `${asker} → ${asked}${what}:`;
}

/** `gemini-3.5-flash` of `gemini:gemini-3.5-flash`. */
function shortName(model: ModelReference): string {
  return model.slice(model.indexOf(':') + 1);
}

function voteTold({ winner, tied = [], dissent, ballots }: VoteReport): string {
  if (winner === undefined) return `vote: ${plural(tied.length, 'candidate')} tied`;
  return `vote: ${visible(shortName(winner))} wins, ${ballots.length - dissent.length} of ${plural(ballots.length, 'ballot')}`;
}

function outcomeOf({ kind, outcome, seconds = 0, budgetSeconds }: FlowNode): string {
  if (kind === 'speech') return outcome ?? '';
  const late = outcome === 'done' && budgetSeconds !== undefined && seconds > budgetSeconds;
  return late ? 'done, late' : (outcome ?? 'under way');
}
