import type { EventOf } from '../conversation/event.ts';
import { ChatDisplay } from './chat-display.ts';
import { draftTitle } from './draft-lines.ts';
import { consultationSummary, patternSummary, stepTitle } from './pattern-lines.ts';
import { inLine } from './printable.ts';
import type { WriteLine } from './structured.ts';
import { verdict } from './vote-lines.ts';

/** Of a long command the beginning tells enough. */
const TITLE_CHARACTERS = 200;

/** What a run without a screen says beside its answer: a line for each thing done, tried again or refused. */
export class ProgressDisplay extends ChatDisplay {
  readonly #write: WriteLine;

  constructor(write: WriteLine) {
    super();
    this.#write = write;
  }

  override showToolCall({ title }: EventOf<'tool.started'>): void {
    const line = inLine(title);
    this.#say(`• ${line.length > TITLE_CHARACTERS ? `${line.slice(0, TITLE_CHARACTERS)}…` : line}`);
  }

  override showToolResult({ result, summary }: EventOf<'tool.ended'>): void {
    if (result.isError) this.#add(`✗ ${summary}`);
  }

  override showRetry({ why, waitSeconds, attempt, of }: EventOf<'exchange.retrying'>): void {
    this.#say(`${why} Trying again in ${waitSeconds.toFixed(1)} s (${attempt} of ${of}).`);
  }

  // What helps a conversation to go on is beside the point here.
  override showNotice({ level, text }: EventOf<'notice'>): void {
    if (level !== 'info') this.#say(text);
  }

  override showApproval({ approval }: EventOf<'approval.answered'>): void {
    if (approval.answer === 'no' && approval.reason) this.#add(`refused: ${approval.reason}`);
  }

  // What a model began, the line of its tool call tells.
  override showPattern({ name, by, task }: EventOf<'pattern.started'>): void {
    if (by === 'human') this.#say(`• ${name}: ${task}`);
  }

  override showConsultation({ by, models, question }: EventOf<'consultation.started'>): void {
    if (by === 'human') this.#say(`• consultation of ${models.join(', ')}: ${question}`);
  }

  override showPatternStep(event: EventOf<'pattern.step'>): void {
    this.#add(stepTitle(event));
  }

  override showRoute({ model, why, escalated }: EventOf<'route.chosen'>): void {
    this.#add(`${model} ${escalated ? 'takes over' : 'is chosen'}: ${why}`);
  }

  override showBallot({ voter, named, reason, spoilt }: EventOf<'ballot.cast'>): void {
    const said = spoilt === undefined ? `${named?.join(' > ') || 'none'}: ${reason}` : `spoilt: ${spoilt}`;
    this.#add(`${voter} votes ${said}`);
  }

  override showDraft(event: EventOf<'draft.revised'>): void {
    this.#add(draftTitle(event));
  }

  override showVote({ vote }: EventOf<'vote.counted'>): void {
    this.#add(verdict(vote));
  }

  override showHumanSaid({ text, to }: EventOf<'room.said'>): void {
    this.#add(`you said${to ? ` to ${to}` : ''}: ${text}`);
  }

  override showConsultationResult(event: EventOf<'consultation.ended'>): void {
    for (const { model, failure } of event.answers) if (failure) this.#add(`✗ ${model}: ${failure.message}`);
    this.#add(consultationSummary(event));
  }

  override showPatternResult(event: EventOf<'pattern.ended'>): void {
    this.#add(patternSummary(event));
  }

  #say(text: string): void {
    this.#write(inLine(text));
  }

  /** Says what belongs to the line before. */
  #add(text: string): void {
    this.#write(`  ${inLine(text)}`);
  }
}
