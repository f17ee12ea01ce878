import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'zod/v4/core';
import type { ApprovalRequest, EventBody } from '../../src/conversation/event.ts';
import { Approver, type AskHuman } from '../../src/safety/approval.ts';
import { FileChanges } from '../../src/safety/changes.ts';
import { Commands } from '../../src/safety/commands.ts';
import { Workspace } from '../../src/safety/workspace.ts';
import type { Tool, ToolResult } from '../../src/tools/base.ts';
import { builtInTools } from '../../src/tools/index.ts';
import { folderWith, never } from './scene.ts';

export interface ToolSceneOptions {
  /** Says yes when left out. */
  ask?: AskHuman;
  env?: NodeJS.ProcessEnv;
  keys?: Record<string, string>;
  /** For the checkpoints and the rest of long outputs. */
  store?: string;
  /** The workspace is only this folder of the files. */
  part?: string;
  /** The workspace is this folder, not a new one. */
  folder?: string;
}

/** The built-in tools in a temporary workspace with these files. */
export async function toolScene(files: Record<string, string> = {}, options: ToolSceneOptions = {}) {
  const root = join(options.folder ?? (await folderWith(files)), options.part ?? '');
  const store = options.store ?? (await folderWith());
  const spillFolder = join(store, 'output');
  const events: EventBody[] = [];
  const asked: ApprovalRequest[] = [];
  const reported: string[] = [];
  const emit = (event: EventBody) => events.push(event);
  const answer: AskHuman = options.ask ?? (() => Promise.resolve({ answer: 'yes' }));
  const approver = new Approver({
    emit,
    ask(request, signal) {
      asked.push(request);
      return answer(request, signal);
    },
  });
  const workspace = await Workspace.open(root, { readable: [spillFolder] });
  const keys = options.keys ?? {};
  const changes = new FileChanges({ workspace, approver, store: join(store, 'checkpoints'), keys, emit });
  const env = options.env ?? { PATH: process.env.PATH, HOME: store };
  const commands = new Commands({ workspace, approver, env, keys, spillFolder });
  const tools = new Map(builtInTools().map((tool) => [tool.name, tool as unknown as Tool<unknown>]));

  /** As the engine calls a tool: the arguments checked, then executed. */
  function run(name: string, args: object = {}, signal: AbortSignal = never): Promise<ToolResult> {
    const tool = tools.get(name)!;
    return tool.execute(parse(tool.parameters, args) as never, {
      call: 'call-1',
      speaker: 'test:model',
      signal,
      workspace,
      changes,
      commands,
      report: (text) => reported.push(text),
    });
  }

  const at = (path: string) => join(root, path);
  return {
    root,
    store,
    spillFolder,
    workspace,
    approver,
    changes,
    commands,
    events,
    asked,
    reported,
    at,
    run,
    /** The result's text. */
    text: async (name: string, args: object = {}) => textIn(await run(name, args)),
    /** What a failing call tells the model. */
    refusal: async (name: string, args: object = {}) => {
      const outcome = await run(name, args).catch((error: Error) => error);
      if (outcome instanceof Error) return outcome.message;
      throw new Error(`${name} was expected to fail, and said: ${textIn(outcome)}`);
    },
    content: (path: string) => readFile(at(path), 'utf8'),
    put: (path: string, content: string | Uint8Array) => writeFile(at(path), content),
    git: (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args], {
        cwd: root,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: store },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  };
}

export type ToolScene = Awaited<ReturnType<typeof toolScene>>;

function textIn({ content }: ToolResult): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : `<${part.mediaType}>`)).join('\n');
}
