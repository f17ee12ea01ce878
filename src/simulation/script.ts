/**
 * What a simulated service says, apart from the protocol that it says it in. One script drives the Anthropic,
 * Gemini, OpenAI and Ollama simulations alike: in tests, in `parley demo` and in the benchmarks.
 */

/** A request as it arrived on the wire, taken apart just far enough for a script to choose its reply. */
export interface SeenRequest {
  model: string;
  system: string;
  /** Role and text of each message; results of tools are text too. */
  messages: { role: string; text: string }[];
  /** Names of the tools on offer. */
  tools: string[];
  headers: Record<string, string | string[] | undefined>;
  /** The body as parsed JSON. */
  body: Record<string, unknown>;
}

export interface ScriptedToolCall {
  name: string;
  args: Record<string, unknown>;
  id?: string;
}

/** What goes wrong, and where in the reply. */
export type Fault =
  /** An HTTP error instead of a reply. `body` left out: the service's own form of error. */
  | { type: 'status'; status: number; message?: string; headers?: Record<string, string>; body?: string }
  /** The socket is destroyed: before any header, after some text, or inside the JSON of a tool call. */
  | { type: 'cut'; at: 'start' | 'text' | 'tool-call' }
  /** The service's own error in the middle of a stream, under status 200. */
  | { type: 'error-event'; message: string }
  /** A chunk that is not what the protocol says, then a proper end of the connection. */
  | { type: 'malformed' }
  /** A chunk of valid JSON that is not what the protocol says. */
  | { type: 'misshapen' }
  /** Silence: before any header, after a sign of life, or after some text; the connection stays open. */
  | { type: 'stall'; at: 'start' | 'first-token' | 'text' }
  /** Status 200 with an HTML page, as a proxy would answer. */
  | { type: 'wrong-content-type' }
  /** The connection ends properly, without the protocol's closing event. */
  | { type: 'no-end' };

export interface ScriptedReply {
  thinking?: string;
  text?: string;
  toolCalls?: ScriptedToolCall[];
  /** The protocol's own word for why it stopped; left out, what fits the reply. */
  stop?: string;
  /** Left out, estimated. `input` is all tokens of the prompt, cached ones included; `output` all written. */
  usage?: { input?: number; output?: number; cacheRead?: number; cacheWrite?: number; thinking?: number };
  /** Characters of a delta; 12 when left out. */
  pieceLength?: number;
  /** Milliseconds before the first delta and between deltas; none when left out. */
  firstDelayMs?: number;
  pieceDelayMs?: number;
  fault?: Fault;
}

/** Chooses the reply to the n-th request (from 0). Called once for each request on the wire. */
export type Script = (request: SeenRequest, n: number) => ScriptedReply;

/** A simulated service on loopback. */
export interface SimulatedService {
  /** For instance `http://127.0.0.1:49152`. */
  url: string;
  /** Every request for a reply, in order of arrival; questions about models and the like are not among them. */
  requests: SeenRequest[];
  close(): Promise<void>;
}

/** Replies one after the other; the last one is repeated. */
export function inOrder(...replies: ScriptedReply[]): Script {
  return (_request, n) => replies[Math.min(n, replies.length - 1)] ?? {};
}
