/**
 * What every provider promises, as Vitest tests: for a provider of your own, see docs/library.md. It needs `vitest` and
 * `fast-check`, which Parley itself does not bring along.
 */
export type { FaultName, Subject } from './conformance/subject.ts';
export { describeConformance } from './conformance/suite.ts';
export {
  type HttpRequest,
  inPieces,
  type Protocol,
  serve,
  sse,
  type WireChunk,
  type WireReply,
} from './simulation/http.ts';
export {
  type Fault,
  inOrder,
  type Script,
  type ScriptedReply,
  type ScriptedToolCall,
  type SeenRequest,
  type SimulatedService,
} from './simulation/script.ts';
