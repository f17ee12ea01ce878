import { styleText } from 'node:util';
import type { CustomResult } from '../patterns/custom/order.ts';
import type { PatternEntry } from '../patterns/custom/shelf.ts';
import { command } from './command-line.ts';
import { createAgent } from './create-agent.ts';
import { EXIT } from './exit.ts';
import { type CommonOptions, OUTPUT_FORMAT, readFormat } from './options.ts';
import { conversing, filesIn } from './patterns/run.ts';
import { type Came, endedWell, FILES, LIMITS, ROUNDS, readLimits, readPairs } from './patterns/verb.ts';

/** `parley pattern`: the list; with a name, runs that pattern. */
export const patternCommand = command({
  options: {
    role: {
      type: 'string',
      multiple: true,
      value: 'ROLE=MODEL',
      about: 'who plays a role (commas for several)',
    },
    ...FILES,
    ...ROUNDS,
    ...LIMITS,
    json: { type: 'boolean', about: 'without a name: the list for scripts' },
    ...OUTPUT_FORMAT,
  },
  takes: 2,
  examples: [
    'parley pattern',
    'parley pattern plan-build-review "Add a --quiet option." --role reviewer=gemini --approve all',
    'parley pattern second-opinion',
  ],
  async run({ words: [name, task], values, common }) {
    if (name === undefined) return printPatterns(common, values.json);
    const order = {
      task,
      files: filesIn(values.files),
      roles: readRoles(values.role),
      limits: readLimits(values),
    };
    const format = values.json ? 'json' : readFormat(values['output-format']);
    return conversing(common, format, async (agent, signal) =>
      cameOf(await agent.pattern(name, order, { signal })),
    );
  },
});

/** A pattern that came to its end answers by what was said last; of another, all that was said is worth reading. */
function cameOf(result: CustomResult): Came {
  const { id, outcome, seconds, agreed } = result;
  const good = endedWell(outcome) && agreed !== false;
  return { id, outcome, good, answer: endedWell(outcome) ? result.answer : result.text, seconds, result };
}

/** `critic=gemini,sonnet`. @throws {Failure} `usage` */
export function readRoles(written: readonly string[] = []): Record<string, string[]> {
  const pairs = readPairs('--role', written);
  return Object.fromEntries(
    pairs.map(({ name, value }) => [name, value.split(',').map((model) => model.trim())]),
  );
}

async function printPatterns(common: CommonOptions, json = false): Promise<number> {
  const agent = await createAgent(common);
  const entries = await agent.patterns();
  const text = json ? JSON.stringify(entries, null, 2) : patternLines(entries).join('\n');
  process.stdout.write(`${text}\n`);
  return EXIT.success;
}

const SOURCES = { own: 'yours', project: 'of this project', shipped: 'comes with Parley' } as const;

/** The patterns as lines for a human: what each is about, who plays in it and where it comes from. */
export function patternLines(entries: readonly PatternEntry[]): string[] {
  const width = Math.max(0, ...entries.map(({ name }) => name.length));
  return entries.flatMap(({ name, about, roles, from, shown, fault }) => {
    const source = from === 'shipped' ? SOURCES.shipped : `${SOURCES[from]}: ${shown}`;
    const cast = roles ? `roles ${roles.join(', ')}; ` : '';
    const indent = ' '.repeat(width + 2);
    return [
      `${name.padEnd(width)}  ${fault ?? about ?? 'written in TypeScript'}`,
      `${indent}${styleText('dim', `${cast}${source}`)}`,
    ];
  });
}
