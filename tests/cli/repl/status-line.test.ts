import { expect, test } from 'vitest';
import type { ReplAgent } from '../../../src/cli/repl/agent.ts';
import { StatusLine } from '../../../src/cli/repl/status-line.ts';
import { Context } from '../../../src/conversation/context.ts';
import { createTheme } from '../../../src/display/theme.ts';

const plain = createTheme(0);

/** The line for a window of 8,192 tokens, of which one model counted so many. */
async function lineAfter(
  counted: [model: string, tokens: number] | undefined,
  model: string,
): Promise<string> {
  const context = new Context('', []);
  if (counted) context.measured(counted[0], { inputTokens: counted[1] - 10, outputTokens: 10 });
  const agent = {
    model,
    ledger: { totalCost: () => 0.25 },
    contextUse: async () => ({ used: context.used(model), windowTokens: 8192 }),
  } as unknown as ReplAgent;
  const line = new StatusLine(agent, plain, () => '/help');
  await line.update();
  return line.render(100)[0]!.trim();
}

test.each([
  ['before anybody spoke, nothing of the window', undefined, 'a:one', 'a:one · $0.2500 · /help'],
  [
    'as the model counted it',
    ['a:one', 2048],
    'a:one',
    'a:one · context 2k of 8.2k (25 %) · $0.2500 · /help',
  ],
  [
    'by what another model counted',
    ['a:one', 2048],
    'b:two',
    'b:two · context about 2k of 8.2k (25 %) · $0.2500 · /help',
  ],
] as const)('the status line says %s', async (_, counted, model, line) => {
  expect(await lineAfter(counted && [...counted], model)).toBe(line);
});
