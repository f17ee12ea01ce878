/** What is put to the test, and what its service does wrong on purpose. */
import type { FailureKind } from '../conversation/failure.ts';
import type { StopReason } from '../conversation/reply.ts';
import type { LLMProvider } from '../providers/base.ts';
import type { Fault, Script, SimulatedService } from '../simulation/script.ts';

export interface Subject {
  /** A model of the simulation that thinks, sees images and calls tools. */
  model: string;
  simulate(script: Script): Promise<SimulatedService>;
  /** A provider for the service at this URL; the name of its instance is free. */
  connect(url: string, apiKey: string): LLMProvider;
  /** The protocol's words for why a model stopped, and what they mean. */
  stops: Record<string, StopReason>;
  /** What the protocol has no form for. */
  lacks?: (
    | 'thinking'
    | 'images'
    | 'cached-tokens'
    | 'calls that are cut off'
    | 'signs of life'
    | FaultName
  )[];
  /** Kinds of failure, where the protocol tells less or more than usual. */
  kinds?: Partial<Record<FaultName, FailureKind[]>>;
  /** How the service limits the rate and asks to wait for 7 s; by a header where left out. */
  rateLimit?: Fault;
}

export type FaultName =
  | 'status 400'
  | 'status 401'
  | 'status 404'
  | 'status 429'
  | 'status 500'
  | 'status 503'
  | 'a proxy’s error page'
  | 'cut at start'
  | 'cut at text'
  | 'cut at tool-call'
  | 'error-event'
  | 'a redirect'
  | 'malformed'
  | 'misshapen'
  | 'wrong-content-type'
  | 'no-end';

export const API_KEY = 'key-that-must-stay-secret';

export const FAULTS: Record<FaultName, { fault: Fault; kinds: FailureKind[] }> = {
  'status 400': { fault: { type: 'status', status: 400 }, kinds: ['bad-request'] },
  'status 401': {
    fault: { type: 'status', status: 401, message: `invalid key ${API_KEY}` },
    kinds: ['not-authorised'],
  },
  'status 404': {
    fault: { type: 'status', status: 404, message: 'no such model' },
    kinds: ['model-not-found'],
  },
  'status 429': {
    fault: { type: 'status', status: 429, headers: { 'retry-after': '7' } },
    kinds: ['rate-limited'],
  },
  'status 500': { fault: { type: 'status', status: 500 }, kinds: ['server-error'] },
  'status 503': { fault: { type: 'status', status: 503 }, kinds: ['server-error', 'overloaded'] },
  'a proxy’s error page': {
    fault: { type: 'status', status: 502, body: '<html><h1>Bad gateway</h1></html>' },
    kinds: ['server-error'],
  },
  'a redirect': {
    fault: { type: 'status', status: 307, headers: { location: 'http://127.0.0.1:9/elsewhere?key=1' } },
    kinds: ['bad-config'],
  },
  'cut at start': { fault: { type: 'cut', at: 'start' }, kinds: ['connection-lost'] },
  'cut at text': { fault: { type: 'cut', at: 'text' }, kinds: ['connection-lost', 'cut-off'] },
  'cut at tool-call': { fault: { type: 'cut', at: 'tool-call' }, kinds: ['connection-lost', 'cut-off'] },
  'error-event': {
    fault: { type: 'error-event', message: 'Too much to do' },
    kinds: ['overloaded', 'server-error'],
  },
  malformed: { fault: { type: 'malformed' }, kinds: ['malformed'] },
  misshapen: { fault: { type: 'misshapen' }, kinds: ['malformed'] },
  'wrong-content-type': { fault: { type: 'wrong-content-type' }, kinds: ['malformed'] },
  'no-end': { fault: { type: 'no-end' }, kinds: ['cut-off'] },
};
