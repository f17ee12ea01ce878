import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Emit } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import type { ModelReference } from '../conversation/message.ts';
import type { Environment } from '../environment.ts';
import type { Approver } from './approval.ts';
import { type CapturedOutput, OutputCapture } from './output-capture.ts';
import { endTree, MARK, ownTree, type ProcessTree, signalGroup } from './process-group.ts';
import { cleanEnvironment, type Keys } from './secrets.ts';
import type { Workspace } from './workspace.ts';

/** From the polite request to end to the kill. */
const GRACE_MS = 2_000;
/** From the end of the command to giving up on what still holds its output open. */
const LINGER_MS = 500;

export interface CommandOptions {
  speaker: ModelReference;
  signal: AbortSignal;
  /** Where the question belongs: the tool call that asks. */
  emit?: Emit;
  timeoutMs: number;
  /** Output as it comes. */
  report?(text: string): void;
  /** False for commands of Parley's own that change nothing; all others are asked for. */
  ask: boolean;
  /** For the question; the command itself when left out. */
  title?: string;
  /** What the human sees before the answer; the command itself when left out. */
  detail?: string;
  /** All of the output as it came, for Parley itself to read: not shortened, control characters and all. */
  whole?: boolean;
  /** Beside the environment that every command gets. */
  env?: Readonly<Record<string, string>>;
}

export interface CommandResult extends CapturedOutput {
  /** Undefined where a signal ended it. As in a shell, 127 is a program that was not found. */
  exitCode: number | undefined;
  timedOut: boolean;
  stopped: boolean;
  /** It had ended, and what it left in the background was ended as well. */
  endedBackground: boolean;
  seconds: number;
}

/** The one place where commands are run: it asks, hides keys, and ends the whole process tree. */
export class Commands {
  readonly #workspace: Workspace;
  readonly #approver: Approver;
  readonly #env: Environment;
  readonly #spillFolder: string;
  readonly #keys: Keys;

  constructor(options: {
    workspace: Workspace;
    approver: Approver;
    env: Environment;
    /** Keys that no command may see, by the names of their variables. */
    keys: Keys;
    /** Where the whole of long outputs goes. */
    spillFolder: string;
  }) {
    this.#workspace = options.workspace;
    this.#approver = options.approver;
    this.#env = quiet(cleanEnvironment(options.env, options.keys));
    this.#spillFolder = options.spillFolder;
    this.#keys = options.keys;
  }

  /**
   * Runs a command in the workspace, after a yes: a text through `sh`, a list as it is.
   * @throws {Failure} `stopped` before it was begun, or where nothing can be started at all; `Refused` where
   * the human says no.
   */
  async run(command: string | readonly string[], options: CommandOptions): Promise<CommandResult> {
    const { speaker, signal, emit, ask, env } = options;
    const shown = typeof command === 'string' ? command : command.join(' ');
    if (ask) {
      const { title = shown, detail = shown } = options;
      await this.#approver.require({ kind: 'command', title, detail, speaker }, signal, emit);
    }
    if (signal.aborted) throw Failure.stopped();
    const started = performance.now();
    const [file, ...args] = argumentsOf(command);
    // What Parley runs to look at something leaves nothing behind, and is run often.
    const mark = ask || options.report ? randomUUID() : undefined;
    const marked = { ...this.#env, ...env, ...(mark && { [MARK]: mark }) };
    const child = begin(file, args, { cwd: this.#workspace.root, env: marked });
    const output = new OutputCapture(this.#spillFolder, this.#keys, options);
    const ending = await untilEnded(child, { group: child.pid, mark }, output, options);
    return { ...output.finish(), ...ending, seconds: (performance.now() - started) / 1000 };
  }
}

/**
 * What is really run. A sandbox wraps here. A model writes for a POSIX shell, so that it gets one: which shell
 * the human likes is beside the point. The outer shell joins the two streams, so that what is said comes in the
 * order in which it was said, and becomes the command.
 */
function argumentsOf(command: string | readonly string[]): [string, ...string[]] {
  const wanted = typeof command === 'string' ? ['/bin/sh', '-c', command] : command;
  return ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', ...wanted];
}

/** @throws {Failure} where the system does not take it: a text that is too long, or holds a NUL. */
function begin(file: string, args: string[], where: { cwd: string; env: Environment }): ChildProcess {
  try {
    return spawn(file, args, {
      ...where,
      // The second pipe only hears from a shell that fails before it has joined the two.
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that the whole tree can be signalled; and no terminal to ask for passwords.
      detached: true,
    });
  } catch (error) {
    throw notStarted(error as NodeJS.ErrnoException);
  }
}

function notStarted(error: NodeJS.ErrnoException): Failure {
  const reasons: Record<string, string> = {
    E2BIG: 'it is too long; put it into a file',
    ERR_INVALID_ARG_VALUE: 'it holds a NUL character',
  };
  const reason = reasons[error.code ?? ''] ?? error.code ?? error.message;
  return new Failure('bad-request', `The command could not be started: ${reason}.`, { cause: error });
}

type Ending = Pick<CommandResult, 'exitCode' | 'timedOut' | 'stopped' | 'endedBackground'>;

/** Settles soon after the command has ended, whatever still holds its output open. */
function untilEnded(
  child: ChildProcess,
  tree: ProcessTree,
  output: OutputCapture,
  { signal, timeoutMs }: CommandOptions,
): Promise<Ending> {
  const release = ownTree(tree);
  let timedOut = false;
  let grace: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child.pid, 'SIGTERM');
    grace ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  child.stdout?.on('data', (bytes: Buffer) => output.add(bytes));
  child.stderr?.on('data', (bytes: Buffer) => output.add(bytes));

  return new Promise<Ending>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => reject(notStarted(error)));
    child.on('exit', (code) => {
      clearTimeout(timer);
      const settle = () => {
        clearTimeout(linger);
        const endedBackground = endTree(tree);
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ exitCode: code ?? undefined, timedOut, stopped: signal.aborted, endedBackground });
      };
      // A child that left the group may hold the pipes open for ever; what it says is not waited for.
      const linger = setTimeout(settle, LINGER_MS);
      child.once('close', settle);
    });
  }).finally(() => {
    clearTimeout(timer);
    clearTimeout(grace);
    signal.removeEventListener('abort', end);
    release();
  });
}

/**
 * No pagers, no prompts, no colours: nobody is there to answer, and a model reads plain text. Not `CI`: it makes
 * builds and tests behave otherwise than they do for the human.
 */
function quiet({ FORCE_COLOR: _, CLICOLOR_FORCE: __, ...env }: Environment): Environment {
  return {
    ...env,
    TERM: 'dumb',
    NO_COLOR: '1',
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_TERMINAL_PROMPT: '0',
    GIT_EDITOR: 'true',
    DEBIAN_FRONTEND: 'noninteractive',
  };
}
