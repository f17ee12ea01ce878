import { fstatSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import type { CodingAgent } from '../agent.ts';
import { EVENT_SCHEMA_VERSION, type ParleyEvent } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ImagePart } from '../conversation/message.ts';
import type { ChatDisplay } from '../display/chat-display.ts';
import { createAgent } from './create-agent.ts';
import { complain, EXIT, exitCodeOf, stopOnSignals } from './exit.ts';
import type { CommonOptions, OutputFormat } from './options.ts';
import { say } from './say.ts';

export interface RunOptions extends CommonOptions {
  /** Left out, the task is what comes on standard input. */
  task?: string;
  outputFormat: OutputFormat;
}

/** Does one task without a screen. Standard output carries the answer and nothing else. */
export function runTask(options: RunOptions): Promise<number> {
  return reporting(options.outputFormat, async ({ signal, display }) => {
    const agent = await createAgent(options, { display, prices: options.outputFormat !== 'text' });
    const named = await withFiles(options.task, agent);
    const task = await wholeTask(named.text, 'parley -p "…"', signal);
    if (options.model) await agent.useModel(options.model, { by: 'command line', signal });
    const turn = await agent.chat(task, { signal, images: named.images });
    if (options.outputFormat === 'text') {
      if (turn.text) say(process.stdout, turn.text);
      if (turn.failure) complain(turn.failure.message);
    }
    return turn.outcome === 'answered' ? EXIT.success : EXIT.failed;
  });
}

/** What the task names with @ goes along, as in the REPL; what comes on standard input is taken as it is. */
async function withFiles(
  task: string | undefined,
  agent: CodingAgent,
): Promise<{ text?: string; images?: ImagePart[] }> {
  if (!task?.includes('@')) return { text: task };
  const [{ attachFiles }, { Workspace }, { createRedactor }] = await Promise.all([
    import('./attachments.ts'),
    import('../safety/workspace.ts'),
    import('../safety/secrets.ts'),
  ]);
  const redact = createRedactor(agent.config?.keys ?? {});
  const attached = await attachFiles(task, await Workspace.open(agent.workspace), redact);
  for (const refusal of attached.refusals) agent.notify('warning', refusal);
  return attached;
}

export interface Run {
  /** Aborts when the human, or who started the process, wants it to end. */
  signal: AbortSignal;
  /** What says on the way what is done. */
  display: ChatDisplay;
}

/**
 * Does what a script asked for; where that fails before anything could tell so, it is told in the format of the rest.
 * @returns the exit code. @throws {Failure} for a human.
 */
export async function reporting(format: OutputFormat, work: (run: Run) => Promise<number>): Promise<number> {
  const { signal, exitCode } = stopOnSignals();
  const display = await displayFor(format);
  try {
    const code = await work({ signal, display });
    return exitCode() ?? code;
  } catch (error) {
    const failure = Failure.from(error);
    if (format !== 'text') process.stdout.write(failedRun(failure, display));
    else if (exitCode() === undefined) throw failure;
    else complain(failure.message);
    return exitCode() ?? exitCodeOf(failure);
  }
}

/** The line of JSON for what failed before a turn; behind other events it goes on with their numbers. */
function failedRun(failure: Failure, { last }: { last?: ParleyEvent }): string {
  const place = last && { seq: last.seq + 1, at: Date.now(), session: last.session };
  const report = {
    type: 'run.failed',
    schema: EVENT_SCHEMA_VERSION,
    outcome: failure.kind === 'stopped' ? 'stopped' : 'failed',
    failure: failure.report(),
    ...place,
  };
  return `${JSON.stringify(report)}\n`;
}

/**
 * Of a task and a text on standard input, the task comes first.
 * @param usage how it would be written. @throws {Failure} `usage` where there is neither; `stopped` while it is read.
 */
export async function wholeTask(
  task: string | undefined,
  usage: string,
  signal: AbortSignal,
): Promise<string> {
  const none = new Failure('usage', `No task. Say what to do: ${usage}, or write it to standard input.`);
  // At a terminal nobody would know that something is waited for.
  if (task === undefined && process.stdin.isTTY) throw none;
  const piped = task === undefined || isPiped() ? await readInput(signal) : '';
  const whole = [task ?? '', piped.trimEnd()].filter((part) => part.trim() !== '').join('\n\n');
  if (whole === '') throw none;
  return whole;
}

async function readInput(signal: AbortSignal): Promise<string> {
  try {
    return await readAll(addAbortSignal(signal, process.stdin));
  } catch (error) {
    throw signal.aborted ? Failure.stopped() : error;
  }
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
async function displayFor(format: OutputFormat): Promise<ChatDisplay & { last?: ParleyEvent }> {
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  if (format === 'text') {
    const { ProgressDisplay } = await import('../display/progress.ts');
    return new ProgressDisplay((line) => say(process.stderr, line));
  }
  const { JsonDisplay, StreamJsonDisplay } = await import('../display/structured.ts');
  return format === 'json' ? new JsonDisplay(write) : new StreamJsonDisplay(write);
}
