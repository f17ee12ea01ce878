import { faultOf } from '../../config/check.ts';
import { parseYaml } from '../../config/yaml-source.ts';
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
 * @param file its name, by which the pattern is called, and how it is shown to the human.
 * @throws {Failure} `bad-config` that names file, line and column of the first fault, and the nearest right name.
 */
export async function readPattern(
  text: string,
  file: { name: string; shown: string; from: PatternSource },
): Promise<CustomPattern> {
  const source = await parseYaml(text, file.shown);
  try {
    return checked(source.plain ?? {}, file);
  } catch (error) {
    throw error instanceof PatternFault ? source.failureAt(error.fault) : error;
  }
}

function checked(plain: unknown, { name, from }: { name: string; from: PatternSource }): CustomPattern {
  const parsed = patternSchema.safeParse(plain);
  if (!parsed.success) {
    const { path, message, inKey } = faultOf(parsed.error, plain, patternSchema);
    throw new PatternFault(path, message, { inKey });
  }
  const written = parsed.data;
  if (written.name !== undefined && written.name !== name)
    throw new PatternFault(['name'], `this file is called ${name}; give the pattern the name of its file.`);
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
