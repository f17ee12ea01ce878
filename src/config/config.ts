import type { DisplaySettings } from '../display/chat-display.ts';
import type { PatternSettings } from '../patterns/settings.ts';
import type { ThinkingEffort } from '../providers/base.ts';
import type { ProviderEntry } from '../providers/registry.ts';
import type { ApprovalRule } from '../safety/approval.ts';

/** Everything that can be set, checked, and frozen once it is loaded. See docs/configuration.md. */
export interface Config {
  /** A model reference or a short name; undefined takes the first that works. */
  readonly defaultModel?: string;
  /** By name; `anthropic`, `gemini` and `ollama` are always there. */
  readonly providers: Readonly<Record<string, ProviderEntry>>;
  readonly display: Readonly<DisplaySettings>;
  /** What is allowed without asking. */
  readonly approve: readonly ApprovalRule[];
  readonly thinking?: ThinkingEffort;
  readonly patterns: PatternSettings;
  /** The human's own file of settings, whether it is there or not. */
  readonly own: { readonly path: string; readonly shown: string };
  /** Folders whose patterns in TypeScript may be run, as absolute paths. */
  readonly trustedProjects: readonly string[];
  readonly limits: {
    /** Exchanges of a turn at the most. */
    readonly steps: number;
  };
  /** Every key that was found, by the name of its variable, so that it can be kept out of all that is shown. */
  readonly keys: Readonly<Record<string, string>>;
  /** What was read, first to last, for `parley doctor`. */
  readonly sources: readonly string[];
  /** What was left out of an untrusted file, one sentence each. */
  readonly warnings: readonly string[];
}
