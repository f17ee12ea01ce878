import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { Reply, ReplyDelta, Usage } from '../conversation/reply.ts';
import { SseDecoder } from './sse.ts';

/** Puts one reply together from the data of its events. */
export interface EventReader {
  /** Adds to `deltas` what the event brings. @throws {Failure} for an event that is an error, `TypeError` for one of another shape. */
  take(data: string, deltas: ReplyDelta[]): void;
  /** An event has said that nothing follows. */
  readonly finished: boolean;
  /** What has been counted so far. */
  readonly usage: Usage | undefined;
  /** The whole reply. @throws {Failure} `cut-off` where the stream has not come to a proper end. */
  reply(): Reply;
}

/** One request, and how its answer is read. */
export interface StreamedReply {
  model: ModelReference;
  /** Sends the request; the connection closes when the signal aborts. */
  send(signal: AbortSignal): Promise<Response>;
  reader: EventReader;
  /** The failure behind whatever was thrown. */
  explain(error: unknown): Failure;
}

/**
 * A reply as it arrives over server-sent events. Throws only failures: `stopped` soon after the signal
 * aborts; nothing stays connected when the caller leaves early.
 */
export async function* streamReply(
  { model, send, reader, explain }: StreamedReply,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReplyDelta> {
  const connection = new AbortController();
  const disconnect = () => connection.abort();
  let ended = false;
  try {
    if (signal?.aborted) throw Failure.stopped();
    signal?.addEventListener('abort', disconnect);
    const bytes = bytesOf(await send(connection.signal), model);
    const decoder = new SseDecoder();
    for (let done = false; !done && !reader.finished; ) {
      const read = await bytes.read();
      done = read.done;
      const events = read.done ? decoder.end().filter(isWhole) : decoder.push(read.value);
      const { deltas, failure } = takeAll(events, reader, model);
      // Comments and pings say nothing to read, but that the service is there.
      if (!done && deltas.every(({ type }) => type === 'progress')) yield { type: 'alive' };
      for (const delta of joined(deltas)) {
        if (signal?.aborted) throw Failure.stopped();
        yield delta;
      }
      if (failure) throw failure;
    }
    const reply = reader.reply();
    ended = true;
    if (reader.finished) readOn(bytes, connection);
    yield { type: 'reply', reply };
  } catch (error) {
    const failure = signal?.aborted ? Failure.stopped() : explain(error);
    throw reader.usage ? failure.with({ usage: reader.usage }) : failure;
  } finally {
    signal?.removeEventListener('abort', disconnect);
    if (!ended) connection.abort();
  }
}

/** What events that arrived together bring; what came before one that fails is told all the same. */
function takeAll(
  events: string[],
  reader: EventReader,
  model: ModelReference,
): { deltas: ReplyDelta[]; failure?: unknown } {
  const deltas: ReplyDelta[] = [];
  try {
    for (const data of events) {
      reader.take(data, deltas);
      if (reader.finished) break;
    }
  } catch (error) {
    return { deltas, failure: error instanceof TypeError ? misshapen(model, error) : error };
  }
  return { deltas };
}

/** Valid JSON, and yet not what belongs there. */
export function misshapen(model: ModelReference, cause: TypeError): Failure {
  const sentence = `${model} sent something in the middle of its reply that is not what its protocol says. Ask again.`;
  return new Failure('malformed', sentence, { cause });
}

/** At the end of a stream, half an event is none. */
function isWhole(data: string): boolean {
  try {
    return data === '[DONE]' || JSON.parse(data) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Pieces of one text that arrived together are told together: where a service is fast, that saves whoever
 * listens most of the work.
 */
function joined(deltas: ReplyDelta[]): ReplyDelta[] {
  const told: ReplyDelta[] = [];
  for (const delta of deltas) {
    const last = told.at(-1);
    if ((delta.type === 'text' || delta.type === 'thinking') && last?.type === delta.type) {
      last.text += delta.text;
    } else if (delta.type === 'tool-arguments' && last?.type === delta.type && last.id === delta.id) {
      last.json += delta.json;
    } else {
      told.push({ ...delta });
    }
  }
  return told;
}

type ByteReader = ReadableStreamDefaultReader<Uint8Array>;

function bytesOf(response: Response, model: ModelReference): ByteReader {
  const type = response.headers.get('content-type') ?? 'no content type';
  if (response.body && type.includes('text/event-stream')) return response.body.getReader() as ByteReader;
  throw new Failure(
    'malformed',
    `${model} answered with ${type} instead of a stream of events. Check base_url, or the proxy in between.`,
  );
}

/** A piece of text in an event; none where it is left out. @throws {TypeError} where it is anything else. */
export function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  throw new TypeError('a text was expected');
}

/** @throws {Failure} where the data of an event is not a JSON object. */
export function parseEvent(data: string, model: ModelReference): object {
  try {
    const event: unknown = JSON.parse(data);
    if (typeof event === 'object' && event !== null) return event;
  } catch {
    // Told below.
  }
  throw new Failure(
    'malformed',
    `${model} sent something in the middle of its reply that is not JSON. Ask again.`,
  );
}

/** A connection is used again only if its last reply was read to the end, which comes a moment later. */
function readOn(bytes: ByteReader, connection: AbortController): void {
  const giveUp = setTimeout(() => connection.abort(), 1000).unref();
  bytes
    .read()
    .then(({ done }) => done || connection.abort())
    .catch(() => {})
    .finally(() => clearTimeout(giveUp));
}
