/** What an indentation that a model wrote is in the file; undefined where the rule does not say. */
type Rule = (written: string) => string | undefined;

const UNITS = ['\t', '  ', '   ', '    ', '        '];

/**
 * The lines that a model adds, indented as the file is. The lines that it copied show how its indentation
 * differs from the file's; one rule has to explain all of them and fit all the new ones. Undefined where none does:
 * a guess would put some lines askew, and in Python change what they mean.
 * @param pairs of the copied lines, as written and as found.
 */
export function reindented(
  lines: readonly string[],
  pairs: readonly [string, string][],
): string[] | undefined {
  const known = pairs
    .filter(([written]) => written.trim() !== '')
    .map(([written, found]) => [indentOf(written), indentOf(found)] as const);
  const fresh = lines.filter((line) => line.trim() !== '').map(indentOf);
  const rule = rulesFor(known).find(
    (rule) =>
      known.every(([written, found]) => rule(written) === found) &&
      fresh.every((indent) => rule(indent) !== undefined),
  );
  if (!rule) return fresh.length === 0 ? [...lines] : undefined;
  return lines.map((line) =>
    line.trim() === '' ? line : rule(indentOf(line)) + line.slice(indentOf(line).length),
  );
}

/** The simplest first. */
function rulesFor(known: readonly (readonly [string, string])[]): Rule[] {
  const [outermost] = known.toSorted(([a], [b]) => a.length - b.length);
  if (!outermost) return [];
  const [written, found] = outermost;
  const rules: Rule[] = [(indent) => indent];
  if (found.endsWith(written)) rules.push((indent) => found.slice(0, found.length - written.length) + indent);
  if (written.endsWith(found)) {
    const surplus = written.slice(0, written.length - found.length);
    rules.push((indent) => (indent.startsWith(surplus) ? indent.slice(surplus.length) : undefined));
  }
  for (const from of UNITS) for (const to of UNITS) if (from !== to) rules.push(unitRule(from, to));
  for (const from of UNITS)
    for (const to of UNITS) if (from !== to) rules.push(below(outermost, unitRule(from, to)));
  return rules;
}

/** Each step of the one as a step of the other: tabs for four blanks. */
function unitRule(from: string, to: string): Rule {
  return (indent) => {
    const steps = indent.length / from.length;
    return Number.isInteger(steps) && indent === from.repeat(steps) ? to.repeat(steps) : undefined;
  };
}

/** The outermost line as it is found, and what is deeper by another rule: two blanks for four, below a method. */
function below([written, found]: readonly [string, string], rule: Rule): Rule {
  return (indent) => {
    if (!indent.startsWith(written)) return undefined;
    const deeper = rule(indent.slice(written.length));
    return deeper === undefined ? undefined : found + deeper;
  };
}

function indentOf(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}
