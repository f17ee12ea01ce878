/** Windows grow in steps, tokens. Each doubles the memory of the KV cache; fewer steps are fewer reloads. */
const SMALLEST_STEP = 4096;

/** The smallest that holds so much. */
export function stepFor(tokens: number): number {
  let step = SMALLEST_STEP;
  while (step < tokens) step *= 2;
  return step;
}

/** All that are smaller than this, smallest first. */
export function stepsBelow(tokens: number): number[] {
  const steps: number[] = [];
  for (let step = SMALLEST_STEP; step < tokens; step *= 2) steps.push(step);
  return steps;
}
