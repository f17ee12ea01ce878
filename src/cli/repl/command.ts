import type { Theme } from '../../display/theme.ts';
import type { OptionSpecs } from '../options.ts';
import type { ReplAgent } from './agent.ts';
import type { ChoiceItem } from './choice.ts';

/** What a command has to work with. */
export interface CommandContext {
  agent: ReplAgent;
  theme: Theme;
  commands: readonly Command[];
  /** Prints lines into the transcript. */
  print(lines: string[]): void;
  /** Of the terminal, now. */
  columns(): number;
  /** Says one sentence. */
  tell(level: 'info' | 'warning' | 'error', sentence: string): void;
  /** Shows a line that still changes, with what is under way; undefined takes it away. */
  showProgress(line: (() => string) | undefined): void;
  /** Lets the human choose; undefined where they would rather not. */
  choose(title: string, items: readonly ChoiceItem[]): Promise<string | undefined>;
  leave(): void;
  /** Aborts when the human stops the work under way. */
  signal: AbortSignal;
}

/** Something that the human may do by writing `/name` at the beginning of a line. */
export interface Command {
  name: string;
  /** What may follow the name, for the help: `[name]`. */
  argument?: string;
  summary: string;
  /** For its own help: the options that may stand before the text, and how it would be written. */
  options?: OptionSpecs;
  example?: string;
  /** Runs at once while a model works; the others wait until it is done. */
  anytime?: boolean;
  /** What the argument may be. */
  complete?(context: CommandContext): Promise<ChoiceItem[]>;
  /** What the word that is being written may be, by what stands before it. */
  completeWord?(context: CommandContext, before: string, word: string): Promise<ChoiceItem[]>;
  /** Errors thrown are told to the human. */
  run(argument: string, context: CommandContext): void | Promise<void>;
}
