import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { Outcome } from '../local/observation.ts';
import type { ToolResult } from '../tools/base.ts';
import type { Room } from './room.ts';

export interface Judgement {
  delegation?: string;
  outcome?: Outcome;
  why?: string;
  lesson?: string;
  /** That the lesson is about. */
  model?: ModelReference;
}

/** Keeps what became of delegated work, and a lesson. @throws {Failure} where there is no such delegation. */
export function judge(room: Room, judgement: Judgement, by: ModelReference | 'human'): ToolResult {
  const { delegation, outcome, why, lesson, model } = judgement;
  const store = room.local?.store;
  if (!store)
    throw new Failure('bad-request', 'Nothing was delegated to a local model, so there is nothing to judge.');
  const told: string[] = [];
  if (delegation && outcome) {
    const done = store.delegations({ session: room.session }).find(({ id }) => id === delegation);
    if (done?.status === 'refused')
      throw new Failure(
        'bad-request',
        `${delegation} was not sent, so there is nothing to judge: its work was never done.`,
      );
    if (!done || !store.setOutcome(room.session, delegation, outcome, why))
      throw new Failure('bad-request', `There is no delegation ${delegation} in this session.`);
    room.door.emit({ type: 'outcome.reported', delegation, model: done.model, outcome, why, by });
    told.push(`${delegation} counted as ${outcome}`);
  }
  if (lesson?.trim()) {
    const kept = store.addLesson(lesson, room.door.clock.wallTime(), model);
    room.door.emit({ type: 'lesson.kept', text: kept.text, model, by });
    told.push('lesson kept');
  }
  if (told.length === 0)
    throw new Failure(
      'bad-request',
      'Name a delegation with its outcome (accepted, fixed, rejected), or a lesson.',
    );
  return { content: `${told.join('; ')}.`, summary: told.join('; ') };
}
