/** Patterns on the command line: the answer on standard output, what happens on the way on standard error. */
import { resolve } from 'node:path';
import type { CodingAgent } from '../../agent.ts';
import type { ConsoleDisplay } from '../../display/console.ts';
import { type CliCommand, command } from '../command-line.ts';
import { createAgent } from '../create-agent.ts';
import { complain, EXIT } from '../exit.ts';
import { splitFiles } from '../mentioned-files.ts';
import { type CommonOptions, OUTPUT_FORMAT, type OutputFormat, readFormat } from '../options.ts';
import { type Run, reporting, wholeTask } from '../run.ts';
import { say } from '../say.ts';
import { type Came, FILES, type PatternVerb } from './verb.ts';

/** The command that a pattern is. */
export function commandFor(verb: PatternVerb): CliCommand {
  const known = Object.entries(verb.options).filter(([, { onlyInRepl }]) => !onlyInRepl);
  return command({
    options: { ...Object.fromEntries(known), ...FILES, ...OUTPUT_FORMAT },
    takes: 1,
    examples: verb.examples,
    run({ words: [written], values, common }) {
      const format = readFormat(values['output-format']);
      return reporting(format, async (run) => {
        const named =
          written === undefined ? undefined : await splitFiles(written, resolve(common.cwd ?? '.'));
        const usage = `parley ${verb.name} "${verb.argument}"`;
        const text = await wholeTask(named?.task, usage, run.signal);
        const files = [...(named?.files ?? []), ...filesIn(values.files)];
        return converse(common, format, run, (agent, signal) =>
          verb.run(agent, { text, files, values }, { signal }),
        );
      });
    },
  });
}

/** Commas between, or one for each. */
export function filesIn(written: readonly string[] = []): string[] {
  return written.flatMap((one) => one.split(',')).filter((file) => file !== '');
}

type Talk = (agent: CodingAgent, signal: AbortSignal) => Promise<Came>;

/** @returns the exit code: 0 where a script may go on. */
export function conversing(common: CommonOptions, format: OutputFormat, talk: Talk): Promise<number> {
  return reporting(format, (run) => converse(common, format, run, talk));
}

async function converse(
  common: CommonOptions,
  format: OutputFormat,
  { signal, display }: Run,
  talk: Talk,
): Promise<number> {
  const agent = await createAgent(common);
  const screen = format === 'text' ? await onStandardError(agent) : undefined;
  // The result is the one object of `json`, with what was told on the way.
  if (format === 'stream-json') agent.display = display;
  const conversation = async () => {
    if (common.model) await agent.useModel(common.model, { by: 'command line', signal });
    return talk(agent, signal);
  };
  const came = await conversation().finally(() => screen?.close());
  const notices = agent.history.of('notice').map(({ text }) => text);
  if (format === 'json') process.stdout.write(`${JSON.stringify({ ...came.result, notices })}\n`);
  if (format === 'text') tell(came);
  return came.good ? EXIT.success : EXIT.failed;
}

/** Every word that models say to each other, as in the REPL; standard output keeps what came of it. */
async function onStandardError(agent: CodingAgent): Promise<ConsoleDisplay> {
  const { ConsoleDisplay } = await import('../../display/console.ts');
  const screen = new ConsoleDisplay({ stream: process.stderr, ...agent.config?.display });
  agent.display = screen;
  return screen;
}

/** Who watched it on a terminal has read the answer already. */
function tell({ answer, outcome, good, watched, result }: Came): void {
  const wasRead = watched && process.stdout.isTTY && process.stderr.isTTY;
  if (answer && !wasRead) say(process.stdout, answer.trimEnd());
  const { why } = result as { why?: string };
  if (!good) complain(why ? `${outcome}: ${why}` : outcome);
}
