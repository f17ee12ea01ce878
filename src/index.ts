/** The library beneath the command: everything that a program of one's own needs. See docs/library.md. */

export type { CodingAgentOptions } from './agent/options.ts';
export { CodingAgent } from './agent.ts';
export type { Config } from './config/config.ts';
export { type Clock, realClock } from './conversation/clock.ts';
export type * from './conversation/event.ts';
export { EVENT_SCHEMA_VERSION } from './conversation/event.ts';
export { Failure, type FailureKind } from './conversation/failure.ts';
export type * from './conversation/message.ts';
export { splitReference, textOf, toolCallsOf, userMessage } from './conversation/message.ts';
export type { Profile, Reply, ReplyDelta, StopReason, Usage } from './conversation/reply.ts';
export type { TurnResult } from './conversation/turn.ts';
export { ChatDisplay, type DisplaySettings } from './display/chat-display.ts';
export { ConsoleDisplay, type ConsoleOptions } from './display/console.ts';
export { JsonDisplay, type RunReport, StreamJsonDisplay } from './display/structured.ts';
export type { FlowNode, Spent } from './history/flow.ts';
export { Ledger, type LedgerRow } from './history/ledger.ts';
export { SessionLog } from './history/log.ts';
export type { Lesson, Observation, Outcome } from './local/observation.ts';
export type { ConsultationOrder, ConsultationResult } from './patterns/consultation.ts';
export type { PatternFunction, PatternRoom } from './patterns/custom/code.ts';
export type { CustomOrder, CustomResult } from './patterns/custom/order.ts';
export type { PatternEntry } from './patterns/custom/shelf.ts';
export type { DelegationOrder, DelegationResult } from './patterns/delegation/order.ts';
export type { DiscussionOrder, DiscussionResult } from './patterns/discussion.ts';
export {
  type HandoffOrder,
  type HandoffResult,
  type HandoffStep,
  planBuildReview,
} from './patterns/handoff.ts';
export type { Steer, Steering } from './patterns/human.ts';
export type { RefinementOrder, RefinementResult } from './patterns/refinement.ts';
export type { RoutingOrder, RoutingResult } from './patterns/routing.ts';
export type { Limits, Panels } from './patterns/settings.ts';
export type { VoteOrder, VoteRule } from './patterns/vote.ts';
export {
  type ChatRequest,
  type JsonSchema,
  LLMProvider,
  type ModelInfo,
  type Patience,
  type ProviderSettings,
  type ToolDeclaration,
} from './providers/base.ts';
export type { ProviderListing } from './providers/catalog.ts';
export { parseArguments, type Receiver, transcriptFor } from './providers/transcript.ts';
export type { ApprovalRule, AskHuman } from './safety/approval.ts';
export type { ChangedSince, LastChanges } from './safety/undo.ts';
export { type AnyTool, defineTool, type Tool, type ToolContext, type ToolResult } from './tools/base.ts';
