/** The rows of the flow of a session: what each one says, and of much that is alike only some. */
import type { VoteReport } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import { duration, money, plural, roundCount } from '../display/figures.ts';
import { inLine } from '../display/printable.ts';
import type { Theme } from '../display/theme.ts';
import { type FlowNode, sumOf } from '../history/flow.ts';

/** Inside one node, so many are shown; those in the middle are counted. */
const MOST_SHOWN = 12;
/** So many things that the human asked are shown, the latest; those before are counted. */
const MOST_ROOTS = 40;
/** So many rows of the latest are shown in full; what is older has its insides counted. */
const ROWS_IN_FULL = 60;

export interface FlowRow {
  /** The branches of the tree. */
  branch: string;
  who: string;
  task: string;
  figures: [seconds: string, tokens: string, cost: string];
  outcome: string;
}

/** The latest in full, what is older in short: what a human looks for is most often near the end. */
export function flowRows(roots: readonly FlowNode[], theme: Theme): FlowRow[] {
  const earlier = roots.slice(0, -MOST_ROOTS);
  const rows: FlowRow[] = [];
  for (const root of roots.slice(-MOST_ROOTS).toReversed()) {
    const full = rowsOf(root, theme);
    const fits = rows.length === 0 || rows.length + full.length <= ROWS_IN_FULL;
    rows.unshift(...(fits ? full : rowsOf(root, theme, { most: 0 })));
  }
  return earlier.length > 0 ? [countRow(`… ${earlier.length} earlier`, earlier, theme), ...rows] : rows;
}

interface Place {
  branch?: string;
  below?: string;
  parent?: FlowNode;
  /** How many are shown inside. */
  most?: number;
}

function rowsOf(node: FlowNode, theme: Theme, place: Place = {}): FlowRow[] {
  const { branch = '', below = '', parent, most = MOST_SHOWN } = place;
  const row: FlowRow = {
    branch,
    who: whoOf(node, parent, theme),
    task: inLine(node.task),
    figures: figuresOf(node),
    outcome: outcomeOf(node),
  };
  const inside: (FlowNode | FlowRow)[] = folded(shownInside(node), most, theme);
  if (node.vote) inside.push(remark(theme.quiet(voteTold(node.vote, node.to))));
  return [
    row,
    ...inside.flatMap((child, at) => {
      const isLast = at === inside.length - 1;
      const own = `${below}${isLast ? '└ ' : '├ '}`;
      if ('branch' in child) return { ...child, branch: own };
      return rowsOf(child, theme, { branch: own, below: `${below}${isLast ? '  ' : '│ '}`, parent: node });
    }),
  ];
}

function folded(children: readonly FlowNode[], most: number, theme: Theme): (FlowNode | FlowRow)[] {
  if (children.length <= most) return [...children];
  const half = most / 2;
  const hidden = children.slice(half, children.length - half);
  const exchanges = hidden.reduce((sum, { spent }) => sum + spent.exchanges, 0);
  const what = hidden.every(({ kind }) => kind === 'speech')
    ? plural(exchanges, 'exchange')
    : `${hidden.length}${half > 0 ? ' more' : ' inside'}`;
  return [
    ...children.slice(0, half),
    countRow(`… ${what}`, hidden, theme),
    ...children.slice(children.length - half),
  ];
}

/** What is not shown one by one is shown by what it came to; its time is that of each, one after the other. */
function countRow(what: string, hidden: readonly FlowNode[], theme: Theme): FlowRow {
  const spent = sumOf(hidden.map((node) => node.spent));
  const seconds = hidden.reduce((sum, node) => sum + (node.seconds ?? 0), 0);
  return { ...remark(theme.quiet(what)), figures: figuresOf({ seconds, spent }) };
}

function remark(who: string): FlowRow {
  return { branch: '', who, task: '', figures: ['', '', ''], outcome: '' };
}

/** A leader or a worker that was alone said all that its row counts, unless it says why it came to nothing. */
function shownInside({ kind, children, to, outcome }: FlowNode): readonly FlowNode[] {
  const others = children.some((child) => child.kind !== 'speech' || child.to[0] !== to[0]);
  const why = children.at(-1)?.outcome;
  return others || (kind !== 'turn' && kind !== 'delegation') || (why && why !== outcome) ? children : [];
}

function figuresOf({ seconds, spent }: Pick<FlowNode, 'seconds' | 'spent'>): FlowRow['figures'] {
  const { localTokens, remoteTokens, uncounted, cost } = spent;
  const tokens = localTokens + remoteTokens;
  // Of what was cut short the tokens were not told: it is more than this, or nothing is known at all.
  const more = uncounted > 0 ? '+' : '';
  const priced = cost !== undefined && (cost > 0 || uncounted === 0);
  const onlyLocal = localTokens > 0 && remoteTokens + uncounted === 0;
  const price = tokens + uncounted === 0 ? '' : priced ? `${money(cost)}${more}` : money(undefined);
  return [
    seconds === undefined ? '' : duration(seconds),
    tokens > 0 ? `${roundCount(tokens)}${more}` : '',
    onlyLocal ? 'local' : price,
  ];
}

/** Who asked whom; inside of what somebody asked, only whom they asked for it. */
function whoOf(
  { kind, name, from, to, spent }: FlowNode,
  parent: FlowNode | undefined,
  theme: Theme,
): string {
  const named = (model: ModelReference) => theme.speaker(model)(inLine(shortName(model)));
  if (kind === 'speech') {
    const often = spent.exchanges > 1 ? theme.quiet(` ${plural(spent.exchanges, 'exchange')}`) : '';
    return `${named(to[0]!)}${often}`;
  }
  const holder = parent?.kind === 'turn' || parent?.kind === 'delegation' ? parent.to[0] : parent?.from;
  const asker = from === holder ? '' : `${from === 'human' ? theme.strong('you') : named(from)} `;
  const asked = to.length > 1 ? ` ${to.length} models` : to.map((model) => ` ${named(model)}`).join('');
  const what =
    kind === 'pattern'
      ? ` ${theme.quiet(inLine(name ?? ''))}`
      : kind === 'consultation'
        ? theme.quiet(' consultation')
        : '';
  return `${asker}→${asked}${what}:`;
}

/** `gemini-3.5-flash` of `gemini:gemini-3.5-flash`. */
function shortName(model: ModelReference): string {
  return model.slice(model.indexOf(':') + 1);
}

/** A candidate is a model, or an option in anybody's words. */
function voteTold(
  { winner, tied = [], dissent, ballots }: VoteReport,
  models: readonly ModelReference[],
): string {
  if (ballots.length === 0) return 'vote: no valid ballot';
  if (winner === undefined) return `vote: ${plural(tied.length, 'candidate')} tied`;
  const name = models.includes(winner) ? shortName(winner) : winner;
  const won = `${inLine(name)} wins`;
  return `vote: ${won}, ${ballots.length - dissent.length} of ${plural(ballots.length, 'ballot')}`;
}

function outcomeOf({
  kind,
  outcome,
  seconds = 0,
  budgetSeconds = Number.POSITIVE_INFINITY,
}: FlowNode): string {
  if (kind === 'speech') return outcome ?? '';
  return `${outcome ?? 'under way'}${seconds > budgetSeconds ? ', late' : ''}`;
}
