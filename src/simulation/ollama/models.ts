import { createHash } from 'node:crypto';
import type { Vocabulary } from './tokens.ts';

export interface SimulatedModel {
  name: string;
  family: string;
  /** Weights altogether, and those that work on each token (fewer for a mixture of experts). */
  parameters: number;
  activeParameters?: number;
  experts?: { all: number; used: number };
  /** On disk and in memory. */
  bytes: number;
  layers: number;
  embedding: number;
  heads: number;
  kvHeads: number;
  trainedContext: number;
  quantization: string;
  capabilities: string[];
  /** What makes one model's tokens differ from another's. */
  vocabulary: Vocabulary;
  /** Its template is jinja only, so that llama-server renders the prompt and refuses what is too long. */
  jinjaOnly?: boolean;
  /** Passed on to Ollama's cloud by a stub without a telling name. */
  remoteHost?: string;
}

/** Families of models: some read each digit by itself. */
const QWEN: Vocabulary = { seed: 11, richness: 1, digits: 1 };
const LLAMA: Vocabulary = { seed: 23, richness: 1, digits: 3 };
const GEMMA: Vocabulary = { seed: 37, richness: 1.4, digits: 1 };
const GPT_OSS: Vocabulary = { seed: 41, richness: 1.2, digits: 3 };
const SMALL: Vocabulary = { seed: 53, richness: 0.7, digits: 1 };

const CODER = { family: 'qwen2', trainedContext: 32_768, quantization: 'Q4_K_M', vocabulary: QWEN };

export const CATALOGUE: readonly SimulatedModel[] = [
  {
    ...CODER,
    name: 'qwen2.5-coder:7b',
    parameters: 7.62e9,
    bytes: 4.68e9,
    layers: 28,
    embedding: 3584,
    heads: 28,
    kvHeads: 4,
    capabilities: ['completion', 'tools', 'insert'],
  },
  {
    ...CODER,
    name: 'qwen2.5-coder:1.5b',
    parameters: 1.54e9,
    bytes: 0.99e9,
    layers: 28,
    embedding: 1536,
    heads: 12,
    kvHeads: 2,
    capabilities: ['completion', 'tools', 'insert'],
  },
  {
    name: 'qwen3:8b',
    family: 'qwen3',
    parameters: 8.19e9,
    bytes: 5.23e9,
    layers: 36,
    embedding: 4096,
    heads: 32,
    kvHeads: 8,
    trainedContext: 40_960,
    quantization: 'Q4_K_M',
    capabilities: ['completion', 'tools', 'thinking'],
    vocabulary: QWEN,
  },
  {
    name: 'qwen3-vl:8b',
    family: 'qwen3vl',
    parameters: 8.77e9,
    bytes: 6.14e9,
    layers: 36,
    embedding: 4096,
    heads: 32,
    kvHeads: 8,
    trainedContext: 262_144,
    quantization: 'Q4_K_M',
    capabilities: ['completion', 'vision', 'tools', 'thinking'],
    vocabulary: QWEN,
  },
  {
    name: 'llama3.2:3b',
    family: 'llama',
    parameters: 3.21e9,
    bytes: 2.02e9,
    layers: 28,
    embedding: 3072,
    heads: 24,
    kvHeads: 8,
    trainedContext: 131_072,
    quantization: 'Q4_K_M',
    capabilities: ['completion', 'tools'],
    vocabulary: LLAMA,
  },
  {
    name: 'gemma3:4b',
    family: 'gemma3',
    parameters: 4.3e9,
    bytes: 3.34e9,
    layers: 34,
    embedding: 2560,
    heads: 8,
    kvHeads: 4,
    trainedContext: 131_072,
    quantization: 'Q4_K_M',
    capabilities: ['completion', 'vision'],
    vocabulary: GEMMA,
  },
  {
    name: 'gpt-oss:20b',
    family: 'gptoss',
    parameters: 20.9e9,
    activeParameters: 3.6e9,
    experts: { all: 32, used: 4 },
    bytes: 13.8e9,
    layers: 24,
    embedding: 2880,
    heads: 64,
    kvHeads: 8,
    trainedContext: 131_072,
    quantization: 'MXFP4',
    capabilities: ['completion', 'tools', 'thinking'],
    vocabulary: GPT_OSS,
  },
  {
    name: 'hf.co/someone/tiny-coder-GGUF:Q8_0',
    family: 'llama',
    parameters: 0.5e9,
    bytes: 0.53e9,
    layers: 24,
    embedding: 896,
    heads: 14,
    kvHeads: 2,
    trainedContext: 8192,
    quantization: 'Q8_0',
    capabilities: ['completion', 'tools'],
    vocabulary: SMALL,
    jinjaOnly: true,
  },
  {
    name: 'nomic-embed-text:latest',
    family: 'nomic-bert',
    parameters: 0.137e9,
    bytes: 0.27e9,
    layers: 12,
    embedding: 768,
    heads: 12,
    kvHeads: 12,
    trainedContext: 2048,
    quantization: 'F16',
    capabilities: ['embedding'],
    vocabulary: SMALL,
  },
  {
    name: 'gpt-oss:120b-cloud',
    family: 'gptoss',
    parameters: 116.8e9,
    activeParameters: 5.1e9,
    experts: { all: 128, used: 4 },
    bytes: 384,
    layers: 36,
    embedding: 2880,
    heads: 64,
    kvHeads: 8,
    trainedContext: 131_072,
    quantization: 'MXFP4',
    capabilities: ['completion', 'tools', 'thinking'],
    vocabulary: GPT_OSS,
    remoteHost: 'https://ollama.com:443',
  },
];

