import { Failure } from '../../conversation/failure.ts';
import { nearestNames } from '../../conversation/nearest.ts';
import type { OptionSpecs, Values } from '../options.ts';

const OPTION = /^--?([A-Za-z][\w-]*)(?:=|\s+|$)/;
const VALUE = /^(?:"([^"]*)"|'([^']*)'|(\S+))\s*/;

/**
 * Options that stand before a text, as a shell would read them: `-m sonnet --option "in memory" Where to?`
 * The text begins with the first word that is none; `--` says so where it looks like one.
 * @throws {Failure} `usage` where there is no such option, or its value is missing.
 */
export function leadingOptions<O extends OptionSpecs>(
  written: string,
  options: O,
): { values: Values<O>; rest: string } {
  const values: Record<string, unknown> = {};
  let rest = written.trimStart();
  while (rest.startsWith('-')) {
    if (/^--(\s|$)/.test(rest)) return { values: values as Values<O>, rest: rest.slice(2).trimStart() };
    const [whole, word] = OPTION.exec(rest) ?? [];
    if (!whole || !word) break;
    const name = nameOf(word, options);
    const { type, multiple, value } = options[name]!;
    rest = rest.slice(whole.length);
    if (type === 'boolean') {
      values[name] = true;
      continue;
    }
    const [all, double, single, bare] = VALUE.exec(rest) ?? [];
    if (all === undefined) throw new Failure('usage', `--${name} wants ${value ?? 'a value'} behind it.`);
    rest = rest.slice(all.length);
    const read = double ?? single ?? bare!;
    values[name] = multiple ? [...((values[name] as string[] | undefined) ?? []), read] : read;
  }
  return { values: values as Values<O>, rest };
}

function nameOf(word: string, options: OptionSpecs): string {
  const found = Object.entries(options).find(([name, { short }]) => name === word || short === word);
  if (found) return found[0];
  const near = nearestNames(word, Object.keys(options)).map((name) => `--${name}`);
  const offer =
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : `There are: ${Object.keys(options)
          .map((name) => `--${name}`)
          .join(', ')}.`;
  throw new Failure(
    'usage',
    `There is no option --${word} here. ${offer} A text that begins with - stands behind --.`,
  );
}
