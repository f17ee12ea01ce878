import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../src/main.ts');

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The real command, as a shell would start it. */
export function startParley(
  args: string[],
  { cwd, env }: { cwd: string; env: Record<string, string | undefined> },
  input = '',
) {
  const child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  return { child, ended: outputOf(child) };
}

/** The same behind a pipe of the shell's: `printf … | parley …`. */
export function pipeIntoParley(
  text: string,
  args: string[],
  { cwd, env }: { cwd: string; env: Record<string, string | undefined> },
): Promise<Ran> {
  const script = `text=$1; shift; printf %s "$text" | "$@"`;
  return outputOf(
    spawn('/bin/sh', ['-c', script, 'sh', text, process.execPath, main, ...args], { cwd, env }),
  );
}

/** What a process says until it ends, and how it ends. */
export function outputOf(child: ChildProcess): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}
