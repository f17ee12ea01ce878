/** What the human laid down about who does which work. */
import { matchesGlob } from 'node:path';
import type { ImagePart } from '../../conversation/message.ts';
import type { WorkKind } from '../../conversation/work.ts';

export interface RoutingRule {
  /** All that is named has to fit. */
  when: {
    kind?: WorkKind;
    /** Globs, of which one has to fit one of the files: `src/**`, `*.sql`. */
    files?: readonly string[];
    /** Words, of which one has to be in the task. */
    words?: readonly string[];
    /** Of task and files, tokens. */
    largerThan?: number;
    smallerThan?: number;
  };
  /** A model, a short name, or a panel's first. */
  use?: string;
  /** Never leaves this machine: only local models may be chosen. */
  private?: boolean;
  why?: string;
}

/** A piece of work as the rules see it. */
export interface Described {
  task: string;
  kind: WorkKind;
  files: readonly string[];
  /** Only models with vision can look at them. */
  images: readonly ImagePart[];
  tokens: number;
}

export function fits({ when }: RoutingRule, { task, kind, files, tokens }: Described): boolean {
  if (when.kind && when.kind !== kind) return false;
  if (when.largerThan !== undefined && tokens <= when.largerThan) return false;
  if (when.smallerThan !== undefined && tokens >= when.smallerThan) return false;
  if (when.words && !when.words.some((word) => task.toLowerCase().includes(word.toLowerCase()))) return false;
  if (when.files && !files.some((file) => when.files!.some((glob) => matches(file, glob)))) return false;
  return true;
}

/** A glob without a slash is about the name alone. */
function matches(file: string, glob: string): boolean {
  const path = glob.includes('/') ? file : file.slice(file.lastIndexOf('/') + 1);
  return matchesGlob(path, glob);
}

export function tellRule({ when, why }: RoutingRule): string {
  if (why) return why;
  const parts = Object.entries(when).map(
    ([key, value]) => `${key} ${Array.isArray(value) ? value.join(', ') : value}`,
  );
  return `your rule for ${parts.join(' and ') || 'everything'}`;
}
