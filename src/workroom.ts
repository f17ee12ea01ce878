import { join } from 'node:path';
import type { Environment } from './config/environment.ts';
import { stateFolder } from './config/state-folder.ts';
import type { Clock } from './conversation/clock.ts';
import { Context } from './conversation/context.ts';
import type { Emit } from './conversation/event.ts';
import { leaderPrompt } from './conversation/system-prompt.ts';
import type { Workbench } from './conversation/tool-run.ts';
import type { Approver } from './safety/approval.ts';
import { FileChanges } from './safety/changes.ts';
import { Commands } from './safety/commands.ts';
import { createRedactor } from './safety/secrets.ts';
import { Workspace } from './safety/workspace.ts';
import type { AnyTool } from './tools/base.ts';
import { builtInTools, declarationOf } from './tools/index.ts';

export interface WorkroomOptions {
  /** The folder to work in. */
  folder: string;
  session: string;
  env: Environment;
  /** Keys by the names of their variables; never shown to a model, a command or a log. */
  keys: Readonly<Record<string, string>>;
  approver: Approver;
  clock: Clock;
  emit: Emit;
  /** Beside the built-in ones; one of the same name takes its place. */
  tools: readonly AnyTool[];
  /** The other models that the leader can work with; undefined where there are none. */
  company: Promise<Company | undefined>;
}

/** What a leader is told of the other models, and the tools to work with them. */
export interface Company {
  guide: string;
  tools: readonly AnyTool[];
}

/** What a leader works with and in: its tools, the workspace behind them, and the context that grows. */
export interface Workroom {
  context: Context;
  bench: Workbench;
  changes: FileChanges;
}

/** @throws {Failure} where the folder cannot be worked in. */
export async function openWorkroom(options: WorkroomOptions): Promise<Workroom> {
  const { approver, clock, emit, env, keys } = options;
  const store = join(stateFolder(env), 'sessions', options.session);
  const spillFolder = join(store, 'output');
  const workspace = await Workspace.open(options.folder, { readable: [spillFolder] });
  const changes = new FileChanges({ workspace, approver, store: join(store, 'checkpoints'), emit });
  const commands = new Commands({ workspace, approver, env, keys, spillFolder });
  const [prompt, company] = await Promise.all([leaderPrompt(workspace), options.company]);
  const offered = [...builtInTools(), ...(company?.tools ?? []), ...options.tools];
  const tools = new Map(offered.map((tool) => [tool.name, tool]));
  const system = company ? `${prompt}\n\n${company.guide}` : prompt;
  return {
    changes,
    context: new Context(system, [...tools.values()].map(declarationOf)),
    bench: {
      tools,
      approver,
      clock,
      emit,
      redact: createRedactor(keys),
      spillFolder,
      surroundings: { workspace, changes, commands },
    },
  };
}
