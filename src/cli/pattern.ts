import { styleText } from 'node:util';
import { Failure } from '../conversation/failure.ts';
import type { CustomResult } from '../patterns/custom/order.ts';
import type { PatternEntry } from '../patterns/custom/shelf.ts';
import { createAgent } from './create-agent.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import type { CommonOptions, OutputFormat } from './options.ts';
import { displayFor } from './run.ts';

export interface PatternRun extends CommonOptions {
  /** Name and task, as they stand on the command line. */
  words: readonly string[];
  /** `critic=gemini`, one for each. */
  roles?: readonly string[];
  /** Commas between, or one for each. */
  files?: readonly string[];
  json?: boolean;
  outputFormat: OutputFormat;
}

/** `parley pattern`: the list; with a name, runs that pattern. Standard output carries the answer and nothing else. */
export async function runPattern(options: PatternRun): Promise<number> {
  const [name, task, tooMuch] = options.words;
  if (tooMuch !== undefined)
    throw new Failure('usage', `The task is one argument: put it in quotes. "${tooMuch}" is too much.`);
  if (name === undefined) return printPatterns(options);
  const roles = readRoles(options.roles);
  const files = (options.files ?? []).flatMap((written) => written.split(',')).filter((file) => file !== '');
  const format = options.json ? 'json' : options.outputFormat;
  const { signal, exitCode } = stopOnSignals();
  const display = format === 'json' ? undefined : await displayFor(format);
  const agent = await createAgent(options, { display, prices: format !== 'text' });
  if (options.model) await agent.useModel(options.model, 'command line');
  const result = await agent.pattern(name, { task, files, roles }, { signal });
  if (format === 'json') process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (format === 'text') tell(result);
  return exitCode() ?? (isGood(result) ? EXIT.success : EXIT.failed);
}

/** A pattern that came to its end answers by what was said last; of another, all that was said is worth reading. */
function tell({ outcome, answer, text }: CustomResult): void {
  const whole = outcome === 'stopped' || outcome === 'failed' || outcome === 'limit';
  const said = whole ? text : answer;
  if (said) process.stdout.write(`${said.trimEnd()}\n`);
  if (outcome !== 'done') process.stderr.write(`parley: ${outcome}\n`);
}

/** Scripts go on where it came to its end, and nobody who decides was against it. */
function isGood({ outcome, agreed }: CustomResult): boolean {
  return agreed !== false && (outcome === 'done' || outcome === 'agreed' || outcome === 'dissent');
}

/** @throws {Failure} `usage` */
export function readRoles(written: readonly string[] = []): Record<string, string[]> {
  const roles: Record<string, string[]> = {};
  for (const one of written) {
    const [, role, models] = /^([\w-]+)=(.+)$/.exec(one) ?? [];
    if (!role || !models) throw new Failure('usage', `--role takes role=model, not "${one}".`);
    roles[role] = models.split(',').map((model) => model.trim());
  }
  return roles;
}

async function printPatterns(options: PatternRun): Promise<number> {
  const agent = await createAgent(options);
  const entries = await agent.patterns();
  const text = options.json ? JSON.stringify(entries, null, 2) : patternLines(entries).join('\n');
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
