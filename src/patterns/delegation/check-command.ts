import type { ModelReference } from '../../conversation/message.ts';
import type { Room } from '../room.ts';
import type { CheckResult } from './order.ts';

const TIMEOUT_MS = 300_000;
/** Of a failed command's output, at its end, where the reasons stand. */
const DETAIL_CHARACTERS = 1500;

/** Runs a command that has to succeed, after a yes. @throws `Refused` where the human says no. */
export async function runCheck(
  { bench }: Room,
  command: string,
  speaker: ModelReference,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { emit, surroundings } = bench;
  const { commands } = surroundings;
  const ran = await commands.run(command, { speaker, signal, emit, timeoutMs: TIMEOUT_MS, ask: true });
  if (ran.exitCode === 0) return { what: command, passed: true };
  const ending = ran.timedOut ? 'took too long' : `exit code ${ran.exitCode ?? 'none'}`;
  const detail = `${ending}\n${bench.redact(ran.output).trim().slice(-DETAIL_CHARACTERS)}`;
  return { what: command, passed: false, detail };
}
