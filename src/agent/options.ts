import type { Config } from '../config/config.ts';
import type { Clock } from '../conversation/clock.ts';
import type { RetryPolicy } from '../conversation/retry.ts';
import type { ChatDisplay } from '../display/chat-display.ts';
import type { Environment } from '../environment.ts';
import type { ApprovalRule, AskHuman } from '../safety/approval.ts';

export interface CodingAgentOptions {
  /** The folder to work in; the current one when left out. */
  workspace?: string;
  /** Left out, it is loaded from the files and the environment when first needed. */
  config?: Config;
  display?: ChatDisplay;
  /** Allowed without asking, beside what the configuration allows. */
  approve?: readonly ApprovalRule[];
  /** Puts questions to the human; without it, what would need a yes is refused. */
  askHuman?: AskHuman;
  /** Keys and settings are read from here; `process.env` when left out. */
  env?: Environment;
  /** Exchanges of a turn at the most; overrides the configuration. */
  stepLimit?: number;
  /**
   * What the leader has of the other models: all; nothing, so that it works by itself; or `unadvised`, without the
   * figures by which it learns what local work costs, for experiments. All when left out.
   */
  company?: 'all' | 'unadvised' | 'none';
  /** False leaves costs unknown and saves reading the price lists. */
  prices?: boolean;
  clock?: Clock;
  retry?: Partial<RetryPolicy>;
}
