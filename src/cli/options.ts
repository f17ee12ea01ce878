/** Options of the command line: how they are declared, and how what was written for them is read. */
import { Failure } from '../conversation/failure.ts';
import type { ApprovalRule } from '../safety/approval.ts';

export interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  /** May be given several times. */
  multiple?: boolean;
  /** What stands behind it, for the help: `MODEL`. */
  value?: string;
  about: string;
  /** Of what was said before in the same session, which a command does not have. */
  onlyInRepl?: boolean;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type Written<S extends OptionSpec> = S['type'] extends 'boolean' ? boolean : string;

/** What was written, by option; of options that are not known by name, anything. */
export type Values<O extends OptionSpecs> = OptionSpecs extends O
  ? Readonly<Record<string, unknown>>
  : { [K in keyof O]?: O[K]['multiple'] extends true ? Written<O[K]>[] : Written<O[K]> };

/** What stands on the command line, for the REPL and a run without a screen alike. */
export interface CommonOptions {
  model?: string;
  cwd?: string;
  config?: string;
  approve?: ApprovalRule[];
  maxSteps?: number;
}

/** Every command takes these. */
export const COMMON = {
  model: {
    type: 'string',
    short: 'm',
    value: 'MODEL',
    about: 'provider:model, or a short name such as sonnet',
  },
  approve: {
    type: 'string',
    value: 'RULES',
    about: 'allow without asking: edits, commands or all (commas between)',
  },
  'max-steps': { type: 'string', value: 'N', about: 'exchanges of a turn at the most' },
  cwd: { type: 'string', short: 'C', value: 'FOLDER', about: 'work in this folder' },
  config: { type: 'string', value: 'FILE', about: 'read this file instead of your own config.yaml' },
  help: { type: 'boolean', short: 'h', about: 'this text; behind a command, its own' },
  version: { type: 'boolean', short: 'v', about: 'the version' },
} as const satisfies OptionSpecs;

export const OUTPUT_FORMAT = {
  'output-format': {
    type: 'string',
    value: 'FORMAT',
    about: 'text; json, one object at the end; stream-json, every event as a line',
  },
} as const satisfies OptionSpecs;

const OUTPUT_FORMATS = ['text', 'json', 'stream-json'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** @throws {Failure} `usage` */
export function readFormat(written = 'text'): OutputFormat {
  return readOneOf('--output-format', written, OUTPUT_FORMATS);
}

/** @throws {Failure} `usage` */
export function readCommon(
  values: Values<Omit<typeof COMMON, 'model'>> & { model?: unknown },
): CommonOptions {
  const { model, cwd, config, approve, 'max-steps': steps } = values;
  return {
    // Where several models are asked, the command reads them itself.
    model: typeof model === 'string' ? model : undefined,
    cwd,
    config,
    approve: approve === undefined ? undefined : readRules(approve),
    maxSteps: steps === undefined ? undefined : readWhole('--max-steps', steps),
  };
}

function readRules(written: string): ApprovalRule[] {
  const rules = written.split(',').map((rule) => rule.trim());
  const wrong = rules.find((rule) => !['edits', 'commands', 'all'].includes(rule));
  if (wrong !== undefined)
    throw new Failure('usage', `--approve takes edits, commands or all, not "${wrong}".`);
  return rules as ApprovalRule[];
}

/** @throws {Failure} `usage` */
export function readWhole(option: string, written: string): number {
  if (!/^[1-9]\d{0,4}$/.test(written))
    throw new Failure('usage', `${option} takes a whole number from 1 on, not "${written}".`);
  return Number(written);
}

/** @throws {Failure} `usage` */
export function readPositive(option: string, written: string): number {
  const value = /^\$?\d*\.?\d+$/.test(written) ? Number(written.replace('$', '')) : 0;
  if (value > 0) return value;
  throw new Failure('usage', `${option} takes a number above 0, not "${written}".`);
}

/** @throws {Failure} `usage` */
export function readOneOf<const T extends string>(option: string, written: string, names: readonly T[]): T {
  const found = names.find((name) => name === written);
  if (found !== undefined) return found;
  const list = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  throw new Failure('usage', `${option} takes ${list}, not "${written}".`);
}
