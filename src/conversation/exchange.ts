import type { ChatRequest, LLMProvider } from '../providers/base.ts';
import { priceOf } from '../providers/price.ts';
import type { Clock } from './clock.ts';
import type { Emit, RequestSize } from './event.ts';
import { Failure, type FailureKind } from './failure.ts';
import { type AssistantMessage, type ModelReference, splitReference } from './message.ts';
import { PartialReply } from './partial-reply.ts';
import type { ForecastFigures, Profile, Reply, StopReason, Usage } from './reply.ts';
import { sizeOf } from './request-size.ts';
import { defaultRetryPolicy, type RetryPolicy, waitBeforeRetry } from './retry.ts';
import { watch } from './watchdog.ts';
import type { WorkKind } from './work.ts';

/** Looks ahead at what an exchange with a local model will take, and learns from what it took. */
export interface Foresight {
  /** Undefined where the model is not local. */
  foresee(
    provider: LLMProvider,
    request: ChatRequest,
    kind: WorkKind,
    signal: AbortSignal,
  ): Promise<Foreseen | undefined>;
}

export interface Foreseen {
  /** Undefined where too little is known. */
  forecast?: ForecastFigures;
  /** To be called once, however it ended. @returns the profile, completed with what can be inferred. */
  learn(ended: Exchanged): Profile | undefined;
  /** To be called instead where it is not sent. */
  forget(): void;
}

/** What is about to be sent. */
export interface Asked {
  exchange: string;
  model: ModelReference;
  size: RequestSize;
}

/** Stands before the door, where what may be sent is limited. */
export interface Gate {
  /** @returns why it must not be sent; undefined where it may, and then it counts. */
  admit(asked: Asked): Promise<Failure | undefined>;
  /** It was admitted and is not sent after all. */
  withdraw(exchange: string): void;
}

/** What an exchange needs from its surroundings. */
export interface Door {
  emit: Emit;
  clock: Clock;
  retry: RetryPolicy;
  /** A new id, unique in the session. */
  nextExchange(): string;
  /** Dollars; undefined where the price is not known. */
  price(provider: LLMProvider, model: string, usage: Usage): Promise<number | undefined>;
  /** Absent where nobody looks ahead. */
  foresight?: Foresight;
  /** What is being worked on; a turn of the conversation where left out. */
  kind?: WorkKind;
  /** A form to be filled in: what it says is told in words by an event of its own. */
  formal?: boolean;
  /** Absent where nothing is limited. */
  gate?: Gate;
}

/** @param settings.prices false where nobody looks at costs: they stay unknown, and the price lists unread. */
export function openDoor(
  emit: Emit,
  clock: Clock,
  settings: { retry?: Partial<RetryPolicy>; prices?: boolean; foresight?: Foresight } = {},
): Door {
  let exchanges = 0;
  return {
    emit,
    clock,
    foresight: settings.foresight,
    retry: { ...defaultRetryPolicy, ...settings.retry },
    nextExchange: () => `exchange-${++exchanges}`,
    price: async (provider, model, usage) =>
      (settings.prices ?? true) ? priceOf(provider.priceList, model, usage) : undefined,
  };
}

/** How an exchange ended. Failures are values here: nothing is thrown. */
export interface Exchanged {
  exchange: string;
  model: ModelReference;
  /** What was said; in part where there is a failure; absent where nothing was. */
  message?: AssistantMessage;
  stop?: StopReason;
  stopDetail?: string;
  failure?: Failure;
  usage?: Usage;
  cost?: number;
  profile?: Profile;
  forecast?: ForecastFigures;
  seconds: number;
  firstTokenSeconds?: number;
}

/**
 * The one door: nothing reaches a model but through here. Sends the request, and sends it again while it
 * fails in a way that may pass and nothing has been said yet. Each request on the wire is one exchange
 * in the log, failed ones included. Never throws.
 */
export async function exchange(
  door: Door,
  provider: LLMProvider,
  request: ChatRequest,
  signal: AbortSignal,
): Promise<Exchanged> {
  for (let attempt = 1; ; attempt++) {
    const ended = await attemptOnce(door, provider, request, signal, attempt);
    const { failure } = ended;
    if (!failure || ended.firstTokenSeconds !== undefined) return ended;
    // A server of one's own that is not running does not start by being waited for.
    if (failure.kind === 'unreachable' && provider.local) return ended;
    const waitMs = waitBeforeRetry(door.retry, failure, attempt);
    if (waitMs === undefined) return ended;
    door.emit({
      type: 'exchange.retrying',
      exchange: ended.exchange,
      model: ended.model,
      attempt: attempt + 1,
      of: door.retry.attempts,
      waitSeconds: waitMs / 1000,
      why: failure.message,
    });
    try {
      await door.clock.sleep(waitMs, signal);
    } catch {
      return { ...ended, failure: Failure.stopped() };
    }
  }
}

