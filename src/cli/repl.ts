import { homedir } from 'node:os';
import { join } from 'node:path';
import { stateFolder } from '../config/state-folder.ts';
import { Failure } from '../conversation/failure.ts';
import { inLine } from '../display/printable.ts';
import { VERSION } from '../version.ts';
import { EXIT } from './exit.ts';
import type { CommonOptions } from './options.ts';
import type { ReplAgent } from './repl/agent.ts';
import type { ReplOptions } from './repl/session.ts';

/** `parley`: opens the REPL in this folder. @returns the exit code. */
export async function startRepl(options: CommonOptions & { task?: string }): Promise<number> {
  const loading = import('./repl/session.ts');
  const { createAgent } = await import('./create-agent.ts');
  const agent = await createAgent(options);
  if (options.model) await agent.useModel(options.model, { by: 'command line' });
  await loading;
  // What was told before there was a screen is told on it.
  const greeting = agent.history
    .of('notice')
    .map(({ text }) => text)
    .join('\n');
  return runRepl(agent, { display: agent.config?.display, greeting, task: options.task });
}

/** Talks with the human at the terminal until they leave. @returns the exit code. */
export async function runRepl(agent: ReplAgent, options: ReplOptions = {}): Promise<number> {
  const { ReplSession } = await import('./repl/session.ts');
  const env = options.env ?? process.env;
  if (env.TERM === 'dumb')
    throw new Failure(
      'usage',
      'This terminal (TERM=dumb) cannot show the prompt. Give a task: parley -p "…".',
    );
  const session = new ReplSession(agent, {
    ...options,
    historyFile: join(stateFolder(env), 'history.jsonl'),
  });
  const { theme } = session;
  const place = inLine(agent.workspace.replace(env.HOME ?? homedir(), '~'));
  const model = agent.model ? ` ${theme.quiet('with')} ${theme.name(agent.model)}` : '';
  const header = `${theme.strong(`Parley ${VERSION}`)} ${theme.quiet('in')} ${place}${model}`;
  await session.run([header, options.greeting ?? '']);
  return EXIT.success;
}
