import { Failure } from '../conversation/failure.ts';
import { say } from './say.ts';

/** What a script can rely on: docs/command.md. */
export const EXIT = { success: 0, failed: 1, usage: 2, interrupted: 130, terminated: 143 } as const;

/** A failure of the user's own input has its own exit code. */
export function exitCodeOf(failure: Pick<Failure, 'kind'>): number {
  if (failure.kind === 'usage' || failure.kind === 'bad-config') return EXIT.usage;
  return failure.kind === 'stopped' ? EXIT.interrupted : EXIT.failed;
}

/** Runs a command and ends the process with its exit code: one sentence on errors, never a stack trace. */
export async function exitWith(command: () => Promise<number>): Promise<void> {
  stayQuietOnClosedPipe(process.stdout);
  stayQuietOnClosedPipe(process.stderr);
  process.on('unhandledRejection', (reason) => fail(reason));
  process.on('uncaughtException', (error) => fail(error));
  try {
    process.exitCode = await command();
  } catch (error) {
    tell(error);
    process.exitCode = exitCodeOf(Failure.from(error));
  }
  await flushed(process.stdout);
  // Idle connections of the SDKs would keep the process for seconds.
  process.exit();
}

function fail(error: unknown): void {
  tell(error);
  process.exit(EXIT.failed);
}

function tell(error: unknown): void {
  say(process.stderr, `parley: ${Failure.from(error).message}`);
  if (process.env.PARLEY_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

/** `parley models | head -1` closes the pipe early, which is no error. */
function stayQuietOnClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.success);
    throw error;
  });
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

/** Aborts on the first Ctrl-C or request to end, so that work can stop in order; a second one ends at once. */
export function stopOnSignals(): { signal: AbortSignal; exitCode(): number | undefined } {
  const stop = new AbortController();
  let code: number | undefined;
  for (const [name, exitCode] of [
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
    ['SIGHUP', EXIT.terminated],
  ] as const) {
    process.on(name, () => {
      if (code !== undefined) process.exit(exitCode);
      code = exitCode;
      stop.abort(Failure.stopped());
    });
  }
  return { signal: stop.signal, exitCode: () => code };
}
