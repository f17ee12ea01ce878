/** A path as it can stand in a line: one with line breaks or other control characters as a JSON string. */
export function nameShown(path: string): string {
  return /[\u0000-\u001f\u007f]/.test(path) ? JSON.stringify(path) : path;
}
