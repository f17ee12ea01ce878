/** What a leader is told of the local models before it asks them anything: short, and fixed for the session. */

import { splitReference, userMessage } from '../conversation/message.ts';
import { plural } from '../conversation/plural.ts';
import type { ModelInfo } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';
import { type Fit, fitWithin, fitWithinWindows, speedsOf, USUAL_WRITTEN, type Windowed } from './budget.ts';
import type { LocalMachine } from './machine.ts';
import type { DelegationRecord, Lesson, Observation, WorkKind } from './observation.ts';
import type { OutcomeCount } from './outcomes.ts';
import { countOutcomes } from './outcomes.ts';
import type { Rig, RigKey } from './rig.ts';
import { textUnits } from './tokens.ts';

export const GUIDE_SECONDS = [10, 30, 60];
const MODELS_SHOWN = 5;
const LESSONS_SHOWN = 6;
/** In units of `tokens.ts`: with what tokenizers differ by, at most 500 tokens. */
const LARGEST = 460;
const INTRODUCTION =
  'Local models (field guide of this machine). They cost nothing; time is their price. Give them small pieces with delegate: extracting, summarizing, transforming, boilerplate, tests, docs; keep judgement and design. Check what they say before you rely on it, then tell judge.';

/** A local model as far as it is known. */
export interface ModelCard {
  info: ModelInfo;
  host: string;
  contextSize: number;
  rig: Rig;
  speeds?: { readPerSecond: number; writePerSecond: number };
  fits: Fit[];
  outcomes: Map<WorkKind, OutcomeCount>;
  /** It was never measured: its figures are guessed from those of other models. */
  guessed?: boolean;
  /** It was measured, but no server offers it now. */
  absent?: boolean;
}

export async function cardOf(
  info: ModelInfo,
  known: { roster: Roster; machine: LocalMachine; records: readonly DelegationRecord[] },
): Promise<ModelCard | undefined> {
  const { provider: name, model } = splitReference(info.reference);
  const provider = await known.roster.get(name);
  const { machine } = known;
  const prospect = await machine.prospectOf(provider, { model, messages: [userMessage('.')] });
  if (!prospect) return undefined;
  const { host, contextSize } = prospect;
  const windows = windowsOf({ ...prospect, model: info.reference }, machine, info.contextTokens);
  const [{ rig }] = windows;
  const fits = GUIDE_SECONDS.flatMap((seconds) => fitWithinWindows(seconds, windows) ?? []);
  const outcomes = countOutcomes(known.records).get(info.reference) ?? new Map();
  const guessed = !machine.observations(host).some((one) => one.model === info.reference);
  return { info, host, contextSize, rig, speeds: speedsOf(rig), fits, outcomes, ...(guessed && { guessed }) };
}

/** The window that the model has, and those that it may grow to. */
function windowsOf(
  prospect: RigKey & { contextSize: number },
  machine: LocalMachine,
  most: number = prospect.contextSize,
): [Windowed, ...Windowed[]] {
  const windows: [Windowed, ...Windowed[]] = [
    { contextSize: prospect.contextSize, rig: machine.rig(prospect), guessed: false },
  ];
  for (let size = prospect.contextSize; size < most; ) {
    size = Math.min(2 * size, most);
    const gpuShare = machine.shareWith(size, prospect);
    const rig = machine.rig({ ...prospect, contextSize: size, gpuShare });
    windows.push({ contextSize: size, rig, guessed: gpuShare === undefined });
  }
  return windows;
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
  const outcomes = countOutcomes(known.records);
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
      outcomes: outcomes.get(reference) ?? new Map(),
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

/**
 * Empty where there is no local model. Where there is no room for all of it, the models that were measured most and the
 * lessons that were learnt last come first, and it says how much is left out.
 */
export function fieldGuide(cards: readonly ModelCard[], lessons: readonly Lesson[]): string {
  if (cards.length === 0) return '';
  const models = cards.toSorted((a, b) => b.rig.own - a.rig.own).map(lineOf);
  const newest = lessons.toReversed().map(({ text, model }) => `- ${model ? `${model}: ` : ''}${text}`);
  const kept = { models: [] as string[], lessons: [] as string[] };
  const written = () => [
    INTRODUCTION,
    ...kept.models,
    ...(kept.models.some((line) => line.includes('~')) ? ['~ not measured.'] : []),
    ...(kept.lessons.length > 0 ? ['Lessons:', ...kept.lessons.toReversed()] : []),
    ...leftOut(models.length - kept.models.length, newest.length - kept.lessons.length),
  ];
  const add = (list: string[], line: string | undefined, most: number) => {
    if (line === undefined || list.length === most) return;
    list.push(line);
    if (textUnits(written().join('\n')) > LARGEST) list.pop();
  };
  for (let place = 0; place < Math.max(models.length, newest.length); place++) {
    add(kept.models, models[place], MODELS_SHOWN);
    add(kept.lessons, newest[place], LESSONS_SHOWN);
  }
  return written().join('\n');
}

function leftOut(models: number, lessons: number): string[] {
  const parts = [
    models > 0 && plural(models, 'more model'),
    lessons > 0 && plural(lessons, 'older lesson'),
  ].filter(Boolean);
  return parts.length > 0 ? [`Left out: ${parts.join(' and ')}.`] : [];
}

function lineOf({ info, contextSize, speeds, fits, outcomes, guessed = false }: ModelCard): string {
  const parts = [`- ${info.reference}: window ${count(info.contextTokens ?? contextSize)}`];
  if (!speeds) parts.push('not measured yet');
  else {
    const speed = (value: number) => `${guessed ? '~' : ''}${round(value)}/s`;
    parts.push(`reads ${speed(speeds.readPerSecond)}, writes ${speed(speeds.writePerSecond)}`);
    const budgets = fits
      .filter(({ writtenTokens }) => writtenTokens > 0)
      .map((fit) => budgetOf(fit, guessed));
    if (budgets.length > 0) parts.push(`fits: ${budgets.join('; ')}`);
  }
  const right = [...outcomes].map(
    ([kind, { accepted, fixed, rejected }]) => `${kind} ${accepted}/${accepted + fixed + rejected}`,
  );
  if (right.length > 0) parts.push(`accepted: ${right.join(', ')}`);
  return parts.join('; ');
}

function budgetOf(fit: Fit, guessed: boolean): string {
  const { seconds, promptTokens, writtenTokens } = fit;
  const out = `${guessed || fit.writtenGuessed ? '~' : ''}${atMost(writtenTokens)} out`;
  const read = `${guessed || fit.guessed ? '~' : ''}${atMost(promptTokens)} in`;
  return promptTokens > 0 ? `${seconds} s ${read} + ${USUAL_WRITTEN} out, or ${out}` : `${seconds} s ${out}`;
}

/** Two figures are enough to plan by, and say that they are no more than that. */
function round(value: number, to: (value: number) => number = Math.round): string {
  const unit = 10 ** Math.max(value < 10 ? -1 : 0, Math.floor(Math.log10(value)) - 1);
  return count(to(value / unit) * unit);
}

function count(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 1 });
}

/** What is still promised once it is rounded. */
function atMost(tokens: number): string {
  return tokens < 10 ? String(Math.floor(tokens)) : round(tokens, Math.floor);
}
