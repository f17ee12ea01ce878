import type { AnyTool } from '../tools/base.ts';
import type { EventBody } from './event.ts';
import type { Usage } from './reply.ts';

/** Tokens and money of a turn. The cost is unknown as soon as one part of it is. */
export class Tally {
  readonly usage: Usage = { inputTokens: 0, outputTokens: 0 };
  #cost: number | undefined = 0;

  get cost(): number | undefined {
    return this.#cost;
  }

  listen = (event: EventBody): void => {
    if (event.type !== 'exchange.ended') return;
    const { usage, cost, failure, firstTokenSeconds } = event;
    if (usage?.atLeast || (failure && !usage && firstTokenSeconds !== undefined)) this.usage.atLeast = true;
    this.usage.inputTokens += usage?.inputTokens ?? 0;
    this.usage.outputTokens += usage?.outputTokens ?? 0;
    for (const key of ['cacheReadTokens', 'cacheWriteTokens', 'thinkingTokens'] as const) {
      const tokens = usage?.[key];
      if (tokens !== undefined) this.usage[key] = (this.usage[key] ?? 0) + tokens;
    }
    this.#cost = this.#cost === undefined || cost === undefined ? undefined : this.#cost + cost;
  };
}

const SHOWN = 20;
const LONGEST_TITLE = 100;

/** What the tools of a turn did beyond looking: done it stays, whatever becomes of the turn. */
export class Deeds {
  readonly #tools: ReadonlyMap<string, AnyTool>;
  readonly #titles = new Map<string, string>();
  readonly #done: string[] = [];

  constructor(tools: ReadonlyMap<string, AnyTool>) {
    this.#tools = tools;
  }

  listen = (event: EventBody): void => {
    if (event.type === 'tool.started') this.#titles.set(event.call, event.title);
    if (event.type !== 'tool.ended' || event.result.isError) return;
    if (this.#tools.get(event.name)?.conduct === 'read') return;
    const [title = event.name] = (this.#titles.get(event.call) ?? event.name).split('\n', 1);
    this.#done.push(title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE)}…` : title);
  };

  /** In one line; empty where nothing was done. */
  get told(): string {
    const more = this.#done.length - SHOWN;
    return this.#done.slice(0, SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : '');
  }
}
