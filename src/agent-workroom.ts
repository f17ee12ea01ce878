import type { AgentKnowledge } from './agent-knowledge.ts';
import type { AgentLeader } from './agent-leader.ts';
import type { CodingAgentOptions } from './agent-options.ts';
import type { AgentRooms } from './agent-rooms.ts';
import type { Environment } from './config/environment.ts';
import type { Clock } from './conversation/clock.ts';
import type { Emit } from './conversation/event.ts';
import { Failure } from './conversation/failure.ts';
import type { Approver } from './safety/approval.ts';
import type { AnyTool } from './tools/base.ts';
import type { Company, Workroom } from './workroom.ts';

interface Surroundings {
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

/** Opens the workroom with the first message, and keeps it: what stands at the front of every request stays as it is. */
export class AgentWorkroom {
  readonly #around: Surroundings;
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

  /** @param keys that no command, log or model may see. */
  enter(keys: Readonly<Record<string, string>>): Promise<Workroom> {
    this.#opened ??= this.#open(keys);
    return this.#opened;
  }

  async #open(keys: Readonly<Record<string, string>>): Promise<Workroom> {
    const { emit } = this.#around;
    const { openWorkroom } = await import('./workroom.ts');
    const room = await openWorkroom({
      ...this.#around,
      keys,
      tools: this.#tools,
      company: this.#company(),
    });
    const { system, tools } = room.context;
    emit({ type: 'context.opened', system, tools: tools.map(({ name }) => name) });
    return room;
  }

  /** A local leader would read for seconds what it could do with the others: it works by itself. */
  async #company(): Promise<Company | undefined> {
    const { company, leader, knowledge, rooms } = this.#around;
    if (company === 'none') return undefined;
    const advice = company !== 'unadvised';
    const behind = await leader.behind();
    const guide = behind?.provider.local ? '' : await knowledge.guide(rooms.settings.panels, advice);
    if (guide === '') return undefined;
    const { patternTools } = await import('./patterns/tools.ts');
    return { guide, tools: patternTools(() => rooms.room(), { advice }) };
  }
}
