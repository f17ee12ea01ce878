import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CommandOptions } from '../../src/safety/commands.ts';
import { folderWith, never } from '../support/scene.ts';
import { type ToolScene, toolScene } from '../support/tool-scene.ts';

const KEY = 'sk-ant-secret-secret-secret';

function run(scene: ToolScene, command: string | string[], options: Partial<CommandOptions> = {}) {
  const report = (text: string) => scene.reported.push(text);
  const usual = { speaker: 'test:model', signal: never, timeoutMs: 15_000, ask: false, report };
  return scene.commands.run(command, { ...usual, ...options });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process ends within two seconds. */
async function ends(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 40 && isAlive(pid); tries++) await sleep(50);
  return !isAlive(pid);
}

test('a text runs in sh, a list as it is, whatever its arguments hold', async () => {
  const scene = await toolScene();
  expect(await run(scene, 'echo $((1 + 2)) | cat; exit 3')).toMatchObject({ output: '3\n', exitCode: 3 });
  const words = ['$HOME', '`id`', '; ls', '--', "it's", 'a\nb', ''];
  const { output } = await run(scene, ['printf', '<%s>', ...words]);
  expect(output).toBe(words.map((word) => `<${word}>`).join(''));
});

test('both streams come in the order in which they were written', async () => {
  const scene = await toolScene();
  const { output } = await run(scene, 'for n in 1 2 3; do echo out $n; echo err $n >&2; done');
  expect(output).toBe('out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n');
  expect(scene.reported.join('')).toBe(output);
});

test('it runs in the workspace, with no input, no terminal, no pager and no colours', async () => {
  const scene = await toolScene({}, { env: { PATH: process.env.PATH, FORCE_COLOR: '3', CI: undefined } });
  const { output } = await run(
    scene,
    'pwd; cat; (: < /dev/tty) 2>/dev/null || echo no terminal; echo $GIT_PAGER $NO_COLOR "[$FORCE_COLOR$CI]"',
  );
  expect(output).toBe(`${scene.root}\nno terminal\ncat 1 []\n`);
});

test('what is coloured all the same reaches the model without colours', async () => {
  const scene = await toolScene();
  expect((await run(scene, `printf '\\033[31mred\\033[0m'`)).output).toBe('red');
});

test('keys are in neither the environment nor the output, wherever it is cut', async () => {
  const env = { PATH: process.env.PATH, ANTHROPIC_API_KEY: KEY, GITHUB_TOKEN: 'x', PLAIN: 'seen' };
  const scene = await toolScene({}, { env, keys: { ANTHROPIC_API_KEY: KEY } });
  const { output } = await run(scene, 'echo "[$ANTHROPIC_API_KEY$GITHUB_TOKEN]" $PLAIN');
  expect(output).toBe('[] seen\n');
  const [first, second] = [KEY.slice(0, 12), KEY.slice(12)];
  const cut = await run(scene, `printf 'a ${first}'; sleep 0.2; printf '${second} b'`);
  expect(cut.output).toBe('a [ANTHROPIC_API_KEY] b');
  expect(scene.reported.join('')).not.toContain(second);
});

test('asks with the whole command, and a no means that nothing runs', async () => {
  const scene = await toolScene({}, { ask: () => Promise.resolve({ answer: 'no', reason: 'not now' }) });
  await expect(run(scene, 'touch made', { ask: true })).rejects.toThrow('The human said no: not now');
  expect(scene.asked[0]).toMatchObject({ kind: 'command', title: 'touch made', detail: 'touch made' });
  expect(await readdir(scene.root)).toEqual([]);
});

test('what was stopped before it began is not begun', async () => {
  const scene = await toolScene();
  const signal = AbortSignal.abort();
  await expect(run(scene, 'touch made', { signal })).rejects.toThrow('Stopped');
  expect(await readdir(scene.root)).toEqual([]);
});

test('a program that is not there is told as a shell tells it', async () => {
  const scene = await toolScene();
  expect(await run(scene, ['no-such-program'])).toMatchObject({ exitCode: 127 });
  expect((await run(scene, 'if')).output).toMatch(/syntax error/i);
});

test('the whole tree ends at the limit, also what ignores the request to', async () => {
  const scene = await toolScene();
  const command = `trap '' TERM; (trap '' TERM; sleep 60) & echo child $!; wait; sleep 60`;
  const result = await run(scene, command, { timeoutMs: 300 });
  expect(result).toMatchObject({ timedOut: true, stopped: false, exitCode: undefined });
  expect(result.seconds).toBeLessThan(6);
  expect(await ends(Number(/child (\d+)/.exec(result.output)?.[1]))).toBe(true);
});

test('the whole tree ends on a stop, and what was said is kept', async () => {
  const scene = await toolScene();
  const stop = new AbortController();
  const running = run(scene, 'sleep 60 & echo child $!; wait', {
    signal: stop.signal,
    report: () => stop.abort(),
  });
  const result = await running;
  expect(result).toMatchObject({ stopped: true, timedOut: false });
  expect(await ends(Number(/child (\d+)/.exec(result.output)?.[1]))).toBe(true);
});

test('a child that left the group and holds the output open is not waited for', async () => {
  const scene = await toolScene();
  const result = await run(scene, 'setsid sleep 20 & echo done');
  expect(result).toMatchObject({ output: 'done\n', exitCode: 0 });
  expect(result.seconds).toBeLessThan(5);
});

test('a stop does not wait for such a child either', async () => {
  const scene = await toolScene();
  const result = await run(scene, `setsid sh -c 'trap "" TERM; sleep 20' & sleep 20`, { timeoutMs: 200 });
  expect(result.timedOut).toBe(true);
  expect(result.seconds).toBeLessThan(6);
});

