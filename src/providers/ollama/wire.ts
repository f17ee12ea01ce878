/** What goes over the wire to and from an Ollama server, as far as it is used here. Durations are nanoseconds. */

export interface WireMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  thinking?: string;
  /** Base64. */
  images?: string[];
  tool_calls?: WireToolCall[];
  tool_name?: string;
  tool_call_id?: string;
}

export interface WireToolCall {
  /** Missing on older servers. */
  id?: string;
  function: { name: string; arguments?: Record<string, unknown> | string };
}

export interface WireTool {
  type: 'function';
  function: { name: string; description: string; parameters: Record<string, unknown> };
}

export interface ChatBody {
  model: string;
  messages: WireMessage[];
  tools?: WireTool[];
  format?: Record<string, unknown>;
  think?: boolean | 'low' | 'medium' | 'high';
  options: { num_ctx?: number; num_predict?: number };
  truncate?: boolean;
  keep_alive?: string | number;
  stream: true;
}

/** The figures of the last line. The server leaves out what is zero. */
export interface Figures {
  total_duration?: number;
  load_duration?: number;
  prompt_eval_count?: number;
  prompt_eval_cached_count?: number;
  prompt_eval_duration?: number;
  eval_count?: number;
  eval_duration?: number;
}

export interface ChatLine extends Figures {
  message?: { content?: string; thinking?: string; tool_calls?: WireToolCall[] };
  done?: boolean;
  done_reason?: string;
  error?: unknown;
}

export interface ModelDetails {
  family?: string;
  parameter_size?: string;
  quantization_level?: string;
  context_length?: number;
}

export interface InstalledModel {
  name: string;
  model?: string;
  size?: number;
  digest?: string;
  remote_host?: string;
  details?: ModelDetails;
  /** Missing on older servers. */
  capabilities?: string[];
}

export interface RunningModel {
  name: string;
  model?: string;
  digest?: string;
  size?: number;
  size_vram?: number;
  /** Missing on older servers. */
  context_length?: number;
}

export interface ShownModel {
  capabilities?: string[];
  details?: ModelDetails;
  model_info?: Record<string, unknown>;
  remote_host?: string;
}
