/** The YAML files, key by key. Loaded only where such a file exists. */
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { WORK_KINDS } from '../conversation/work.ts';
import { PROVIDER_KINDS, type ProviderKind } from '../providers/registry.ts';

const name = z.string().min(1, 'may not be empty');
const isDuration = /^-?\d+(\.\d+)?(ns|us|ms|s|m|h)?$/;

const providerSchema = z.strictObject({
  type: z.enum(PROVIDER_KINDS as [ProviderKind, ...ProviderKind[]]).optional(),
  base_url: z
    .url({
      protocol: /^https?$/,
      message: 'is no address; write it in full, for instance http://localhost:8080',
    })
    .optional(),
  api_key_env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'is the name of an environment variable, not a key')
    .optional(),
  default_model: name.optional(),
  context_size: z.int().min(512).optional(),
  keep_alive: z
    .union([z.string(), z.number()])
    .refine((value) => isDuration.test(String(value)), 'is a time such as 30m, seconds, or -1 for ever')
    .optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

const positive = z.number().positive();

const ruleSchema = z.strictObject({
  when: z.strictObject({
    kind: z.enum(WORK_KINDS).optional(),
    files: z.array(name).optional(),
    words: z.array(name).optional(),
    larger_than: positive.optional(),
    smaller_than: positive.optional(),
  }),
  use: name.optional(),
  private: z.boolean().optional(),
  why: name.optional(),
});

export const fileSchema = z.strictObject({
  default_model: name.optional(),
  providers: z.record(z.string().regex(/^[A-Za-z][\w.-]*$/), providerSchema).optional(),
  display: z
    .strictObject({
      show_delegations: z.boolean().optional(),
      show_model_switches: z.boolean().optional(),
      color_code_models: z.boolean().optional(),
      show_thinking: z.boolean().optional(),
    })
    .optional(),
  approve: z.array(z.enum(['edits', 'commands', 'all'])).optional(),
  thinking: z.enum(['off', 'low', 'medium', 'high']).optional(),
  panels: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), z.array(name).min(1)).optional(),
  patterns: z
    .strictObject({
      rounds: z.int().min(1).max(20).optional(),
      dollars: positive.optional(),
      seconds: positive.optional(),
      tokens: z.int().min(1).optional(),
      ask_between_rounds: z.boolean().optional(),
      /** Read where one is run or listed; what is wrong with one does not stop the others. */
      custom: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), z.unknown()).optional(),
    })
    .optional(),
  routing: z.strictObject({ chooser: name.optional(), rules: z.array(ruleSchema).optional() }).optional(),
  trusted_projects: z.array(z.string().refine(isAbsolute, 'is no absolute path')).optional(),
  limits: z.strictObject({ steps: z.int().min(1).max(10_000).optional() }).optional(),
});

export type RuleInFile = z.output<typeof ruleSchema>;
export type FileSettings = z.output<typeof fileSchema>;
export type ProviderInFile = z.output<typeof providerSchema>;
