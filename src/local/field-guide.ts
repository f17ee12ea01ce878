/** What a leader is told of the local models before it asks them anything: short, and fixed for the session. */

import { splitReference, userMessage } from '../conversation/message.ts';
import type { ModelInfo } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';
import { type Fit, fitWithin, speedsOf, USUAL_WRITTEN } from './budget.ts';
import type { LocalMachine } from './machine.ts';
import type { DelegationRecord, Lesson, Observation, WorkKind } from './observation.ts';
import type { OutcomeCount } from './outcomes.ts';
import { countOutcomes } from './outcomes.ts';
import type { Rig } from './rig.ts';
import { textUnits } from './tokens.ts';

export const GUIDE_SECONDS = [10, 30, 60];
const MODELS_SHOWN = 5;
const LESSONS_SHOWN = 6;
/** In units of `tokens.ts`: with what tokenizers differ by, at most 500 tokens. */
const LARGEST = 460;

/** A local model as far as it is known. */
export interface ModelCard {
  info: ModelInfo;
  host: string;
  contextSize: number;
  rig: Rig;
  speeds?: { readPerSecond: number; writePerSecond: number };
  fits: Fit[];
  outcomes: Map<WorkKind, OutcomeCount>;
  /** It was measured, but no server offers it now. */
  absent?: boolean;
}

export async function cardOf(
  info: ModelInfo,
  known: { roster: Roster; machine: LocalMachine; records: readonly DelegationRecord[] },
): Promise<ModelCard | undefined> {
  const { provider: name, model } = splitReference(info.reference);
  const provider = await known.roster.get(name);
  const prospect = await provider.prospect({ model, messages: [userMessage('.')] });
  if (!prospect) return undefined;
  const { host, contextSize } = prospect;
  const rig = known.machine.rig({ ...prospect, model: info.reference });
  const window = info.contextTokens ?? contextSize;
  const fits = GUIDE_SECONDS.flatMap((seconds) => fitWithin(rig, seconds, window) ?? []);
  const outcomes = countOutcomes(known.records).get(info.reference) ?? new Map();
  return { info, host, contextSize, rig, speeds: speedsOf(rig), fits, outcomes };
}

/** Of what was measured once and is not among those offered: by model and host, as it was seen last. */
export function rememberedCards(
  offered: readonly ModelCard[],
  known: {
    machine: LocalMachine;
    observations: readonly Observation[];
    records: readonly DelegationRecord[];
  },
): ModelCard[] {
  const last = new Map(known.observations.map((one) => [JSON.stringify([one.host, one.model]), one]));
  for (const { host, info } of offered) last.delete(JSON.stringify([host, info.reference]));
  return [...last.values()].map((one): ModelCard => {
    const { model: reference, host, contextSize = 0 } = one;
    const { model: name } = splitReference(reference);
    const rig = known.machine.rig(one);
    return {
      info: { reference, name, local: true },
      host,
      contextSize,
      rig,
      speeds: speedsOf(rig),
      fits: GUIDE_SECONDS.flatMap((seconds) => fitWithin(rig, seconds, contextSize) ?? []),
      outcomes: countOutcomes(known.records).get(reference) ?? new Map(),
      absent: true,
    };
  });
}

/** What it says without any figures: the names alone, for experiments. */
export function bareGuide(cards: readonly ModelCard[]): string {
  if (cards.length === 0) return '';
  const names = cards.map(({ info }) => info.reference).join(', ');
  return `Local models: ${names}. They cost nothing; time is their price. Give them small pieces with delegate, and check what they say before you rely on it.`;
}

/** Empty where there is no local model. */
export function fieldGuide(cards: readonly ModelCard[], lessons: readonly Lesson[]): string {
  if (cards.length === 0) return '';
  const measured = cards.toSorted((a, b) => b.rig.own - a.rig.own).slice(0, MODELS_SHOWN);
  const lines = [
    'Local models (field guide of this machine). They cost nothing; time is their price. Give them small pieces with delegate: extracting, summarizing, transforming, boilerplate, tests, docs; keep judgement and design. Check what they say before you rely on it, then tell judge.',
    ...measured.map(lineOf),
  ];
  const kept = lessons
    .slice(-LESSONS_SHOWN)
    .map(({ text, model }) => `- ${model ? `${model}: ` : ''}${text}`);
  if (kept.length > 0) lines.push('Lessons:', ...kept);
  return withinLimit(lines);
}

function lineOf({ info, contextSize, speeds, fits, outcomes }: ModelCard): string {
  const parts = [`- ${info.reference}: window ${(info.contextTokens ?? contextSize).toLocaleString('en')}`];
  if (!speeds) parts.push('not measured yet');
  else {
    parts.push(`reads ${round(speeds.readPerSecond)}/s, writes ${round(speeds.writePerSecond)}/s`);
    const budget = fits.map(
      ({ seconds, promptTokens, writtenTokens }) =>
        `${seconds} s ${round(promptTokens)} in + ${USUAL_WRITTEN} out, or ${round(writtenTokens)} out`,
    );
    parts.push(`fits: ${budget.join('; ')}`);
  }
  const right = [...outcomes].map(
    ([kind, { accepted, fixed, rejected }]) => `${kind} ${accepted}/${accepted + fixed + rejected}`,
  );
  if (right.length > 0) parts.push(`accepted: ${right.join(', ')}`);
  return parts.join('; ');
}

/** Two figures are enough to plan by, and say that they are no more than that. */
function round(value: number): string {
  if (value < 10) return value.toFixed(1);
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return (Math.round(value / unit) * unit).toLocaleString('en');
}

function withinLimit(lines: readonly string[]): string {
  let kept = [...lines];
  while (textUnits(kept.join('\n')) > LARGEST && kept.length > 2) kept = kept.slice(0, -1);
  return kept.join('\n');
}
