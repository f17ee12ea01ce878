import type { ModelInfo } from '../base.ts';
import type { InstalledModel, RunningModel, ShownModel } from './wire.ts';

/** A default model may take up so much on disk: what a GPU of 16 GB holds with a window beside it. */
const DEFAULT_AT_MOST_BYTES = 12e9;

/** `qwen3` and `qwen3:latest` are one name. */
export function fullName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:latest`;
}

/** Ollama passes these on to its cloud: their names end in `:cloud` or `-cloud`, or the server names their host. */
export function isCloud(name: string, known: { remote_host?: string } | undefined): boolean {
  return /[:-]cloud$/i.test(name) || Boolean(known?.remote_host);
}

export function findRunning(
  models: readonly RunningModel[],
  name: string,
  digest: string | undefined,
): RunningModel | undefined {
  const wanted = fullName(name).toLowerCase();
  // Two names may share one model, and the list then shows only one of them.
  return (
    models.find((running) => fullName(running.name).toLowerCase() === wanted) ??
    (digest === undefined ? undefined : models.find((running) => running.digest === digest))
  );
}

/** `<architecture>.context_length`. */
export function trainedContext(shown: ShownModel | undefined): number | undefined {
  const info = shown?.model_info ?? {};
  const value = info[`${info['general.architecture']}.context_length`] ?? shown?.details?.context_length;
  return typeof value === 'number' && value > 0 ? value : undefined;
}

/** Of a number in the KV cache, as servers keep it unless they are told otherwise. */
const CACHE_NUMBER_BYTES = 2;

/**
 * What one token of the window takes in memory, bytes: a key and a value for each layer's heads. Undefined where the
 * model does not say, or looks back over a sliding window in some of its layers.
 */
export function cacheBytesPerToken(shown: ShownModel | undefined): number | undefined {
  const info = shown?.model_info ?? {};
  const of = (what: string) => info[`${info['general.architecture']}.${what}`];
  if (of('attention.sliding_window')) return undefined;
  const headSize = Number(of('embedding_length')) / Number(of('attention.head_count'));
  const perHead =
    Number(of('attention.key_length') ?? headSize) + Number(of('attention.value_length') ?? headSize);
  const heads = of('attention.head_count_kv');
  const all = Array.isArray(heads)
    ? heads.reduce((sum: number, one) => sum + Number(one), 0)
    : Number(heads) * Number(of('block_count'));
  const bytes = all * perHead * CACHE_NUMBER_BYTES;
  return bytes > 0 ? bytes : undefined;
}

/** Attention and embeddings, which work on every token, as a share of a mixture of experts. */
const SHARED_WEIGHTS = 0.05;

/**
 * Share of a mixture of experts that works on each token, from `<architecture>.expert_used_count`; undefined for a model
 * that is none. gpt-oss:20b comes out at 0.175 and has 0.172, qwen3:30b-a3b at 0.11 and has 0.11.
 */
export function activeShare(shown: ShownModel | undefined): number | undefined {
  const info = shown?.model_info ?? {};
  const count = (what: string) => Number(info[`${info['general.architecture']}.${what}`]);
  const share = count('expert_used_count') / count('expert_count');
  return share > 0 && share < 1 ? Math.min(1, share + SHARED_WEIGHTS) : undefined;
}

export interface Known {
  provider: string;
  name: string;
  installed?: InstalledModel;
  shown?: ShownModel;
  running?: RunningModel;
  digest?: string;
}

export function infoOf({ provider, name, installed, shown, running, digest }: Known): ModelInfo {
  const capabilities = installed?.capabilities ?? shown?.capabilities;
  const details = { ...installed?.details, ...shown?.details };
  const can = (capability: string) => capabilities?.includes(capability);
  return {
    reference: `${provider}:${name}`,
    name,
    local: !isCloud(name, installed ?? shown) && !shown?.remote_host,
    tools: can('tools'),
    vision: can('vision'),
    thinking: can('thinking'),
    parameterSize: details.parameter_size || undefined,
    quantization: details.quantization_level || undefined,
    sizeBytes: installed?.size,
    loaded: running !== undefined,
    digest: installed?.digest ?? running?.digest ?? digest,
  };
}

/**
 * The model to take when none is named. Cloud models cost money and are never taken unasked. Of the local ones
 * with tools: one that is loaded; else, of those that a usual machine holds, one made for code, and the largest
 * of these; else the smallest there is. Where none has tools, the same among the rest; models that only embed
 * do not count.
 */
export function bestModel(models: readonly ModelInfo[]): ModelInfo | undefined {
  const rank = (model: ModelInfo) => {
    const size = model.sizeBytes ?? 0;
    const fits = size <= DEFAULT_AT_MOST_BYTES;
    return [
      model.tools ? 1 : 0,
      model.loaded ? 1 : 0,
      fits ? 1 : 0,
      /cod(er|e|ing)|devstral|codestral/i.test(model.name) ? 1 : 0,
      fits ? size : -size,
    ];
  };
  return models
    .filter((model) => model.local && !/embed|bge-|minilm|rerank/i.test(model.name))
    .map((model) => ({ model, rank: rank(model) }))
    .sort((a, b) => {
      const differs = a.rank.findIndex((value, place) => value !== b.rank[place]);
      return differs < 0 ? 0 : b.rank[differs]! - a.rank[differs]!;
    })[0]?.model;
}
