/**
 * Everything that happens, as values. The engine emits, displays and history listen, nothing below knows them.
 * This is also what `--output-format stream-json` writes (docs/events.md), so a change here is a change
 * of a public schema: raise EVENT_SCHEMA_VERSION when a field changes its meaning or goes away.
 */
import type { FailureKind } from './failure.ts';
import type { AssistantMessage, ModelReference, ToolResultPart } from './message.ts';
import type { ForecastFigures, Profile, ReplyDelta, StopReason, Usage } from './reply.ts';
import type { WorkKind } from './work.ts';

export const EVENT_SCHEMA_VERSION = 1;

/** Why an exchange or a turn failed, as plain data. */
export interface FailureReport {
  kind: FailureKind;
  message: string;
  status?: number;
}

/** Dollars; absent where no price is known. A local exchange costs 0. */
export type Cost = number | undefined;

/** A file before and after a change, as lines of a unified diff. */
export interface FileDiff {
  /** Relative to the workspace. */
  path: string;
  change: 'created' | 'changed' | 'deleted';
  added: number;
  removed: number;
  /** Unified diff with three lines of context, without the file header. */
  patch: string;
}

/** What one model said in a consultation. */
export interface AdviserAnswer {
  model: ModelReference;
  text: string;
  seconds: number;
  usage?: Usage;
  /** Dollars; absent where a price is unknown. */
  cost?: number;
  failure?: FailureReport;
}

export interface ApprovalRequest {
  id: string;
  kind: 'edit' | 'command' | 'tool';
  /** One line: `write src/a.ts`, `npm test`. */
  title: string;
  /** What the human should see before saying yes: a command in full, a note. */
  detail?: string;
  diffs?: FileDiff[];
  /** A yes counts this once: a file is in it that runs by itself. */
  singly?: boolean;
  /** The model that asks. */
  speaker: ModelReference;
}

export type Approval = { answer: 'yes' } | { answer: 'yes-session' } | { answer: 'no'; reason?: string };

/** What was sent, by size. The messages themselves are in the events before this one. */
export interface RequestSize {
  messages: number;
  /** Of all texts. */
  characters: number;
  tools: number;
  /** About, of all that is read: texts, images, declarations of tools. */
  tokens: number;
}

/** How a conversation among models ended. */
export type PatternOutcome =
  | 'agreed'
  /** Done, with somebody of another mind. */
  | 'dissent'
  /** Done, where there was nothing to agree on. */
  | 'done'
  /** Rounds, money, tokens or time ran out. */
  | 'limit'
  | 'stopped'
  | 'failed';

export interface VoteReport {
  rule: string;
  /** What could be voted for, best first, with the number of ballots on which it could be named. */
  scores: { candidate: string; score: number; ballots: number }[];
  winner?: string;
  /** Who shares the first place where there is no winner. */
  tied?: string[];
  /** The rule that settled a tie, or `judge`. */
  settledBy?: string;
  /** The judge that settled it, with its reason. */
  judgement?: { voter: ModelReference; choice: string; reason: string };
  /** 0 to 1, as the rule defines it; absent where nothing can be said. */
  agreement?: number;
  ballots: { voter: ModelReference; choice: string; reason: string }[];
  /** Shown and not counted. */
  spoilt: { voter: ModelReference; reason: string }[];
  /** Who wanted something else, in their own words. */
  dissent: { voter: ModelReference; choice: string; reason: string }[];
  /** Voters of one family, who err together. */
  kin: { family: string; voters: ModelReference[] }[];
}

export interface ObjectionReport {
  id: string;
  by: ModelReference;
  severity: 'blocker' | 'major' | 'minor';
  place: string;
  wrong: string;
  todo: string;
  state: 'open' | 'resolved' | 'disputed';
  /** What the author answered. */
  answer?: string;
}

