/** Which of the models that are listed a short name means. */
import { splitReference } from '../conversation/message.ts';
import type { ModelInfo } from './base.ts';

/** The models that a name may mean, of those that fit it best. */
export function fittingModels(name: string, models: readonly ModelInfo[]): ModelInfo[] {
  const written = name.toLowerCase();
  const rules: ((name: string) => boolean)[] = [
    (name) => name === written,
    (name) => name.replace(/:latest$/, '') === written,
    (name) => name.split(':', 1)[0] === written,
    (name) => name.includes(written),
  ];
  for (const rule of rules) {
    const fitting = models.filter((model) => rule(model.name.toLowerCase()));
    if (fitting.length > 0) return plainest(fitting, written);
  }
  return [];
}

/** Of models that fit, the one that is meant: they are versions of one family. Undefined where several may be. */
export function theOneOf(fitting: readonly ModelInfo[]): ModelInfo | undefined {
  const families = new Set(fitting.map(familyOf));
  return fitting.length === 1 || families.size === 1 ? newest(fitting) : undefined;
}

const VARIANT = /-(lite|image|preview|latest|customtools|exp|experimental|tts|audio|live)(?=-|$)/g;

/** Those with the fewest marks of a variant that nobody asked for. */
function plainest(models: readonly ModelInfo[], written: string): ModelInfo[] {
  const marks = models.map(({ name }) => {
    return [...name.toLowerCase().matchAll(VARIANT)].filter(([, mark]) => !written.includes(mark!)).length;
  });
  const fewest = Math.min(...marks);
  return models.filter((_, place) => marks[place] === fewest);
}

/** Provider and name without its version numbers and dates: `claude-sonnet-4-5-20250929` is a `claude-sonnet`. */
function familyOf(model: ModelInfo): string {
  const { provider } = splitReference(model.reference);
  // The size of a local model is no version: qwen3:8b and qwen3:32b are two models.
  if (model.local) return model.reference;
  return `${provider}:${model.name.replace(/-?\d[\d.]*/g, '').replace(/-+/g, '-')}`;
}

/** By the numbers in the names, as people read them; of equals the shortest name, which is the undated one. */
function newest(models: readonly ModelInfo[]): ModelInfo {
  const version = (model: ModelInfo) =>
    (model.name.match(/\d+/g) ?? []).map(Number).filter((part) => part < 10_000);
  return models.toSorted((a, b) => {
    const [left, right] = [version(a), version(b)];
    for (let place = 0; place < Math.max(left.length, right.length); place++) {
      const difference = (right[place] ?? -1) - (left[place] ?? -1);
      if (difference !== 0) return difference;
    }
    return a.name.length - b.name.length;
  })[0]!;
}
