import type { Profile } from '../conversation/reply.ts';

/** What several exchanges cost together; what one of them does not tell is not known of the whole. */
export function sumOf(profiles: readonly [Profile, ...Profile[]]): Profile {
  const last = profiles.at(-1)!;
  const sum = (part: (one: Profile) => number | undefined) => {
    let total = 0;
    for (const one of profiles) {
      const value = part(one);
      if (value === undefined) return undefined;
      total += value;
    }
    return total;
  };
  return {
    ...last,
    complete: profiles.every(({ complete }) => complete),
    promptCharacters: sum((one) => one.promptCharacters)!,
    promptTokens: sum((one) => one.promptTokens),
    cachedTokens: sum((one) => one.cachedTokens),
    writtenTokens: sum((one) => one.writtenTokens),
    loadSeconds: sum((one) => one.loadSeconds),
    readSeconds: sum((one) => one.readSeconds),
    writeSeconds: sum((one) => one.writeSeconds),
    totalSeconds: sum((one) => one.totalSeconds),
    overheadSeconds: sum((one) => one.overheadSeconds),
    wallSeconds: sum((one) => one.wallSeconds)!,
    firstTokenSeconds: profiles[0].firstTokenSeconds,
  };
}
