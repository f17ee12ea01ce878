import type { ModelInfo } from '../base.ts';

/** A model as one server or another lists it. */
export interface ListedModel {
  id: string;
  /** vLLM. */
  max_model_len?: number | null;
  /** llama.cpp. */
  meta?: { n_ctx?: number; n_ctx_train?: number; n_params?: number; size?: number } | null;
  status?: { value?: string };
  /** OpenRouter. */
  context_length?: number | null;
  supported_parameters?: string[];
  architecture?: { input_modalities?: string[] };
  top_provider?: { max_completion_tokens?: number | null };
  /** Groq. */
  context_window?: number | null;
  max_completion_tokens?: number | null;
}

/** The models in an answer; some servers leave out the object around the list. */
export function modelsIn(answer: unknown): ListedModel[] | undefined {
  const list = Array.isArray(answer) ? answer : (answer as { data?: unknown } | null)?.data;
  return Array.isArray(list) ? list.filter((model) => typeof model?.id === 'string') : undefined;
}

export function infoOf(model: ListedModel, provider: string, local: boolean): ModelInfo {
  const { id, meta, supported_parameters: can, architecture } = model;
  return {
    reference: `${provider}:${id}`,
    name: id,
    local,
    contextTokens:
      model.max_model_len ??
      meta?.n_ctx ??
      meta?.n_ctx_train ??
      model.context_length ??
      model.context_window ??
      undefined,
    maxOutputTokens: model.max_completion_tokens ?? model.top_provider?.max_completion_tokens ?? undefined,
    tools: can?.includes('tools'),
    vision: architecture?.input_modalities?.includes('image'),
    thinking: can?.includes('reasoning'),
    parameterSize: meta?.n_params ? billions(meta.n_params) : undefined,
    sizeBytes: meta?.size,
    loaded: model.status?.value === undefined ? undefined : model.status.value === 'loaded',
  };
}

/** `7.6B`, as elsewhere. */
function billions(parameters: number): string {
  return `${Number((parameters / 1e9).toFixed(1))}B`;
}
