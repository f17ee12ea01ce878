/** What an indentation that a model wrote is in the file; undefined where the rule does not say. */
type Rule = (written: string) => string | undefined;

const UNITS = ['\t', '  ', '   ', '    ', '        '];

/**
 * The lines that a model adds, indented as the file is. The lines that it copied show how its indentation
 * differs from the file's; one rule has to explain all of them and fit all the new ones. Else the lines stay
 * as they were written: a guess would put some of them askew, and in Python change what they mean.
 * @param pairs of the copied lines, as written and as found.
 */
export function reindented(lines: readonly string[], pairs: readonly [string, string][]): string[] {
  const known = pairs
    .filter(([written]) => written.trim() !== '')
    .map(([written, found]) => [indentOf(written), indentOf(found)] as const);
  const rule = rulesFor(known[0]).find((rule) => known.every(([written, found]) => rule(written) === found));
  if (!rule) return [...lines];
  const indents = lines.map((line) => (line.trim() === '' ? indentOf(line) : rule(indentOf(line))));
  if (indents.includes(undefined)) return [...lines];
  return lines.map((line, place) => indents[place] + line.slice(indentOf(line).length));
}

/** The simplest first. */
function rulesFor(example: readonly [string, string] | undefined): Rule[] {
  if (!example) return [];
  const [written, found] = example;
  const rules: Rule[] = [(indent) => indent];
  if (found.endsWith(written)) rules.push((indent) => found.slice(0, found.length - written.length) + indent);
  if (written.endsWith(found)) {
    const surplus = written.slice(0, written.length - found.length);
    rules.push((indent) => (indent.startsWith(surplus) ? indent.slice(surplus.length) : undefined));
  }
  for (const from of UNITS) for (const to of UNITS) if (from !== to) rules.push(unitRule(from, to));
  return rules;
}

/** Each step of the one as a step of the other: tabs for four blanks. */
function unitRule(from: string, to: string): Rule {
  return (indent) => {
    const steps = indent.length / from.length;
    return Number.isInteger(steps) && indent === from.repeat(steps) ? to.repeat(steps) : undefined;
  };
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}
