/** The YAML files, key by key. Loaded only where such a file exists. */
import * as z from 'zod';
import { PROVIDER_KINDS, type ProviderKind } from '../providers/registry.ts';

const seconds = z.number().positive();

export const providerSchema = z.strictObject({
  type: z.enum(PROVIDER_KINDS as [ProviderKind, ...ProviderKind[]]).optional(),
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  api_key_env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'is the name of an environment variable, not a key')
    .optional(),
  default_model: z.string().min(1).optional(),
  context_size: z.int().min(512).optional(),
  keep_alive: z.union([z.string(), seconds]).optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

export const fileSchema = z.strictObject({
  default_model: z.string().min(1).optional(),
  providers: z
    .record(
      z.string().regex(/^[A-Za-z][\w.-]*$/, 'may hold letters, digits, ".", "_" and "-"'),
      providerSchema,
    )
    .optional(),
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
  limits: z.strictObject({ steps: z.int().min(1).max(10_000).optional() }).optional(),
});

export type ConfigFile = z.output<typeof fileSchema>;
export type ProviderInFile = z.output<typeof providerSchema>;
