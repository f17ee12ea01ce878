/** Patterns on the command line: the answer on standard output, what happens on the way on standard error. */
import type { CodingAgent } from '../../agent.ts';
import { Failure } from '../../conversation/failure.ts';
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
  try {
    // The result is the one object of `json`.
    const display = format === 'json' ? undefined : await displayFor(format);
    const agent = await createAgent(common, { display });
    if (common.model) await agent.useModel(common.model, 'command line');
    const came = await talk(agent, signal);
    if (format === 'json') process.stdout.write(`${JSON.stringify(came.result)}\n`);
    if (format === 'text') tell(came);
    return exitCode() ?? (came.good ? EXIT.success : EXIT.failed);
  } catch (error) {
    const failure = Failure.from(error);
    if (format === 'text') throw failure;
    process.stdout.write(failedRun(failure));
    return exitCode() ?? exitCodeOf(failure);
  }
}

function tell({ answer, outcome, good }: Came): void {
  if (answer) say(process.stdout, answer.trimEnd());
  if (!good) say(process.stderr, `parley: ${outcome}`);
}
