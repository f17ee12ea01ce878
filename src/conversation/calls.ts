import type { Exchanged } from './exchange.ts';
import { type ToolCallPart, type ToolResultPart, toolCallsOf } from './message.ts';

/** What becomes of the tool calls of a reply. */
export interface Calls {
  all: readonly ToolCallPart[];
  /** The first of them, that may be run; not those of a reply that was cut off or taken back. */
  run: readonly ToolCallPart[];
  /** What the model is told of the others. */
  whyNotRun: string;
  /** The model was not done with its calls, or wrote one that cannot be read: it should make them again. */
  again: boolean;
}

/** A call is run only where the reply that it stands in came to its end. */
export function callsOf({ message, stop, failure }: Exchanged): Calls {
  const all = message && !failure ? toolCallsOf(message) : [];
  switch (stop) {
    case 'refusal':
    case 'blocked':
    case 'context-full':
      return { all, run: [], whyNotRun: 'Not run: the reply broke off.', again: false };
    case 'malformed-call':
      return { all, run: [], whyNotRun: 'Not run: a call beside it could not be read.', again: true };
    case 'length': {
      const cut = endsInCall(message);
      return { all, run: cut ? all.slice(0, -1) : all, whyNotRun: CUT_OFF, again: cut };
    }
    default:
      return { all, run: all, whyNotRun: 'Not run: the human stopped the turn.', again: false };
  }
}

const CUT_OFF =
  'Not run: the reply reached its limit on output in the middle of this call. Make it again, in smaller pieces if it is long.';

function endsInCall(message: Exchanged['message']): boolean {
  const last = message?.parts.findLast((part) => part.type === 'tool-call' || part.text.trim() !== '');
  return last?.type === 'tool-call';
}

/**
 * A result for every call, so that every API takes the conversation as it stands.
 * @param results of the first calls, in the order of the calls.
 */
export function answersTo(
  calls: readonly ToolCallPart[],
  results: readonly ToolResultPart[],
  whyNotRun: string,
): ToolResultPart[] {
  return calls.map(({ id, name }, place) => {
    const content: ToolResultPart['content'] = [{ type: 'text', text: whyNotRun }];
    return results[place] ?? { type: 'tool-result', callId: id, name, content, isError: true };
  });
}
