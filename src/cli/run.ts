import { fstatSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { EVENT_SCHEMA_VERSION } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ChatDisplay } from '../display/chat-display.ts';
import { createAgent } from './create-agent.ts';
import { EXIT, exitCodeOf, stopOnSignals } from './exit.ts';
import type { CommonOptions, OutputFormat } from './options.ts';
import { say } from './say.ts';

export interface RunOptions extends CommonOptions {
  /** Left out, the task is what comes on standard input. */
  task?: string;
  outputFormat: OutputFormat;
}

/** Does one task without a screen. Standard output carries the answer and nothing else. */
export async function runTask(options: RunOptions): Promise<number> {
  const { signal, exitCode } = stopOnSignals();
  try {
    const task = await wholeTask(options.task, 'parley -p "…"');
    const agent = await createAgent(options, {
      display: await displayFor(options.outputFormat),
      prices: options.outputFormat !== 'text',
    });
    if (options.model) await agent.useModel(options.model, 'command line');
    const turn = await agent.chat(task, { signal });
    if (options.outputFormat === 'text') {
      if (turn.text) say(process.stdout, turn.text);
      if (turn.failure) say(process.stderr, `parley: ${turn.failure.message}`);
    }
    return exitCode() ?? (turn.outcome === 'answered' ? EXIT.success : EXIT.failed);
  } catch (error) {
    const failure = Failure.from(error);
    if (options.outputFormat === 'text') throw failure;
    process.stdout.write(failedRun(failure));
    return exitCode() ?? exitCodeOf(failure);
  }
}

/** The line of JSON for what failed before anything began. */
export function failedRun(failure: Failure): string {
  const report = {
    type: 'run.failed',
    schema: EVENT_SCHEMA_VERSION,
    outcome: 'failed',
    failure: failure.report(),
  };
  return `${JSON.stringify(report)}\n`;
}

/**
 * Of a task and a text on standard input, the task comes first.
 * @param usage how it would be written. @throws {Failure} `usage` where there is neither.
 */
export async function wholeTask(task: string | undefined, usage: string): Promise<string> {
  const piped = task === undefined || isPiped() ? await readAll(process.stdin) : '';
  const whole = [task ?? '', piped.trimEnd()].filter((part) => part.trim() !== '').join('\n\n');
  if (whole === '')
    throw new Failure('usage', `No task. Say what to do: ${usage}, or write it to standard input.`);
  return whole;
}

/** Only a pipe or a file has a text that ends; anything else might be waited for in vain. */
function isPiped(): boolean {
  try {
    const stdin = fstatSync(0);
    return stdin.isFIFO() || stdin.isFile();
  } catch {
    return false;
  }
}

/** What says on the way what is done: lines on standard error, or the events themselves. */
export async function displayFor(format: OutputFormat): Promise<ChatDisplay | undefined> {
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  if (format === 'text') {
    const { ProgressDisplay } = await import('../display/progress.ts');
    return new ProgressDisplay((line) => say(process.stderr, line));
  }
  const { JsonDisplay, StreamJsonDisplay } = await import('../display/structured.ts');
  return format === 'json' ? new JsonDisplay(write) : new StreamJsonDisplay(write);
}
