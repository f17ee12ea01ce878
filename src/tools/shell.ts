import * as z from 'zod/mini';
import { Failure } from '../conversation/failure.ts';
import type { CommandResult } from '../safety/commands.ts';
import { defineTool, type ToolResult } from './base.ts';
import { optionalNumber, someText } from './parameters.ts';

const DEFAULT_TIMEOUT_S = 120;
const LONGEST_TIMEOUT_S = 1_800;

export const shellTool = defineTool({
  name: 'shell',
  description: 'Run a command with sh in the workspace. No input; it must end by itself.',
  parameters: z.object({
    command: someText,
    timeout: optionalNumber(1, LONGEST_TIMEOUT_S, `seconds, ${DEFAULT_TIMEOUT_S} if left out`),
  }),
  conduct: 'guarded',
  title: ({ command }) => command,
  async execute(
    { command, timeout = DEFAULT_TIMEOUT_S },
    { commands, speaker, signal, report },
  ): Promise<ToolResult> {
    const ran = await commands.run(command, {
      speaker,
      signal,
      timeoutMs: timeout * 1000,
      report,
      ask: true,
    });
    if (ran.stopped) throw Failure.stopped();
    return resultOf(ran, timeout);
  },
});

function resultOf(ran: CommandResult, timeout: number): ToolResult {
  const seconds = `${ran.seconds.toFixed(1)} s`;
  const output = ran.output.trim() === '' ? '(no output)' : ran.output.trimEnd();
  if (ran.timedOut) {
    return {
      content: `${output}\n[ended after its limit of ${timeout} s]`,
      summary: `ended after ${timeout} s`,
      isError: true,
    };
  }
  const code = ran.exitCode ?? 'none: a signal ended it';
  return {
    content: `${output}\n[exit code ${code}, ${seconds}]`,
    summary: `exit ${ran.exitCode ?? 'by signal'}, ${seconds}`,
    isError: ran.exitCode !== 0,
  };
}
