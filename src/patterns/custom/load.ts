import type { KeyPath } from '../../yaml/fault.ts';
import { faultOf } from '../../yaml/schema-fault.ts';
import { parseYaml } from '../../yaml/source.ts';
import { checkSteps, speakersIn } from './check.ts';
import { readCondition } from './names.ts';
import {
  type CustomPattern,
  NAME,
  type PatternSource,
  patternSchema,
  type WrittenPattern,
} from './schema.ts';
import { PatternFault } from './scope.ts';
import { slotsIn } from './template.ts';

/**
 * Reads a pattern from YAML and checks all of it, so that nothing is asked for a pattern that could not end.
 * @param file its name, by which the pattern is called, and how it is shown to the human; `at` where it stands in a
 *   file that holds more than it.
 * @throws {Failure} `bad-config` that names file, line and column of the first fault, and the nearest right name.
 */
export async function readPattern(
  text: string,
  file: { name: string; shown: string; from: PatternSource; at?: KeyPath },
): Promise<CustomPattern> {
  const { at = [] } = file;
  const source = await parseYaml(text, file.shown);
  try {
    return checked(valueAt(source.plain, at) ?? {}, file);
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    throw source.failureAt({ ...error.fault, path: [...at, ...error.fault.path] });
  }
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function checked(plain: unknown, { name, from }: { name: string; from: PatternSource }): CustomPattern {
  const parsed = patternSchema.safeParse(plain);
  if (!parsed.success) {
    const { path, message, inKey } = faultOf(parsed.error, plain, patternSchema);
    throw new PatternFault(path, message, { inKey });
  }
  const written = parsed.data;
  if (written.name !== undefined && written.name !== name)
    throw new PatternFault(['name'], `this pattern is called ${name}; leave "name" out, or write that.`);
  const roles = rolesOf(written);
  const { steps, scope } = checkSteps(written.steps, [...roles.keys()]);
  const speakers = steps.flatMap(speakersIn).map(([, step]) => step);
  const slots = speakers.flatMap(({ prompt }) => slotsIn(prompt));
  return {
    name,
    from,
    about: written.about,
    roles,
    limits: written.limits ?? {},
    steps,
    agreed: written.agreed === undefined ? undefined : readCondition(written.agreed, ['agreed'], scope),
    needsTask: slots.some((slot) => slot.name === 'task' && !slot.optional),
    readsFiles: slots.some((slot) => slot.name === 'files'),
  };
}

function rolesOf({ roles }: WrittenPattern): Map<string, string[]> {
  const wrong = Object.keys(roles).find((role) => !NAME.test(role));
  if (wrong !== undefined)
    throw new PatternFault(
      ['roles', wrong],
      `"${wrong}" is no name: it begins with a letter and holds letters, digits, "_" and "-".`,
      { inKey: true },
    );
  const entries = Object.entries(roles);
  if (entries.length === 0) throw new PatternFault(['roles'], 'there is no role.');
  return new Map(entries.map(([role, models]) => [role, models === null ? [] : [models].flat()]));
}
