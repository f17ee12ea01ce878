import { wrapped } from '../display/wrap.ts';
import type { OptionSpec, OptionSpecs } from './options.ts';

/** The options of a command, each with what it means. */
export function optionRows(options: OptionSpecs): [string, string][] {
  return Object.entries(options).map(([name, option]) => [optionTitle(name, option), option.about]);
}

/** What something is called, and what it means, side by side. @param width characters at the most. */
export function columns(rows: readonly (readonly [string, string])[], width: number): string[] {
  const left = Math.max(...rows.map(([call]) => call.length));
  return rows.flatMap(([call, meaning]) =>
    wrapped(meaning, width - left - 4).map(
      (line, row) => `  ${(row === 0 ? call : '').padEnd(left)}  ${line}`,
    ),
  );
}

function optionTitle(name: string, { short, value, multiple }: OptionSpec): string {
  const title = `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
  return multiple ? `${title} …` : title;
}
