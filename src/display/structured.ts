import {
  EVENT_SCHEMA_VERSION,
  type EventOf,
  type FailureReport,
  type ParleyEvent,
} from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';
import { ChatDisplay } from './chat-display.ts';

/** Writes a line somewhere. */
export type WriteLine = (line: string) => void;

/** Every event as one line of JSON, as it happens: `--output-format stream-json` (docs/events.md). */
export class StreamJsonDisplay extends ChatDisplay {
  readonly #write: WriteLine;
  /** What was written last. */
  last: ParleyEvent | undefined;

  constructor(write: WriteLine) {
    super();
    this.#write = write;
  }

  override handle(event: ParleyEvent): void {
    this.last = event;
    this.#write(JSON.stringify(event));
  }
}

/** The object that `--output-format json` prints at the end of a run. */
export interface RunReport {
  schema: typeof EVENT_SCHEMA_VERSION;
  session: string;
  model: ModelReference | null;
  outcome: EventOf<'turn.ended'>['outcome'];
  /** The text of the last message. */
  result: string;
  /** The text ends early: the model reached its limit on output. */
  truncated: boolean;
  failure?: FailureReport;
  usage: EventOf<'turn.ended'>['usage'];
  /** Dollars; null where a price is unknown. */
  cost: number | null;
  seconds: number;
  exchanges: number;
  /** Relative to the workspace, each once. */
  filesChanged: string[];
  /** What was refused because nobody could be asked. */
  refused: string[];
  /** What a human would have been told on the way. */
  notices: Pick<EventOf<'notice'>, 'level' | 'text'>[];
}

/** One object at the end of a run. */
export class JsonDisplay extends ChatDisplay {
  readonly #write: WriteLine;
  #model: ModelReference | null = null;
  #exchanges = 0;
  readonly #files = new Set<string>();
  readonly #asked = new Map<string, string>();
  readonly #refused: string[] = [];
  readonly #notices: RunReport['notices'] = [];

  constructor(write: WriteLine) {
    super();
    this.#write = write;
  }

  override showHumanMessage({ model }: EventOf<'turn.started'>): void {
    this.#model = model;
  }

  override showResponse(): void {
    this.#exchanges += 1;
  }

  override showToolResult({ diffs = [] }: EventOf<'tool.ended'>): void {
    for (const { path } of diffs) this.#files.add(path);
  }

  override showDelegationResult({ diffs = [] }: EventOf<'delegation.ended'>): void {
    for (const { path } of diffs) this.#files.add(path);
  }

  override showApprovalRequest({ request }: EventOf<'approval.asked'>): void {
    this.#asked.set(request.id, request.title);
  }

  override showApproval({ request, approval }: EventOf<'approval.answered'>): void {
    if (approval.answer === 'no') this.#refused.push(this.#asked.get(request) ?? request);
  }

  override showNotice({ level, text }: EventOf<'notice'>): void {
    this.#notices.push({ level, text });
  }

  override showConversationSummary(turn: EventOf<'turn.ended'>): void {
    const report: RunReport = {
      schema: EVENT_SCHEMA_VERSION,
      session: turn.session,
      model: this.#model,
      outcome: turn.outcome,
      result: turn.text,
      truncated: turn.truncated ?? false,
      failure: turn.failure,
      usage: turn.usage,
      cost: turn.cost ?? null,
      seconds: turn.seconds,
      exchanges: this.#exchanges,
      filesChanged: [...this.#files],
      refused: this.#refused,
      notices: this.#notices,
    };
    this.#write(JSON.stringify(report));
  }
}
