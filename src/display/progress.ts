import type { EventOf } from '../conversation/event.ts';
import { ChatDisplay } from './chat-display.ts';
import { draftTitle } from './draft-lines.ts';
import { consultationSummary, patternSummary, stepTitle } from './pattern-lines.ts';
import { onOneLine, printable } from './printable.ts';
import type { WriteLine } from './structured.ts';
import { verdict } from './vote-lines.ts';

/** What a run without a screen says beside its answer: a line for each thing done, tried again or refused. */
export class ProgressDisplay extends ChatDisplay {
  readonly #write: WriteLine;

  constructor(write: WriteLine) {
    super();
    this.#write = write;
  }

  override showToolCall({ title }: EventOf<'tool.started'>): void {
    this.#write(`• ${onOneLine(title)}`);
  }

  override showToolResult({ result, summary }: EventOf<'tool.ended'>): void {
    if (result.isError) this.#write(`  ✗ ${onOneLine(summary)}`);
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

  // What a model began, the line of its tool call tells.
  override showPattern({ name, by, task }: EventOf<'pattern.started'>): void {
    if (by === 'human') this.#write(`• ${name}: ${onOneLine(printable(task))}`);
  }

  override showConsultation({ by, models, question }: EventOf<'consultation.started'>): void {
    if (by === 'human')
      this.#write(`• consultation of ${models.join(', ')}: ${onOneLine(printable(question))}`);
  }

  override showPatternStep(event: EventOf<'pattern.step'>): void {
    this.#write(`  ${stepTitle(event)}`);
  }

  override showRoute({ model, why, escalated }: EventOf<'route.chosen'>): void {
    this.#write(`  ${model} ${escalated ? 'takes over' : 'is chosen'}: ${onOneLine(printable(why))}`);
  }

  override showBallot({ voter, named, reason, spoilt }: EventOf<'ballot.cast'>): void {
    const said = spoilt === undefined ? `${named?.join(' > ') || 'none'}: ${reason}` : `spoilt: ${spoilt}`;
    this.#write(`  ${voter} votes ${onOneLine(printable(said))}`);
  }

  override showDraft(event: EventOf<'draft.revised'>): void {
    this.#write(`  ${draftTitle(event)}`);
  }

  override showVote({ vote }: EventOf<'vote.counted'>): void {
    this.#write(`  ${verdict(vote)}`);
  }

  override showHumanSaid({ text, to }: EventOf<'room.said'>): void {
    this.#write(`  you said${to ? ` to ${to}` : ''}: ${onOneLine(printable(text))}`);
  }

  override showConsultationResult(event: EventOf<'consultation.ended'>): void {
    for (const { model, failure } of event.answers)
      if (failure) this.#write(`  ✗ ${model}: ${onOneLine(printable(failure.message))}`);
    this.#write(`  ${consultationSummary(event)}`);
  }

  override showPatternResult(event: EventOf<'pattern.ended'>): void {
    this.#write(`  ${patternSummary(event)}`);
  }
}
