import { callsOf } from './calls.ts';
import type { EventOf } from './event.ts';
import type { Door, Exchanged } from './exchange.ts';
import { Failure, type FailureKind } from './failure.ts';
import type { ModelReference } from './message.ts';
import { refusalIn } from './refusal.ts';

export interface Ending {
  outcome: EventOf<'turn.ended'>['outcome'];
  /** The text of the last message; empty where there is none. */
  text: string;
  failure?: Failure;
  /** The text ends early: the model reached its limit on output. */
  truncated?: boolean;
}

export function stoppedWith(failure: Failure, text: string): Ending {
  return { outcome: failure.kind === 'stopped' ? 'stopped' : 'failed', text, failure };
}

/** A provider that wants the conversation back again and again says nothing that leads anywhere. */
export function pausedForGood(model: ModelReference, text: string): Ending {
  return failed(
    'malformed',
    `${model} paused again and again and did not go on. Ask again, or choose another model.`,
    text,
  );
}

/** The model said what it had to say: what kind of ending was it? */
export function endingOf(said: Exchanged, text: string, door: Door): Ending {
  const { model, stopDetail } = said;
  const detail = stopDetail ? `: ${stopDetail}` : '';
  const refusal = refusalIn(said);
  if (refusal) return { outcome: 'failed', text, failure: refusal };
  switch (said.stop) {
    case 'malformed-call':
      return failed(
        'malformed',
        `${model} wrote tool calls that its provider could not read${detail}. Ask again, or choose another model.`,
        text,
      );
    case 'context-full':
      return failed(
        'context-exceeded',
        `The window of ${model} ran full in the middle of its reply. Start a new conversation (/clear at the prompt), or choose a model with a larger window.`,
        text,
      );
    case 'length':
      if (callsOf(said).again) {
        return failed(
          'cut-off',
          `${model} reached its limit on output in the middle of a tool call, again and again. Ask for the work in smaller pieces.`,
          text,
        );
      }
      if (text.trim() === '') {
        return failed(
          'cut-off',
          `${model} reached its limit on output before it said anything. Ask for less at once, or with less thinking.`,
          text,
        );
      }
      door.emit({
        type: 'notice',
        level: 'warning',
        text: `${model} reached its limit on output: the reply ends early. Say "go on" to continue.`,
      });
      return { outcome: 'answered', text, truncated: true };
    default:
      if (text.trim() === '') {
        return failed(
          'malformed',
          `${model} ended its turn without saying anything. Ask again, or choose another model.`,
          text,
        );
      }
      return { outcome: 'answered', text };
  }
}

function failed(kind: FailureKind, message: string, text: string): Ending {
  return { outcome: 'failed', text, failure: new Failure(kind, message) };
}
