import { type ChildProcess, spawn } from 'node:child_process';
import type { constants } from 'node:os';
import type { Environment } from '../config/environment.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { Approver } from './approval.ts';
import { type CapturedOutput, OutputCapture } from './output-capture.ts';
import { cleanEnvironment, createRedactor } from './secrets.ts';
import type { Workspace } from './workspace.ts';

/** From the polite request to end to the kill. */
const GRACE_MS = 2_000;
/** From the end of the command to giving up on what still holds its output open. */
const LINGER_MS = 500;

export interface CommandOptions {
  speaker: ModelReference;
  signal: AbortSignal;
  timeoutMs: number;
  /** Output as it comes. */
  report?(text: string): void;
  /** False for commands of Parley's own that change nothing; all others are asked for. */
  ask: boolean;
  /** For the question; the command itself when left out. */
  title?: string;
  input?: string;
}

export interface CommandResult extends CapturedOutput {
  /** Undefined where a signal ended it. */
  exitCode: number | undefined;
  timedOut: boolean;
  stopped: boolean;
  seconds: number;
}

/** The one place where commands are run: it asks, hides keys, and ends the whole process tree. */
export class Commands {
  readonly #workspace: Workspace;
  readonly #approver: Approver;
  readonly #env: Environment;
  readonly #spillFolder: string;
  readonly #redact: (text: string) => string;

  constructor(options: {
    workspace: Workspace;
    approver: Approver;
    env: Environment;
    /** Keys that no command may see, by the names of their variables. */
    keys: Readonly<Record<string, string>>;
    /** Where the middle of long outputs goes. */
    spillFolder: string;
  }) {
    this.#workspace = options.workspace;
    this.#approver = options.approver;
    this.#env = { ...cleanEnvironment(options.env, options.keys), ...QUIET };
    this.#spillFolder = options.spillFolder;
    this.#redact = createRedactor(options.keys);
  }

  /**
   * Runs a command in the workspace, after a yes: a text through `sh`, a list without a shell.
   * @throws {Failure} where it cannot be started; `Refused` where the human says no.
   */
  async run(command: string | readonly string[], options: CommandOptions): Promise<CommandResult> {
    const { speaker, signal } = options;
    const shown = typeof command === 'string' ? command : command.join(' ');
    if (options.ask) {
      await this.#approver.require(
        { kind: 'command', title: options.title ?? shown, detail: shown, speaker },
        signal,
      );
    }
    // A model writes for a POSIX shell; which one the human likes is beside the point.
    const [file = '', ...args] = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
    const started = performance.now();
    const child = spawn(file, args, {
      cwd: this.#workspace.root,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that the whole tree can be signalled.
      detached: true,
    });
    const output = new OutputCapture(this.#spillFolder, this.#redact, options.report);
    const ending = await this.#wait(child, output, options, shown);
    return { ...output.finish(), ...ending, seconds: (performance.now() - started) / 1000 };
  }

  #wait(
    child: ChildProcess,
    output: OutputCapture,
    { signal, timeoutMs }: CommandOptions,
    shown: string,
  ): Promise<Pick<CommandResult, 'exitCode' | 'timedOut' | 'stopped'>> {
    return new Promise((resolve, reject) => {
      let timedOut = false;
      let exitCode: number | undefined;
      const end = () => endTree(child);
      const timer = setTimeout(() => {
        timedOut = true;
        end();
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ exitCode, timedOut, stopped: signal.aborted });
      };
      child.stdout?.on('data', (bytes: Buffer) => output.add(bytes));
      child.stderr?.on('data', (bytes: Buffer) => output.add(bytes));
      child.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(new Failure('bad-request', `${shown} could not be started: ${error.code ?? error.message}.`));
      });
      child.on('exit', (code, name) => {
        exitCode = code ?? (name ? undefined : 0);
        // A child in the background may hold the pipes open for ever; what it says is not waited for.
        const linger = setTimeout(settle, LINGER_MS);
        child.once('close', () => {
          clearTimeout(linger);
          settle();
        });
        if (signal.aborted || timedOut) killGroup(child, 'SIGKILL');
      });
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });
  }
}

/** No pagers, no prompts, no colours: nobody is there to answer, and a model reads plain text. */
const QUIET = {
  TERM: 'dumb',
  NO_COLOR: '1',
  PAGER: 'cat',
  GIT_PAGER: 'cat',
  GIT_TERMINAL_PROMPT: '0',
  GIT_EDITOR: 'true',
  DEBIAN_FRONTEND: 'noninteractive',
  CI: 'true',
};

/** Asks the whole group to end, and kills what has not after the grace. */
function endTree(child: ChildProcess): void {
  killGroup(child, 'SIGTERM');
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child, 'SIGKILL');
  }, GRACE_MS).unref();
}

function killGroup(child: ChildProcess, name: keyof typeof constants.signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone already.
  }
}
