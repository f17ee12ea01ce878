import { join } from 'node:path';
import { checkpointFolder, configFolder, stateFolder } from '../config/state-folder.ts';
import type { Clock } from '../conversation/clock.ts';
import { Context } from '../conversation/context.ts';
import type { Emit } from '../conversation/event.ts';
import { Failure } from '../conversation/failure.ts';
import { leaderPrompt } from '../conversation/system-prompt.ts';
import type { Workbench } from '../conversation/tool-run.ts';
import type { Environment } from '../environment.ts';
import type { Approver } from '../safety/approval.ts';
import { FileChanges } from '../safety/changes.ts';
import { Commands } from '../safety/commands.ts';
import { createRedactor } from '../safety/secrets.ts';
import { Workspace } from '../safety/workspace.ts';
import type { AnyTool } from '../tools/base.ts';
import type { AgentKnowledge } from './knowledge.ts';
import type { AgentLeader } from './leader.ts';
import type { CodingAgentOptions } from './options.ts';
import type { AgentRooms } from './rooms.ts';

/** What a leader works with and in: its tools, the workspace behind them, and the context that grows. */
export interface Workroom {
  context: Context;
  bench: Workbench;
  changes: FileChanges;
}

interface Surroundings {
  /** The folder to work in. */
  folder: string;
  session: string;
  env: Environment;
  clock: Clock;
  approver: Approver;
  emit: Emit;
  leader: AgentLeader;
  knowledge: AgentKnowledge;
  rooms: AgentRooms;
  company: CodingAgentOptions['company'];
}

/** What a leader is told of the other models, and the tools to work with them. */
interface Company {
  guide: string;
  tools: readonly AnyTool[];
}

/** Opens the workroom with the first message, and keeps it: what stands at the front of every request stays as it is. */
export class AgentWorkroom {
  readonly #around: Surroundings;
  /** Beside the built-in ones; one of the same name takes its place. */
  readonly #tools: AnyTool[] = [];
  #opened: Promise<Workroom> | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Undefined before the first message. */
  get opened(): Promise<Workroom> | undefined {
    return this.#opened;
  }

  /** @throws {Failure} `usage` once the first message was sent: the tools are part of the prefix that stays. */
  addTool(tool: AnyTool): void {
    if (this.#opened)
      throw new Failure('usage', 'Tools can be added before the first message, not after it.');
    this.#tools.push(tool);
  }

  /**
   * @param keys that no command, log or model may see, by the names of their variables.
   * @throws {Failure} where the folder cannot be worked in; `stopped`, and it can be entered the next time.
   */
  enter(keys: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Workroom> {
    this.#opened ??= this.#open(keys, signal).catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #open(keys: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Workroom> {
    const { folder, session, env, approver, clock, emit } = this.#around;
    const store = join(stateFolder(env), 'sessions', session);
    const spillFolder = join(store, 'output');
    const closed = [stateFolder(env), configFolder(env)];
    const workspace = await Workspace.open(folder, { readable: [spillFolder], closed });
    const redact = createRedactor(keys);
    const checkpoints = checkpointFolder(env, workspace.root);
    const changes = new FileChanges({ workspace, approver, store: checkpoints, keys, emit });
    const commands = new Commands({ workspace, approver, env, keys, spillFolder });
    const [prompt, company, { builtInTools, declarationOf }] = await Promise.all([
      leaderPrompt(workspace, redact),
      this.#company(signal),
      import('../tools/index.ts'),
    ]);
    const offered = [...builtInTools(), ...(company?.tools ?? []), ...this.#tools];
    const tools = new Map(offered.map((tool) => [tool.name, tool]));
    const system = company ? `${prompt}\n\n${company.guide}` : prompt;
    emit({ type: 'context.opened', system, tools: [...tools.keys()] });
    return {
      changes,
      context: new Context(system, [...tools.values()].map(declarationOf)),
      bench: {
        tools,
        approver,
        clock,
        emit,
        redact,
        spillFolder,
        surroundings: { workspace, changes, commands },
      },
    };
  }

  /** A local leader would read for seconds what it could do with the others: it works by itself. */
  async #company(signal: AbortSignal | undefined): Promise<Company | undefined> {
    const { company, leader, knowledge, rooms } = this.#around;
    if (company === 'none') return undefined;
    const advice = company !== 'unadvised';
    if ((await leader.behind())?.provider.local) return undefined;
    const guide = await knowledge.guide(rooms.settings.panels, { figures: advice, signal });
    if (guide === '') return undefined;
    const { patternTools } = await import('../patterns/tools.ts');
    return { guide, tools: patternTools(() => rooms.room(), { advice }) };
  }
}
