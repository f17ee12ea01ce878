import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import type { Environment } from '../environment.ts';
import type { ProviderKind } from '../providers/registry.ts';

/** The variables that hold the key of each kind; of several the first one that is set. */
export const KEY_VARIABLES: Record<ProviderKind, readonly string[]> = {
  anthropic: ['ANTHROPIC_API_KEY'],
  gemini: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  ollama: ['OLLAMA_API_KEY'],
  openai: ['OPENAI_API_KEY'],
};

/** The variables that say where each kind is reached. */
export const BASE_URL_VARIABLES: Record<ProviderKind, readonly string[]> = {
  anthropic: ['ANTHROPIC_BASE_URL'],
  gemini: ['GEMINI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL'],
  ollama: ['OLLAMA_BASE_URL', 'OLLAMA_HOST'],
  openai: ['OPENAI_BASE_URL'],
};

/** A variable that is set, and whether the human or the project set it. */
export interface Variable {
  name: string;
  value: string;
  from: 'environment' | '.env';
}

/** The human's environment, with the project's `.env` beneath it. Nothing is written to `process.env`. */
export class Variables {
  readonly #env: Environment;
  readonly #dotenv: Environment;

  constructor(env: Environment, dotenv: Environment = {}) {
    this.#env = env;
    this.#dotenv = dotenv;
  }

  /** The first one that is set. What is empty is not set. */
  find(names: readonly string[]): Variable | undefined {
    for (const name of names) {
      const value = this.#env[name]?.trim();
      if (value) return { name, value, from: 'environment' };
    }
    for (const name of names) {
      const value = this.#dotenv[name]?.trim();
      if (value) return { name, value, from: '.env' };
    }
    return undefined;
  }
}

/** What a project's `.env` says; undefined where there is none. */
export async function readDotenv(path: string): Promise<Environment | undefined> {
  try {
    return parseEnv((await readFile(path, 'utf8')).replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