async function attemptOnce(
  door: Door,
  provider: LLMProvider,
  request: ChatRequest,
  signal: AbortSignal,
  attempt: number,
): Promise<Exchanged> {
  const { emit, clock } = door;
  const id = door.nextExchange();
  const model = `${provider.getProviderName()}:${request.model}`;
  // What was not sent is no exchange: there is nothing to log.
  const unsent = (failure: Failure) => ({ exchange: id, model, failure, cost: 0, seconds: 0 });
  try {
    await provider.prepare();
  } catch (thrown) {
    return unsent(Failure.from(thrown));
  }
  const foreseen = await foresee(door, provider, request, signal);
  const size = sizeOf(request);
  const refused = await door.gate?.admit({ exchange: id, model, size });
  const barred = refused ?? (signal.aborted ? stoppedBy(signal) : undefined);
  if (barred) {
    door.gate?.withdraw(id);
    foreseen?.forget();
    return unsent(barred);
  }
  const forecast = foreseen?.forecast && figuresOf(foreseen.forecast);
  const started = clock.now();
  emit({
    type: 'exchange.started',
    exchange: id,
    model,
    attempt,
    size,
    formal: door.formal,
    forecast,
  });
  const { message, reply, failure, firstTokenSeconds } = await hear(door, provider, request, signal, id);
  const told = reply ?? failure;
  const ended: Exchanged = {
    exchange: id,
    model,
    message,
    stop: reply?.stop,
    stopDetail: reply?.stopDetail,
    failure,
    usage: told?.usage,
    profile: told?.profile,
    forecast,
    seconds: (clock.now() - started) / 1000,
    firstTokenSeconds,
  };
  ended.cost = await costOf(door, provider, ended);
  if (foreseen) ended.profile = learnt(foreseen, ended);
  emit({ type: 'exchange.ended', ...ended, failure: failure?.report() });
  return ended;
}

/** Sends a request and passes on what comes, until the reply is whole or something ends it. */
async function hear(
  { emit, clock }: Door,
  provider: LLMProvider,
  request: ChatRequest,
  signal: AbortSignal,
  exchange: string,
): Promise<Pick<Exchanged, 'message' | 'failure' | 'firstTokenSeconds'> & { reply?: Reply }> {
  const model = `${provider.getProviderName()}:${request.model}`;
  const started = clock.now();
  const partial = new PartialReply();
  const cut = new AbortController();
  let firstTokenSeconds: number | undefined;
  let stalled: Failure | undefined;
  const watchdog = watch(clock, provider.patience, (silentSeconds) => {
    stalled = new Failure(
      'stalled',
      `${model} stalled: nothing came for ${Math.round(silentSeconds)} s, so the connection was closed. Ask again, or choose another model.`,
    );
    cut.abort(stalled);
  });
  let failure = new Failure('cut-off', `${model} ended its reply before it was complete.`);
  try {
    for await (const delta of provider.stream(request, AbortSignal.any([signal, cut.signal]))) {
      if (delta.type === 'reply') {
        return { message: nonEmpty(delta.reply.message), reply: delta.reply, firstTokenSeconds };
      }
      if (delta.type === 'alive') {
        watchdog.alive();
        continue;
      }
      if (delta.type === 'warning') {
        emit({ type: 'notice', level: 'warning', text: delta.text });
        continue;
      }
      // A model that is still being loaded has as much time as before it said so.
      if (delta.type !== 'progress' || firstTokenSeconds !== undefined) watchdog.heard();
      if (delta.type !== 'progress') firstTokenSeconds ??= (clock.now() - started) / 1000;
      partial.add(delta);
      emit({ type: 'exchange.delta', exchange, model, delta });
    }
  } catch (thrown) {
    failure = Failure.from(thrown);
    const { profile, usage } = failure;
    if (stalled || signal.aborted)
      failure = (stalled ?? stoppedBy(signal)).with({ profile, usage: usage && partial.counted(usage) });
  } finally {
    watchdog.stop();
  }
  return { message: partial.message(model), failure, firstTokenSeconds };
}

/** Looking ahead is an extra: whatever becomes of it, the request goes out. */
async function foresee(door: Door, provider: LLMProvider, request: ChatRequest, signal: AbortSignal) {
  try {
    return await door.foresight?.foresee(provider, request, door.kind ?? 'chat', signal);
  } catch {
    return undefined;
  }
}

/** Learning is an extra: whatever becomes of it, the reply is there. */
function learnt(foreseen: Foreseen, ended: Exchanged): Profile | undefined {
  try {
    return foreseen.learn(ended);
  } catch {
    return ended.profile;
  }
}

/** Whoever stopped it may have said why. */
function stoppedBy(signal: AbortSignal): Failure {
  return signal.reason instanceof Failure ? signal.reason : Failure.stopped();
}

function figuresOf({ seconds, boundSeconds }: ForecastFigures): ForecastFigures {
  return { seconds, boundSeconds };
}

function nonEmpty(message: AssistantMessage): AssistantMessage | undefined {
  return message.parts.length > 0 ? message : undefined;
}

/**
 * Local work costs nothing, and neither does what was not served. A price that nobody tells stays unknown: that of a
 * cloud model behind a local server, and of a request whose tokens were not counted.
 */
async function costOf(door: Door, provider: LLMProvider, ended: Exchanged): Promise<number | undefined> {
  const { model, profile, usage } = ended;
  if ((profile?.local ?? provider.local) || wasNotServed(ended)) return 0;
  if (profile || !usage) return undefined;
  try {
    return await door.price(provider, splitReference(model).model, usage);
  } catch {
    return undefined;
  }
}

/** Nobody charges for a request that was refused or did not arrive. */
function wasNotServed({ failure, firstTokenSeconds, usage }: Exchanged): boolean {
  if (!failure || usage || firstTokenSeconds !== undefined) return false;
  return failure.status !== undefined || NEVER_SENT.has(failure.kind);
}

const NEVER_SENT: ReadonlySet<FailureKind> = new Set(['no-key', 'bad-config', 'unreachable']);
