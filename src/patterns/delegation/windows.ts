/** The windows in which pieces may be asked about: each is a rig of its own, and some keep more of the model on the GPU. */
import { userMessage } from '../../conversation/message.ts';
import { FINDING_TOKENS } from '../../local/lengths.ts';
import type { Outlook } from '../../local/machine.ts';
import type { Rig } from '../../local/rig.ts';
import { stepsBelow } from '../../providers/ollama/window-steps.ts';
import { providerOf } from '../room.ts';
import type { Work } from './work.ts';

export interface PieceWindow {
  contextSize: number;
  rig: Rig;
  /** In memory with this window; undefined where the server did not say. */
  loaded: boolean | undefined;
  /** Nobody knows how much of the model lies on the GPU with it. */
  guessed: boolean;
}

/**
 * The one that the model has now, those that it may grow to, and smaller ones with which more of it is known to lie on the
 * GPU: else a smaller one would only have the model loaded again. Smallest first.
 */
export async function windowsFor(
  { room, question }: Work,
  outlook: Outlook,
  signal: AbortSignal,
): Promise<PieceWindow[]> {
  const { machine } = room.local!;
  const { provider, model } = await providerOf(room, question.model);
  const shortest = { model, messages: [userMessage('.')], maxOutputTokens: FINDING_TOKENS };
  const prospectWith = (contextSize?: number) =>
    machine.prospectOf(provider, { ...shortest, contextSize }, signal);
  const now = (await prospectWith()) ?? outlook.prospect;
  const largest = Math.max(outlook.prospect.contextSize, now.contextSize);
  const windows: PieceWindow[] = [];
  for (const contextSize of stepsUpTo(largest, now.contextSize)) {
    const prospect = contextSize === now.contextSize ? now : await prospectWith(contextSize);
    if (!prospect) continue;
    const { loaded, gpuShare } = prospect;
    if (contextSize < now.contextSize && (gpuShare ?? 0) <= (now.gpuShare ?? 1)) continue;
    const rig = machine.rig({ ...prospect, model: outlook.model });
    windows.push({ contextSize, rig, loaded, guessed: gpuShare === undefined });
  }
  return windows;
}

function stepsUpTo(largest: number, now: number): number[] {
  return [...new Set([now, largest, ...stepsBelow(largest)])].toSorted((a, b) => a - b);
}