export type EventBody =
  | { type: 'session.started'; workspace: string; version: string; schema: number }
  /** What every request of the session begins with. */
  | { type: 'context.opened'; system: string; tools: string[] }
  | { type: 'session.cleared' }
  | { type: 'model.switched'; from?: ModelReference; to: ModelReference; by: string; why?: string }
  | {
      type: 'delegation.started';
      delegation: string;
      from: ModelReference | 'human';
      to: ModelReference;
      task: string;
      kind: WorkKind;
      /** With their lines: `src/a.ts:1-80`. */
      files: string[];
      /** Only for local work. */
      budgetSeconds?: number;
      forecast?: ForecastFigures;
    }
  | {
      type: 'delegation.ended';
      delegation: string;
      model: ModelReference;
      status: 'done' | 'partial' | 'refused' | 'failed';
      seconds: number;
      /** What the caller reads. */
      text: string;
      advice: string;
      checks: { what: string; passed: boolean; detail?: string }[];
      /** How many pieces it was cut into. */
      pieces: number;
      /** What was written into files. */
      diffs?: FileDiff[];
      failure?: FailureReport;
      cost?: number;
    }
  /** What became of delegated work, as its caller judged. */
  | {
      type: 'outcome.reported';
      delegation: string;
      model: ModelReference;
      outcome: 'accepted' | 'fixed' | 'rejected';
      why?: string;
      by: ModelReference | 'human';
    }
  | { type: 'lesson.kept'; text: string; model?: ModelReference; by: ModelReference | 'human' }
  | {
      type: 'consultation.started';
      consultation: string;
      by: ModelReference | 'human';
      models: ModelReference[];
      question: string;
    }
  | {
      type: 'consultation.ended';
      consultation: string;
      /** In the order of `models`; those that failed or came too late have a failure. */
      answers: AdviserAnswer[];
      /** Who put the answers together, what came of it, and whom it means by its letters. */
      synthesis?: { model: ModelReference; text: string; advisers: Record<string, ModelReference> };
      outcome: PatternOutcome;
      why?: string;
      seconds: number;
      cost?: number;
    }
  /** A voter filled in its ballot: what it named, best first, or why the ballot does not count. */
  | {
      type: 'ballot.cast';
      pattern: string;
      voter: ModelReference;
      named?: string[];
      reason?: string;
      spoilt?: string;
    }
  | { type: 'vote.counted'; pattern: string; vote: VoteReport }
  /** A handoff, a refinement, a discussion, a routing or a pattern of the human's own. */
  | {
      type: 'pattern.started';
      pattern: string;
      name: string;
      by: ModelReference | 'human';
      task: string;
      /** Who takes part, and as what. */
      roles: { role: string; model: ModelReference }[];
    }
  /** A further part of a pattern begins: a role has the word, a round of reviews, a draft. */
  | { type: 'pattern.step'; pattern: string; title: string; model?: ModelReference; round?: number }
  /** A reviewer has read the draft. */
  | {
      type: 'review.given';
      pattern: string;
      round: number;
      reviewer: ModelReference;
      approve: boolean;
      /** New ones. */
      objections: Pick<ObjectionReport, 'severity' | 'place' | 'wrong' | 'todo'>[];
      /** Earlier ones of its own that are met. */
      resolved: string[];
    }
  /** A moderator says who speaks next; `end` ends the discussion. */
  | { type: 'floor.given'; pattern: string; by: ModelReference; to: string; why: string }
  /** A draft that took the place of another, and what was objected to. */
  | {
      type: 'draft.revised';
      pattern: string;
      round: number;
      author: ModelReference;
      /** Unified diff of the drafts; empty for the first. */
      patch: string;
      objections: ObjectionReport[];
    }
  | { type: 'route.chosen'; pattern: string; model: ModelReference; why: string; escalated: boolean }
  /** The human spoke while models did. */
  | { type: 'room.said'; text: string; to?: string }
  | {
      type: 'pattern.ended';
      pattern: string;
      name: string;
      outcome: PatternOutcome;
      /** Why it ended, where one might ask: which limit, whose failure. */
      why?: string;
      text: string;
      rounds: number;
      seconds: number;
      cost?: number;
    }
  | { type: 'turn.started'; text: string; images: number; model: ModelReference }
  | {
      type: 'exchange.started';
      exchange: string;
      model: ModelReference;
      attempt: number;
      size: RequestSize;
      /** A form to be filled in as JSON; an event of the pattern tells in words what it says. */
      formal?: boolean;
      /** Only of local models that were measured before. */
      forecast?: ForecastFigures;
    }
  | {
      type: 'exchange.delta';
      exchange: string;
      model: ModelReference;
      delta: Exclude<ReplyDelta, { type: 'reply' | 'alive' }>;
    }
  | {
      type: 'exchange.ended';
      exchange: string;
      model: ModelReference;
      /** What was said, in part where the exchange failed; absent where nothing was. */
      message?: AssistantMessage;
      stop?: StopReason;
      stopDetail?: string;
      failure?: FailureReport;
      usage?: Usage;
      cost?: number;
      seconds: number;
      firstTokenSeconds?: number;
      profile?: Profile;
      forecast?: ForecastFigures;
    }
  /** The exchange named failed in a way that may pass; the next attempt starts after the wait. */
  | {
      type: 'exchange.retrying';
      exchange: string;
      model: ModelReference;
      attempt: number;
      of: number;
      waitSeconds: number;
      why: string;
    }
  | {
      type: 'tool.started';
      call: string;
      name: string;
      args: Record<string, unknown>;
      title: string;
      speaker: ModelReference;
    }
  /** Output of a command while it runs. */
  | { type: 'tool.output'; call: string; text: string }
  | {
      type: 'tool.ended';
      call: string;
      name: string;
      result: ToolResultPart;
      /** The result in one line, for the human. */
      summary: string;
      diffs?: FileDiff[];
      seconds: number;
    }
  | { type: 'approval.asked'; request: ApprovalRequest }
  | { type: 'approval.answered'; request: string; approval: Approval; by: 'human' | 'rule' }
  /** What an undo brought back; what was not there before is gone again, and named in `removed` too. */
  | { type: 'files.restored'; paths: string[]; removed: string[] }
  | { type: 'notice'; level: 'info' | 'warning' | 'error'; text: string }
  | {
      type: 'turn.ended';
      outcome: 'answered' | 'stopped' | 'failed' | 'step-limit';
      /** The text of the last message; empty where there is none. */
      text: string;
      /** The text ends early: the model reached its limit on output. */
      truncated?: boolean;
      failure?: FailureReport;
      seconds: number;
      usage: Usage;
      cost?: number;
    };

export type ParleyEvent = EventBody & {
  /** Counts up from 1 within a session. */
  seq: number;
  /** Milliseconds since 1970. */
  at: number;
  session: string;
  /** The turn that it belongs to, where it belongs to one. */
  turn?: string;
  /** The tool call or pattern inside which it happened, where one model works for another. */
  within?: string;
};

export type EventType = ParleyEvent['type'];
export type EventOf<T extends EventType> = Extract<ParleyEvent, { type: T }>;
export type Emit = (event: EventBody) => void;
export type Listener = (event: ParleyEvent) => void;
