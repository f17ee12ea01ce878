import * as z from 'zod/mini';
import type { CommandResult } from '../safety/commands.ts';
import { defineTool, type ToolResult } from './base.ts';
import { optionalNumber, someText } from './parameters.ts';

const DEFAULT_TIMEOUT_S = 120;
const LONGEST_TIMEOUT_S = 1_800;

export const shellTool = defineTool({
  name: 'shell',
  description:
    'Run a command with sh in the workspace. No input; it must end by itself, nothing stays in the background.',
  parameters: z.object({
    command: someText,
    timeout: optionalNumber(1, LONGEST_TIMEOUT_S, `seconds, ${DEFAULT_TIMEOUT_S} if left out`),
  }),
  conduct: 'guarded',
  title: ({ command }) => command,
  async execute(
    { command, timeout = DEFAULT_TIMEOUT_S },
    { commands, speaker, signal, emit, report },
  ): Promise<ToolResult> {
    const ran = await commands.run(command, {
      speaker,
      signal,
      emit,
      timeoutMs: timeout * 1000,
      report,
      ask: true,
    });
    const output = ran.output.trim() === '' ? '(no output)' : ran.output.trimEnd();
    const { note, ...result } = endingOf(ran, timeout);
    return { content: `${output}\n[${note}]`, ...result };
  },
});

/** How it ended: last, where a model looks first. */
function endingOf(
  ran: CommandResult,
  timeout: number,
): { note: string } & Pick<ToolResult, 'summary' | 'isError'> {
  const seconds = `${ran.seconds.toFixed(1)} s`;
  if (ran.stopped) {
    return { note: `stopped by the human after ${seconds}`, summary: `stopped, ${seconds}`, isError: true };
  }
  if (ran.timedOut) {
    return {
      note: `ended after its limit of ${timeout} s`,
      summary: `ended after ${timeout} s`,
      isError: true,
    };
  }
  const code = ran.exitCode ?? 'none: a signal ended it';
  const background = ran.endedBackground ? '; what it left in the background was ended' : '';
  return {
    note: `exit code ${code}, ${seconds}${background}`,
    summary: `exit ${ran.exitCode ?? 'by signal'}, ${seconds}`,
    isError: ran.exitCode !== 0,
  };
}
