/** What a speaker thinks of the last proposal. */
export type Position = 'agree' | 'object' | 'abstain';

const STATED =
  /^[^\w\n>]*(?:my )?position\W+(?:(?:i|we|strongly|partly|still|mostly) )*(agree|disagree|object|oppose|abstain)/gim;
const MEANT: Readonly<Record<string, Position>> = { disagree: 'object', oppose: 'object' };

/** The last position that is stated, for a speaker may quote another's; undefined where there is none. */
export function positionIn(text: string): Position | undefined {
  const stated = [...text.matchAll(STATED)].at(-1)?.[1]?.toLowerCase();
  return stated === undefined ? undefined : (MEANT[stated] ?? (stated as Position));
}
