/** The flow of a session: who asked whom for what, in order and nested. Pure: a log of events in, a tree out. */
import { splitFiles } from '../conversation/attached-files.ts';
import type { Cost, EventOf, ParleyEvent, VoteReport } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';

/** What took place between the human and a model, or among models. */
export interface FlowNode {
  /** `speech` is what one model said in a row. */
  kind: 'turn' | 'delegation' | 'consultation' | 'pattern' | 'speech';
  /** `d1`, `c2`, `turn-3`; a speech has none. */
  id?: string;
  /** Of a pattern: `refinement`, `handoff`, or its own name. */
  name?: string;
  from: ModelReference | 'human';
  to: ModelReference[];
  /** What was asked, without the files that went with it. */
  task: string;
  /** Undefined while it is under way; `stopped` where its end is missing although what it was part of is over. */
  outcome?: string;
  /** What was voted on inside it. */
  vote?: VoteReport;
  seconds?: number;
  /** Of a delegation to a local model: the seconds that its caller was ready to wait. */
  budgetSeconds?: number;
  /** Of itself and all inside it. */
  spent: Spent;
  children: FlowNode[];
}

export interface Spent {
  exchanges: number;
  tools: number;
  localTokens: number;
  remoteTokens: number;
  /** Exchanges elsewhere that were cut short: their tokens were not told, and tokens and cost are without them. */
  uncounted: number;
  /** Dollars; undefined where a price is unknown. */
  cost: Cost;
}

/** The tree of what happened, turns and what the human asked of several models at once in their order. */
export function flowOf(events: readonly ParleyEvent[]): FlowNode[] {
  const flow = new Flow();
  for (const event of events) flow.take(event);
  return flow.roots;
}

class Flow {
  readonly roots: FlowNode[] = [];
  readonly #byId = new Map<string, FlowNode>();
  readonly #parents = new Map<FlowNode, FlowNode>();

  take(event: ParleyEvent): void {
    switch (event.type) {
      case 'turn.started':
        this.#begin(event, {
          kind: 'turn',
          id: event.turn,
          from: 'human',
          to: [event.model],
          task: splitFiles(event.text).text,
        });
        return;
      case 'turn.ended':
        this.#end(event.turn, event.outcome, event.seconds);
        return;
      case 'delegation.started': {
        const { delegation, from, to, task, budgetSeconds } = event;
        this.#begin(event, { kind: 'delegation', id: delegation, from, to: [to], task, budgetSeconds });
        return;
      }
      case 'delegation.ended':
        this.#end(event.delegation, event.status, event.seconds);
        return;
      case 'outcome.reported':
        this.#end(event.delegation, event.outcome);
        return;
      case 'consultation.started': {
        const { consultation, by, models, question } = event;
        this.#begin(event, {
          kind: 'consultation',
          id: consultation,
          from: by,
          to: [...models],
          task: question,
        });
        return;
      }
      case 'consultation.ended':
        this.#end(event.consultation, event.outcome, event.seconds);
        return;
      case 'pattern.started': {
        const { pattern, name, by, task, roles } = event;
        const to = [...new Set(roles.map(({ model }) => model))];
        this.#begin(event, { kind: 'pattern', id: pattern, name, from: by, to, task });
        return;
      }
      case 'pattern.ended':
        this.#end(event.pattern, event.outcome, event.seconds);
        return;
      case 'route.chosen': {
        const node = this.#byId.get(event.pattern);
        if (node && !node.to.includes(event.model)) node.to.push(event.model);
        return;
      }
      case 'vote.counted': {
        const node = this.#byId.get(event.pattern);
        if (node) node.vote = event.vote;
        return;
      }
      case 'exchange.ended':
        this.#speak(event);
        return;
      case 'tool.started':
        this.#count(this.#around(event), { tools: 1 });
        return;
    }
  }

  #begin(event: ParleyEvent, node: Omit<FlowNode, 'spent' | 'children'>): void {
    const made: FlowNode = { ...node, spent: nothing(), children: [] };
    const around = node.kind === 'turn' ? undefined : this.#around(event);
    if (around) this.#parents.set(made, around);
    // A session does one thing at a time: what begins beside an open root says that the root is over.
    else stopOpen(this.roots);
    (around?.children ?? this.roots).push(made);
    this.#byId.set(node.id!, made);
  }

  #end(id: string | undefined, outcome: string, seconds?: number): void {
    const node = this.#byId.get(id ?? '');
    if (!node) return;
    node.outcome = outcome;
    node.seconds = seconds ?? node.seconds;
    stopOpen(node.children);
  }

  /** What one model says in a row is one speech, although several at once are heard in turn. */
  #speak(event: EventOf<'exchange.ended'>): void {
    const around = this.#around(event);
    if (!around) return;
    const { model, seconds } = event;
    const spent = spentOn(event);
    const last = around.children.at(-1);
    let speech = last?.kind === 'speech' && last.to[0] === model ? last : undefined;
    if (!speech) {
      speech = { kind: 'speech', from: model, to: [model], task: '', spent: nothing(), children: [] };
      around.children.push(speech);
    }
    speech.seconds = (speech.seconds ?? 0) + seconds;
    speech.outcome = event.failure?.kind;
    add(speech.spent, spent);
    this.#count(around, spent);
  }

  #count(node: FlowNode | undefined, spent: Partial<Spent>): void {
    for (let one = node; one; one = this.#parents.get(one)) add(one.spent, spent);
  }

  #around({ within, turn }: ParleyEvent): FlowNode | undefined {
    return this.#byId.get(within ?? '') ?? this.#byId.get(turn ?? '');
  }
}

/** Whatever is still open inside of something that is over. */
function stopOpen(nodes: readonly FlowNode[]): void {
  for (const node of nodes) {
    if (node.kind !== 'speech') node.outcome ??= 'stopped';
    stopOpen(node.children);
  }
}

function spentOn({ usage, profile, message, failure, cost }: EventOf<'exchange.ended'>): Partial<Spent> {
  // A service that failed before it said anything is taken to charge nothing.
  if (!usage) return { exchanges: 1, uncounted: message && !profile?.local ? 1 : 0 };
  const tokens = usage.inputTokens + usage.outputTokens;
  if (profile?.local) return { exchanges: 1, localTokens: tokens, cost };
  return { exchanges: 1, remoteTokens: tokens, uncounted: failure ? 1 : 0, cost };
}

function nothing(): Spent {
  return { exchanges: 0, tools: 0, localTokens: 0, remoteTokens: 0, uncounted: 0, cost: 0 };
}

/** All of these together. */
export function sumOf(all: readonly Spent[]): Spent {
  const sum = nothing();
  for (const one of all) add(sum, one);
  return sum;
}

function add(sum: Spent, more: Partial<Spent>): void {
  sum.exchanges += more.exchanges ?? 0;
  sum.tools += more.tools ?? 0;
  sum.localTokens += more.localTokens ?? 0;
  sum.remoteTokens += more.remoteTokens ?? 0;
  sum.uncounted += more.uncounted ?? 0;
  if ('cost' in more)
    sum.cost = sum.cost === undefined || more.cost === undefined ? undefined : sum.cost + more.cost;
}
