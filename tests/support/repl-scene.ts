import { expect, onTestFinished, vi } from 'vitest';
import type { ReplAgent } from '../../src/cli/repl/agent.ts';
import { runRepl } from '../../src/cli/repl.ts';
import type { Environment } from '../../src/environment.ts';
import { HeadlessTerminal } from './headless-terminal.ts';

export const KEYS = { enter: '\r', esc: '\x1b', ctrlC: '\x03', down: '\x1b[B', tab: '\t' } as const;

/** The REPL at a terminal that a test types at. @param ready what stands on the screen when it can begin. */
export async function openTerminal(agent: ReplAgent, env: Environment, ready: string) {
  const terminal = new HeadlessTerminal(140, 60);
  const done = runRepl(agent, { env, terminal });
  onTestFinished(async () => {
    const pressing = setInterval(() => terminal.type(KEYS.ctrlC), 20);
    await done.finally(() => clearInterval(pressing));
  });
  const text = async () => (await terminal.allRows()).map((row) => row.trimEnd()).join('\n');
  const shows = (what: string | RegExp) =>
    vi.waitFor(async () => expect(await text()).toMatch(what), { timeout: 8_000 });
  await shows(ready);
  const press = (...keys: string[]) => {
    for (const key of keys) terminal.type(key);
  };
  const send = (line: string) => press(line, KEYS.enter);
  return { terminal, text, shows, press, send, left: done };
}
