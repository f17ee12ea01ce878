/** The library beneath the command: everything that a program of one's own needs. See docs/library.md. */

export type { CodingAgentOptions } from './agent/options.ts';
export type { Open, PatternAgent, PatternOptions, PatternResult } from './agent/patterns.ts';
export { CodingAgent } from './agent.ts';
export type { Config } from './config/config.ts';
export { type Clock, realClock } from './conversation/clock.ts';
export type * from './conversation/event.ts';
export { EVENT_SCHEMA_VERSION } from './conversation/event.ts';
export type { Exchanged } from './conversation/exchange.ts';
export { Failure, type FailureKind } from './conversation/failure.ts';
export type * from './conversation/message.ts';
export { splitReference, textOf, toolCallsOf, userMessage } from './conversation/message.ts';
export type {
  ForecastFigures,
  Profile,
  Reply,
  ReplyDelta,
  StopReason,
  Usage,
} from './conversation/reply.ts';
export type { RetryPolicy } from './conversation/retry.ts';
export type { TurnResult } from './conversation/turn.ts';
export type { WorkKind } from './conversation/work.ts';
export { ChatDisplay, type DisplaySettings } from './display/chat-display.ts';
export { ConsoleDisplay, type ConsoleOptions } from './display/console.ts';
export type { OutputStream, Stage } from './display/stage.ts';
export { JsonDisplay, type RunReport, StreamJsonDisplay } from './display/structured.ts';
export type { Environment } from './environment.ts';
export type { FlowNode, Spent } from './history/flow.ts';
export { Ledger, type LedgerRow } from './history/ledger.ts';
export { SessionLog } from './history/log.ts';
export type { Calibration, CalibrationProgress } from './local/calibration.ts';
export type { ModelCard } from './local/field-guide.ts';
export type { LocalKnowledge } from './local/knowledge.ts';
export type { Measurement, MeasureOrder } from './local/measure.ts';
export type { Lesson, Observation, Outcome } from './local/observation.ts';
export type { LocalStore } from './local/store.ts';
export type { Answer, ConsultationOrder, ConsultationResult } from './patterns/consultation.ts';
export type { PatternFunction, PatternRoom } from './patterns/custom/code.ts';
export type { CustomEnding, CustomOrder, CustomResult } from './patterns/custom/order.ts';
export type { Voice } from './patterns/custom/said.ts';
export type { PatternSource } from './patterns/custom/schema.ts';
export type { PatternEntry } from './patterns/custom/shelf.ts';
export type {
  AnswerForm,
  CheckResult,
  DelegationOrder,
  DelegationResult,
  DelegationStatus,
} from './patterns/delegation/order.ts';
export type { Position } from './patterns/discussion/position.ts';
export type { Contribution, DiscussionOrder, DiscussionResult, Participant } from './patterns/discussion.ts';
export type { Closing, Ending } from './patterns/frame.ts';
export {
  type Handed,
  type HandoffOrder,
  type HandoffResult,
  type HandoffStep,
  planBuildReview,
} from './patterns/handoff.ts';
export type { Listener as PatternListener, Steer, Steering } from './patterns/human.ts';
export type { Judgement } from './patterns/judgement.ts';
export type { RefinementOrder, RefinementResult } from './patterns/refinement.ts';
export type { Question, Room } from './patterns/room.ts';
export type { RoutingRule } from './patterns/routing/rules.ts';
export type { RoutingOrder, RoutingResult } from './patterns/routing.ts';
export type { Limits, Panels, PatternSettings, RoutingSettings } from './patterns/settings.ts';
export type { VoteOrder, VoteRule } from './patterns/vote.ts';
export type { ProviderListing } from './providers/base.ts';
export {
  type ChatRequest,
  type JsonSchema,
  LLMProvider,
  type ModelInfo,
  type Patience,
  type ProviderSettings,
  type ThinkingEffort,
  type ToolDeclaration,
} from './providers/base.ts';
export { createProvider, type ProviderEntry, type ProviderKind } from './providers/registry.ts';
export { parseArguments, type Receiver, transcriptFor } from './providers/transcript.ts';
export type { ApprovalRule, AskHuman } from './safety/approval.ts';
export type { FileChanges } from './safety/changes.ts';
export type { Commands } from './safety/commands.ts';
export type { ChangedSince, LastChanges } from './safety/undo.ts';
export type { Workspace } from './safety/workspace.ts';
export { type AnyTool, defineTool, type Tool, type ToolContext, type ToolResult } from './tools/base.ts';
