/** `1 line`, `22 lines`, for models; `display/figures.ts` has it for humans. */
export function plural(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}