test.runIf(process.platform === 'linux').each([
  ['a session of its own', `setsid sh -c 'echo $$ > pid; exec sleep 60'`],
  [
    'a daemon',
    `perl -MPOSIX -e 'fork and exit; POSIX::setsid(); fork and exit; open F, ">pid"; print F "$$\n"; close F; sleep 60'`,
  ],
])('%s ends with the command as well', async (_what, command) => {
  const scene = await toolScene();
  const result = await run(scene, `${command} >/dev/null 2>&1 & until [ -s pid ]; do :; done; cat pid`);
  expect(result).toMatchObject({ exitCode: 0, endedBackground: true });
  expect(Number(result.output)).toBeGreaterThan(0);
  expect(await ends(Number(result.output))).toBe(true);
});

test.runIf(process.platform === 'linux')('a session of its own ends on a stop as well', async () => {
  const scene = await toolScene();
  const stop = new AbortController();
  const result = await run(scene, `setsid sh -c 'echo $$; exec sleep 60' & sleep 60`, {
    signal: stop.signal,
    report: () => stop.abort(),
  });
  expect(result.stopped).toBe(true);
  expect(await ends(Number(result.output))).toBe(true);
});

test.each(['SIGTERM', 'SIGHUP'] as const)(
  'on %s a command ends with Parley at its screen',
  async (signal) => {
    const folder = await folderWith();
    const script = join(import.meta.dirname, '../support/working-at-a-screen.ts');
    const child = spawn(process.execPath, [script, folder, 'echo $$; sleep 60']);
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
      if (/^\d+\n$/.test(said)) child.kill(signal);
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(128 + constants.signals[signal]);
    expect(said).toMatch(/screen stopped\n$/);
    expect(await ends(Number.parseInt(said, 10))).toBe(true);
  },
);

test('what is left in the background ends with the command, and that is said', async () => {
  const scene = await toolScene();
  const result = await run(scene, 'sleep 60 >/dev/null 2>&1 & echo $!');
  expect(result).toMatchObject({ exitCode: 0, endedBackground: true });
  expect(await ends(Number(result.output))).toBe(true);
  expect(await run(scene, 'echo a | cat')).toMatchObject({ endedBackground: false });
});

test('of a long output head and tail are kept, and the whole goes to a file', async () => {
  const scene = await toolScene();
  const { output, truncated } = await run(scene, 'seq 1 200000');
  expect(truncated).toBe(true);
  expect(output.length).toBeLessThan(19_000);
  expect(output).toMatch(/^1\n2\n3\n/);
  expect(output).toMatch(/199999\n200000\n$/);
  const note = /\[([\d,]+) characters left out here\. All of it is in (.+)\.\]/.exec(output);
  const whole = await readFile(note?.[2] ?? '', 'utf8');
  expect(whole.split('\n').slice(0, -1)).toEqual(Array.from({ length: 200_000 }, (_, n) => `${n + 1}`));
  const shown = output.length - `\n${note?.[0]}\n`.length;
  expect(Number(note?.[1]?.replaceAll(',', ''))).toBe(whole.length - shown);
});

test('a key in a long output is in neither the output nor the file', async () => {
  const scene = await toolScene({}, { keys: { ANTHROPIC_API_KEY: KEY } });
  // Of a length that does not divide the pieces in which a pipe is read.
  await run(scene, `i=0; while [ $i -lt 4000 ]; do echo "x${KEY}"; i=$((i + 1)); done`);
  const [file = ''] = await readdir(scene.spillFolder);
  const whole = await readFile(join(scene.spillFolder, file), 'utf8');
  expect(whole).toBe('x[ANTHROPIC_API_KEY]\n'.repeat(4000));
});

test('where the rest cannot be kept the command goes on, and that is said', async () => {
  const folder = await folderWith({ 'a-file': '' });
  const scene = await toolScene({}, { store: join(folder, 'a-file', 'store') });
  const { output, exitCode } = await run(scene, 'seq 1 100000');
  expect(exitCode).toBe(0);
  expect(output).toContain('They could not be kept on disk.');
  expect(output).toMatch(/100000\n$/);
});

test('an output without end neither fills the disk nor the memory', { timeout: 60_000 }, async () => {
  const scene = await toolScene();
  const before = process.memoryUsage().rss;
  const { output, timedOut } = await run(scene, 'yes 0123456789012345678901234567890123456789', {
    timeoutMs: 3_000,
    report: () => {},
  });
  expect(timedOut).toBe(true);
  expect(output).toMatch(/The first 32 million characters are in/);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
});

test('characters of several bytes survive the pieces, half ones do not reach a request', async () => {
  const scene = await toolScene();
  const { output } = await run(scene, `printf '\\342'; sleep 0.1; printf '\\202'; sleep 0.1; printf '\\254'`);
  expect(output).toBe('€');
  const smileys = await run(
    scene,
    `printf x; i=0; while [ $i -lt 20000 ]; do printf '😀'; i=$((i + 1)); done`,
  );
  expect(smileys.truncated).toBe(true);
  expect(smileys.output.isWellFormed()).toBe(true);
});

test('of a flood only a part is told as it comes, and that is said once', async () => {
  const scene = await toolScene();
  const { exitCode } = await run(scene, 'yes | head -c 30000000');
  expect(exitCode).toBe(0);
  const told = scene.reported.join('');
  expect(told.length).toBeLessThan(1_000_000);
  expect(told.split('only a part of the output').length - 1).toBe(1);
});