/** @throws where the catalogue has no model of this name. */
export function catalogued(name: string): SimulatedModel {
  const found = CATALOGUE.find((model) => model.name === name);
  if (!found) throw new Error(`the simulation knows no model ${name}`);
  return found;
}

/** Bytes of the KV cache that a token of context takes, 16 bits a number. */
export function cacheBytesPerToken({ layers, kvHeads, embedding, heads }: SimulatedModel): number {
  return 2 * layers * kvHeads * (embedding / heads) * 2;
}

export function digestOf(model: SimulatedModel): string {
  return createHash('sha256').update(`${model.name} ${model.bytes}`).digest('hex');
}

export function detailsOf(model: SimulatedModel) {
  const billions = model.parameters / 1e9;
  return {
    parent_model: '',
    format: 'gguf',
    family: model.family,
    families: [model.family],
    parameter_size: billions >= 1 ? `${billions.toFixed(1)}B` : `${(billions * 1000).toFixed(2)}M`,
    quantization_level: model.quantization,
  };
}

/** As `/api/show` tells it. */
export function showOf(model: SimulatedModel) {
  const { family } = model;
  return {
    modelfile: `FROM ${model.name}`,
    template: '{{ .Prompt }}',
    details: detailsOf(model),
    model_info: {
      'general.architecture': family,
      'general.parameter_count': model.parameters,
      [`${family}.context_length`]: model.trainedContext,
      [`${family}.block_count`]: model.layers,
      [`${family}.embedding_length`]: model.embedding,
      [`${family}.attention.head_count`]: model.heads,
      [`${family}.attention.head_count_kv`]: model.kvHeads,
      ...(model.experts && {
        [`${family}.expert_count`]: model.experts.all,
        [`${family}.expert_used_count`]: model.experts.used,
      }),
    },
    capabilities: model.capabilities,
    ...(model.remoteHost && { remote_host: model.remoteHost, remote_model: remoteName(model) }),
    modified_at: '2026-08-01T09:00:00Z',
  };
}

/** Its work is done elsewhere. */
export function isCloud({ name, remoteHost }: SimulatedModel): boolean {
  return Boolean(remoteHost) || /[:-]cloud$/.test(name);
}

/** What the cloud calls it. */
export function remoteName({ name }: SimulatedModel): string {
  return name.replace(/[:-]cloud$/, '');
}
