import type { Failure } from '../../src/conversation/failure.ts';
import { readPattern } from '../../src/patterns/custom/load.ts';
import { type Lines, type PatternSceneOptions, patternScene } from './pattern-scene.ts';

/** Four models, and a pattern of the project called `mine`. */
export function customScene(yaml: string, lines: Lines, options: PatternSceneOptions = {}) {
  return patternScene(lines, { ...options, files: { '.parley/patterns/mine.yaml': yaml, ...options.files } });
}

/** Why a pattern cannot be run. */
export async function faultInPattern(yaml: string): Promise<string> {
  return readPattern(yaml, { name: 'mine', shown: 'mine.yaml', from: 'project' }).then(
    () => 'no fault',
    (failure: Failure) => `${failure.kind}: ${failure.message}`,
  );
}
