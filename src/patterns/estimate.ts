import type { ModelReference } from '../conversation/message.ts';
import { textUnits } from '../local/tokens.ts';
import { priceOf } from '../providers/price.ts';
import { inDollars, type PriceOf } from './limits.ts';
import { providerOf, type Room } from './room.ts';
import type { Limits } from './settings.ts';

/** Tokens that a reply is taken to have before anything is known of it. */
export const REPLY_TOKENS = 700;
/** Tokens of instructions beside what is asked. */
const ROLE_TOKENS = 300;

/** One or more requests that a pattern will make, as far as can be told beforehand. */
export interface Call {
  model: ModelReference;
  /** Of what it reads, as far as it is there already. */
  text: string;
  /** Files that it reads beside that, tokens. */
  files?: number;
  /** Replies of others that it reads beside that. */
  replies?: number;
  /** How often; once where left out. */
  times?: number;
}

/** What a model takes for a token, looked up when it is asked for: to read the price lists takes a moment. */
export function pricesIn(room: Room): PriceOf {
  return async (model) => {
    const [read, written] = await Promise.all([
      dollarsFor(room, model, { inputTokens: 1000, outputTokens: 0 }),
      dollarsFor(room, model, { inputTokens: 0, outputTokens: 1000 }),
    ]);
    return read === undefined || written === undefined
      ? undefined
      : { read: read / 1000, written: written / 1000 };
  };
}

/**
 * Tells the human, before it begins, where it may take more than they set. The estimate counts a reply of usual
 * length for each request. How long it takes cannot be told beforehand; a price that is not known is said to be so.
 */
export async function tellEstimate(room: Room, limits: Limits, calls: readonly Call[]): Promise<void> {
  if (limits.dollars === undefined && limits.tokens === undefined) return;
  // How much of it is there already, nobody can tell beforehand.
  if (room.memory && !room.memory.isEmpty) return;
  let [dollars, tokens] = [0, 0];
  const unknown = new Set<ModelReference>();
  for (const { model, text, files = 0, replies = 0, times = 1 } of calls) {
    const inputTokens = ROLE_TOKENS + textUnits(text) + files + replies * REPLY_TOKENS;
    tokens += (inputTokens + REPLY_TOKENS) * times;
    const each = await dollarsFor(room, model, { inputTokens, outputTokens: REPLY_TOKENS });
    if (each === undefined) unknown.add(model);
    else dollars += each * times;
  }
  const warn = (text: string) => room.door.emit({ type: 'notice', level: 'warning', text });
  if (limits.dollars !== undefined && dollars > limits.dollars)
    warn(
      `This may cost about ${inDollars(dollars)}, above your limit of ${inDollars(limits.dollars)}; it will be stopped at the limit.`,
    );
  if (limits.dollars !== undefined && unknown.size > 0)
    warn(
      `What ${[...unknown].join(' and ')} costs is not known, so your limit of ${inDollars(limits.dollars)} cannot hold for it.`,
    );
  if (limits.tokens !== undefined && tokens > limits.tokens)
    warn(
      `This may take about ${inThousands(tokens)} tokens, above your limit of ${limits.tokens.toLocaleString('en')}; it will be stopped at the limit.`,
    );
}

async function dollarsFor(
  room: Room,
  reference: ModelReference,
  usage: { inputTokens: number; outputTokens: number },
): Promise<number | undefined> {
  const { provider, model } = await providerOf(room, reference);
  if (provider.local) return 0;
  return priceOf(provider.priceList, model, usage).catch(() => undefined);
}

/** An estimate has no more figures than it deserves. */
function inThousands(tokens: number): string {
  return (Math.ceil(tokens / 1000) * 1000).toLocaleString('en');
}
