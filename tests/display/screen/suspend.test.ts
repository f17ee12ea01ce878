import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';

const program = join(import.meta.dirname, 'suspended.ts');
/** A shell and a Node have to start first, however slow the machine is. */
const PATIENCE = { timeout: 30_000 };

test('a process that has nothing else to do waits until it is brought back, and then has its screen again', async () => {
  // A shell with jobs, as a human's, in a session of its own: what it starts can be stopped, and nobody else is.
  const script = 'set -m; "$@" & echo $!; read';
  const shell = spawn('bash', ['-c', script, 'bash', process.execPath, program], { detached: true });
  onTestFinished(() => void shell.stdin.end());
  let said = '';
  shell.stdout.on('data', (data) => {
    said += data;
  });
  await vi.waitFor(() => expect(said).toContain('stopped'), PATIENCE);
  const pid = Number(/^\d+/m.exec(said)![0]);
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  });
  const state = () => execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  await vi.waitFor(() => expect(state()).toMatch(/^T/), PATIENCE);
  expect(said).not.toContain('back');
  process.kill(pid, 'SIGCONT');
  await vi.waitFor(() => expect(said).toContain('back'), PATIENCE);
  shell.stdin.end();
  await once(shell, 'close');
});

test('where no shell could bring it back, it goes on at once', async () => {
  // A session of its own, so that nobody but the process itself is stopped.
  const alone = spawn(process.execPath, [program], { detached: true });
  let said = '';
  alone.stdout.on('data', (data) => {
    said += data;
  });
  await once(alone, 'close');
  expect(said).toBe('stopped\nback\n');
});
