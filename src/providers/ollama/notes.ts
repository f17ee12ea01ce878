/** What the human is told before the first word of a reply. */
import { isLoadedWith } from './profile.ts';
import type { RunningModel } from './wire.ts';

interface Loading {
  model: string;
  /** Null where it is not in memory, undefined where the server does not say. */
  running?: RunningModel | null;
  contextSize?: number;
  cloud: boolean;
}

/** What is waited for; undefined where the model is ready, or nothing is known. */
export function loadingNote({ model, running, contextSize, cloud }: Loading): string | undefined {
  if (cloud || running === undefined) return undefined;
  if (running === null) return `loading ${model} …`;
  if (isLoadedWith(running, contextSize)) return undefined;
  return `loading ${model} again, with a window of ${contextSize?.toLocaleString('en')} tokens …`;
}
