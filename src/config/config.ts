import type { DisplaySettings } from '../display/chat-display.ts';
import type { ThinkingEffort } from '../providers/base.ts';
import type { ProviderEntry } from '../providers/registry.ts';
import type { ApprovalRule } from '../safety/approval.ts';

/** Everything that can be set, checked. See docs/configuration.md. */
export interface Config {
  /** A model reference or a short name; undefined takes the first that works. */
  defaultModel?: string;
  /** By name; `anthropic`, `gemini` and `ollama` are always there. */
  providers: Record<string, ProviderEntry>;
  display: DisplaySettings;
  /** What is allowed without asking. */
  approve: ApprovalRule[];
  thinking?: ThinkingEffort;
  limits: {
    /** Exchanges of a turn at the most. */
    steps: number;
  };
  /** Keys by the names of the variables that held them; never shown. */
  keys: Record<string, string>;
  /** What was read, first to last, for `parley doctor`. */
  sources: string[];
  /** What was left out of an untrusted file, one sentence each. */
  warnings: string[];
}
