/** What the human is told beside a reply. */
import type { ModelReference } from '../../conversation/message.ts';
import type { Prompt } from './request.ts';
import type { RunningModel } from './wire.ts';

/** That the model does not get all that was said to it last; undefined where it does. */
export function blindWarning({ reference, prompt }: Asked): string | undefined {
  const { unseen } = prompt;
  if (unseen === 0) return undefined;
  return `${reference} cannot see: ${unseen === 1 ? 'the image was' : `${unseen} images were`} left out.`;
}

interface Asked {
  reference: ModelReference;
  prompt: Prompt;
}

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
  if (running.context_length === undefined || running.context_length === contextSize) return undefined;
  return `loading ${model} again, with a window of ${contextSize?.toLocaleString('en')} tokens …`;
}
