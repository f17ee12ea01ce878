/** Patterns on the command line: the answer on standard output, what happens on the way on standard error. */
import type { CodingAgent } from '../../agent.ts';
import { Failure } from '../../conversation/failure.ts';
import type { ConsoleDisplay } from '../../display/console.ts';
import { type CliCommand, command } from '../command-line.ts';
import { createAgent } from '../create-agent.ts';
import { EXIT, exitCodeOf, stopOnSignals } from '../exit.ts';
import { type CommonOptions, OUTPUT_FORMAT, type OutputFormat, readFormat } from '../options.ts';
import { displayFor, failedRun, wholeTask } from '../run.ts';
import { say } from '../say.ts';
import { type Came, FILES, type PatternVerb } from './verb.ts';

/** The command that a pattern is. */
export function commandFor(verb: PatternVerb): CliCommand {
  return command({
    options: { ...verb.options, ...FILES, ...OUTPUT_FORMAT },
    takes: 1,
    examples: verb.examples,
    async run({ words: [written], values, common }) {
      const text = await wholeTask(written, `parley ${verb.name} "${verb.argument}"`);
      const files = filesIn(values.files);
      return conversing(common, readFormat(values['output-format']), (agent, signal) =>
        verb.run(agent, { text, files, values }, { signal }),
      );
    },
  });
}

/** Commas between, or one for each. */
export function filesIn(written: readonly string[] = []): string[] {
  return written.flatMap((one) => one.split(',')).filter((file) => file !== '');
}

/** @returns the exit code: 0 where a script may go on. */
export async function conversing(
  common: CommonOptions,
  format: OutputFormat,
  talk: (agent: CodingAgent, signal: AbortSignal) => Promise<Came>,
): Promise<number> {
  const { signal, exitCode } = stopOnSignals();
  let screen: ConsoleDisplay | undefined;
  try {
    const agent = await createAgent(common);
    if (format === 'text') screen = await onStandardError(agent);
    // The result is the one object of `json`.
    if (format === 'stream-json') agent.display = await displayFor(format);
    if (common.model) await agent.useModel(common.model, 'command line');
    const came = await talk(agent, signal);
    await screen?.close();
    if (format === 'json') process.stdout.write(`${JSON.stringify(came.result)}\n`);
    if (format === 'text') tell(came);
    return exitCode() ?? (came.good ? EXIT.success : EXIT.failed);
  } catch (error) {
    await screen?.close();
    const failure = Failure.from(error);
    if (format === 'text') throw failure;
    process.stdout.write(failedRun(failure));
    return exitCode() ?? exitCodeOf(failure);
  }
}

/** Every word that models say to each other, as in the REPL; standard output keeps what came of it. */
async function onStandardError(agent: CodingAgent): Promise<ConsoleDisplay> {
  const { ConsoleDisplay } = await import('../../display/console.ts');
  const screen = new ConsoleDisplay({ stream: process.stderr, ...agent.config?.display });
  agent.display = screen;
  return screen;
}

/** Who watched it on a terminal has read the answer already. */
function tell({ answer, outcome, good, watched }: Came): void {
  const wasRead = watched && process.stdout.isTTY && process.stderr.isTTY;
  if (answer && !wasRead) say(process.stdout, answer.trimEnd());
  if (!good) say(process.stderr, `parley: ${outcome}`);
}
