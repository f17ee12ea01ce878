/** What the simulated models of the demo say to each other: a consultation, a vote with a dissent, and a refinement. */
import type { ScriptedReply, SeenRequest } from '../simulation/script.ts';
import { improvised } from './improvise.ts';

export const QUESTION = 'What should parseDuration do with a number without a unit?';
export const REFINED_TASK = 'Write the comment above parseDuration, so that nobody has to ask.';

/** Quicker than when one model speaks alone: several are read at once. */
const PACE = { firstDelayMs: 120, pieceDelayMs: 4, pieceLength: 9 };

export const OPTIONS = ['an error', 'seconds', 'zero, as it is'] as const;

interface Voice {
  view: string;
  choice: (typeof OPTIONS)[number];
  reason: string;
}

const VOICES: Record<string, Voice> = {
  claude: {
    view: '**Throw.** `parseDuration("90")` is `0` today: silence is the worst of all answers. Against it: callers that pass bare seconds break.',
    choice: 'an error',
    reason: 'It says what is wrong where it happens.',
  },
  gemini: {
    view: '**Refuse it with an error** that shows a right example. A guess would be wrong for half of the callers.',
    choice: 'an error',
    reason: 'An error is the only answer that nobody can misread.',
  },
  qwen: {
    view: '**Take it for seconds**, as `sleep` and `timeout` do. Against it: `90` could be meant as minutes.',
    choice: 'seconds',
    reason: '`sleep 90` is understood everywhere, and whoever writes `90` means it.',
  },
};

const DRAFT = [
  '/** Parses a duration as people write it: hours, minutes and seconds, with or without blanks. */',
  '/** Seconds of a duration such as "1h 30m". A part without a unit counts nothing. */',
];
const OBJECTION = {
  severity: 'major',
  place: 'line 1',
  wrong: 'It does not say what comes back, nor what a number without a unit does.',
  todo: 'Name the unit of the result and the case.',
};

/** What a model says in a room with others; undefined where it is alone. */
export function roomReply(request: SeenRequest): ScriptedReply | undefined {
  const { model, system, messages } = request;
  const name = Object.keys(VOICES).find((part) => model.includes(part));
  const text = messages.at(-1)?.text ?? '';
  const about = text.includes(QUESTION) || text.includes(REFINED_TASK);
  const written = name && about ? lineOf(VOICES[name]!, name, system, text) : undefined;
  const said = written ?? improvised(request);
  if (said === undefined) return undefined;
  // The local machine has a pace of its own.
  return name === 'qwen' ? { text: said } : { ...PACE, text: said };
}

function lineOf(voice: Voice, name: string, system: string, text: string): string | undefined {
  if (system.includes('You are a voter'))
    return JSON.stringify({ reason: voice.reason, choice: voice.choice });
  if (system.includes('asked the same question')) return voice.view;
  const revised = text.includes('o1 (');
  if (system.includes('You write a draft'))
    return `<draft>\n${DRAFT[revised ? 1 : 0]}\n</draft>${revised ? '\no1: done - both are said now' : ''}`;
  if (!system.includes('You review another')) return undefined;
  const objects = name === 'claude' && text.includes(DRAFT[0]!);
  return JSON.stringify({
    approve: !objects,
    objections: objects ? [OBJECTION] : [],
    // Whoever objected says that it is met; the other has nothing to resolve.
    resolved: name === 'claude' && !objects ? ['o1'] : [],
  });
}
