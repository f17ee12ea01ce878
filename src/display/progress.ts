import type { EventOf } from '../conversation/event.ts';
import { ChatDisplay } from './chat-display.ts';
import type { WriteLine } from './structured.ts';

/** What a run without a screen says beside its answer: a line for each thing done, tried again or refused. */
export class ProgressDisplay extends ChatDisplay {
  readonly #write: WriteLine;

  constructor(write: WriteLine) {
    super();
    this.#write = write;
  }

  override showToolCall({ title }: EventOf<'tool.started'>): void {
    this.#write(`• ${title}`);
  }

  override showToolResult({ result, summary }: EventOf<'tool.ended'>): void {
    if (result.isError) this.#write(`  ✗ ${summary}`);
  }

  override showRetry({ why, waitSeconds, attempt, of }: EventOf<'exchange.retrying'>): void {
    this.#write(`${why} Trying again in ${waitSeconds.toFixed(1)} s (${attempt} of ${of}).`);
  }

  override showNotice({ text }: EventOf<'notice'>): void {
    this.#write(text);
  }

  override showApproval({ approval }: EventOf<'approval.answered'>): void {
    if (approval.answer === 'no' && approval.reason) this.#write(`  refused: ${approval.reason}`);
  }
}
