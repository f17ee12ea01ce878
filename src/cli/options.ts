import type { ApprovalRule } from '../safety/approval.ts';

/** What stands on the command line, for the REPL and a run without a screen alike. */
export interface CommonOptions {
  model?: string;
  cwd?: string;
  config?: string;
  approve?: ApprovalRule[];
  maxSteps?: number;
}

export type OutputFormat = 'text' | 'json' | 'stream-json';
