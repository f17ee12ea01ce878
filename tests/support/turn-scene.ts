import * as z from 'zod';
import { Context } from '../../src/conversation/context.ts';
import { News } from '../../src/conversation/news.ts';
import type { Workbench } from '../../src/conversation/tool-run.ts';
import { runTurn, type TurnSurroundings } from '../../src/conversation/turn.ts';
import { Approver, type AskHuman } from '../../src/safety/approval.ts';
import type { Script } from '../../src/simulation/script.ts';
import { type AnyTool, defineTool } from '../../src/tools/base.ts';
import { claudeThat, folderWith, never, openDoor } from './scene.ts';

/** A tool that notes when it starts and ends, and ends when told to. */
export function tracedTool(
  name: string,
  conduct: 'read' | 'ask',
  trace: string[],
  work = () => Promise.resolve(),
): AnyTool {
  return defineTool({
    name,
    description: `Does ${name}.`,
    parameters: z.object({ n: z.number() }),
    conduct,
    async execute({ n }) {
      trace.push(`${name} ${n} starts`);
      await work();
      trace.push(`${name} ${n} ends`);
      return { content: `${name} ${n} is done`, summary: `done ${n}` };
    },
  });
}

export interface TurnSceneOptions {
  tools?: AnyTool[];
  ask?: AskHuman;
  stepLimit?: number;
  /** Where long outputs go; a folder of its own when left out. */
  spillFolder?: string;
}

/** Everything that a turn needs, around the real Anthropic client and a simulated service. */
export async function turnScene(script: Script, options: TurnSceneOptions = {}) {
  const { service, provider } = await claudeThat(script);
  const { door, events, seen, clock, on } = openDoor();
  const tools = options.tools ?? [];
  const bench: Workbench = {
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    approver: new Approver({
      emit: door.emit,
      ask: options.ask ?? (() => Promise.resolve({ answer: 'yes' })),
    }),
    clock,
    emit: door.emit,
    redact: (text) => text.replaceAll('sekret', '[key]'),
    spillFolder: options.spillFolder ?? (await folderWith()),
    surroundings: {} as Workbench['surroundings'],
  };
  const declarations = tools.map(({ name, description, parameters }) => ({
    name,
    description,
    parameters: z.toJSONSchema(parameters),
  }));
  const context = new Context('Be brief.', declarations);
  const news = new News();
  const turn: TurnSurroundings = {
    door,
    bench,
    context,
    news,
    provider,
    model: 'claude-sonnet-5-5',
    stepLimit: options.stepLimit ?? 20,
  };
  return {
    service,
    context,
    clock,
    door,
    on,
    news,
    events,
    seen,
    say: (text: string, signal: AbortSignal = never) => runTurn(turn, { text }, signal),
  };
}
