/** Whatever a service, a model or a project puts into a name, a title or an error is shown, and does nothing. */
import { expect, test } from 'vitest';
import { measurementLines } from '../../src/cli/calibration-lines.ts';
import { flowLines } from '../../src/cli/flow-lines.ts';
import { ledgerLines } from '../../src/cli/ledger-lines.ts';
import { modelLines } from '../../src/cli/model-lines.ts';
import { patternCommands } from '../../src/cli/repl/commands/patterns.ts';
import { Completion } from '../../src/cli/repl/completion.ts';
import type { FileList } from '../../src/cli/repl/file-list.ts';
import { Failure } from '../../src/conversation/failure.ts';
import type { ChatDisplay } from '../../src/display/chat-display.ts';
import { ConsoleDisplay } from '../../src/display/console.ts';
import { visible } from '../../src/display/printable.ts';
import { ProgressDisplay } from '../../src/display/progress.ts';
import { tableLines } from '../../src/display/table-lines.ts';
import { createTheme } from '../../src/display/theme.ts';
import type { ModelInfo } from '../../src/providers/base.ts';
import { ledgerOf, usage } from '../support/ledger.ts';
import { exchangeOf, tell } from '../support/told.ts';

const EVIL = 'evil\x1b[2J\x1b]0;owned\x07\x9b1A\u202egnp\u200b.ts\nparley: all is well\r\nyes';
const theme = createTheme(1);

/** Nothing in it moves the cursor, hides or turns, and no line of it is the name's own. */
function expectHarmless(output: string): void {
  expect(visible(output)).toBe(output);
  expect(output).not.toMatch(/^(parley:|yes)/m);
  expect(output).toContain('evil');
}

const model = `ollama:${EVIL}`;
const failure = new Failure('server-error', EVIL);
const answered = { model, text: EVIL, seconds: 1, failure: failure.report() };
const vote = {
  rule: EVIL,
  scores: [{ candidate: EVIL, score: 1, ballots: 1 }],
  winner: EVIL,
  ballots: [],
  spoilt: [{ voter: model, reason: EVIL }],
  dissent: [{ voter: model, choice: EVIL, reason: EVIL }],
  kin: [],
};
const result = { type: 'tool-result' as const, callId: 'c', name: EVIL, content: [], isError: true };

function tellAll(display: ChatDisplay): void {
  tell(
    display,
    { type: 'model.switched', from: model, to: model, by: 'human', why: EVIL },
    { type: 'turn.started', text: EVIL, images: 0, model },
    ...exchangeOf('exchange-1', model, ['Well.']),
    { type: 'exchange.retrying', exchange: 'e', model, attempt: 1, of: 3, waitSeconds: 1, why: EVIL },
    { type: 'tool.started', call: 'c', name: EVIL, args: {}, title: EVIL, speaker: model },
    { type: 'approval.asked', request: { id: 'a', kind: 'command', title: EVIL, speaker: model } },
    {
      type: 'approval.answered',
      request: 'a',
      approval: { answer: 'no', reason: EVIL },
      by: 'rule',
    },
    { type: 'tool.ended', call: 'c', name: EVIL, result, summary: EVIL, seconds: 1 },
    { type: 'files.restored', paths: [EVIL, `new ${EVIL}`], removed: [`new ${EVIL}`] },
    { type: 'notice', level: 'warning', text: EVIL },
    { type: 'lesson.kept', text: EVIL, model, by: 'human' },
    { type: 'outcome.reported', delegation: 'd1', model, outcome: 'fixed', why: EVIL, by: 'human' },
    { type: 'consultation.started', consultation: 'k', by: 'human', models: [model], question: EVIL },
    { type: 'ballot.cast', pattern: 'k', voter: model, named: [EVIL], reason: EVIL },
    { type: 'ballot.cast', pattern: 'k', voter: model, spoilt: EVIL },
    { type: 'vote.counted', pattern: 'k', vote },
    {
      type: 'consultation.ended',
      consultation: 'k',
      answers: [answered],
      outcome: 'done',
      seconds: 1,
    },
    {
      type: 'pattern.started',
      pattern: 'p',
      name: EVIL,
      by: 'human',
      task: EVIL,
      roles: [{ role: EVIL, model }],
    },
    { type: 'pattern.step', pattern: 'p', title: EVIL, model, round: 2 },
    {
      type: 'review.given',
      pattern: 'p',
      round: 1,
      reviewer: model,
      approve: false,
      objections: [{ severity: 'major', place: EVIL, wrong: EVIL, todo: EVIL }],
      resolved: [EVIL],
    },
    { type: 'floor.given', pattern: 'p', by: model, to: EVIL, why: EVIL },
    { type: 'route.chosen', pattern: 'p', model, why: EVIL, escalated: true },
    { type: 'room.said', text: EVIL, to: EVIL },
    {
      type: 'pattern.ended',
      pattern: 'p',
      name: EVIL,
      outcome: 'limit',
      text: `x\n[${EVIL.replaceAll('\n', ' ')}]`,
      rounds: 1,
      seconds: 1,
    },
    {
      type: 'turn.ended',
      outcome: 'failed',
      text: '',
      failure: failure.report(),
      seconds: 1,
      usage: { inputTokens: 1, outputTokens: 1 },
    },
  );
}

test('in what the console says', async () => {
  let output = '';
  const stream = {
    write(text: string) {
      output += text;
    },
  };
  const display = new ConsoleDisplay({ stream, env: {} });
  tellAll(display);
  await display.close();
  expectHarmless(output);
});

test('in what a run without a screen says, a line for each', () => {
  const lines: string[] = [];
  tellAll(new ProgressDisplay((line) => lines.push(line)));
  expectHarmless(lines.join('\n'));
  expect(lines.filter((line) => /[\n\u200b]/.test(line))).toEqual([]);
});

test('in tables and lists', () => {
  const info: ModelInfo = { reference: model, name: EVIL, local: true, quantization: EVIL };
  const listings = [
    { provider: 'ollama', models: [info] },
    { provider: 'router', models: [], failure },
  ];
  const spent = { exchanges: 1, tools: 0, localTokens: 1, remoteTokens: 0, uncounted: 0, cost: 0 };
  const node = { kind: 'turn' as const, id: 't', from: EVIL, to: [model], task: EVIL, spent, children: [] };
  const series = { exchanges: [], cutShort: false, failure };
  const ledger = ledgerOf({ model, usage: usage(1, 1), cost: 1 });
  for (const lines of [
    modelLines(listings).map((line) => line.replaceAll(/\x1b\[\d+m/g, '')),
    tableLines({ title: '', head: ['model'], rows: [[model]] }),
    ledgerLines(ledger, { worth: { leader: model, cost: undefined } }),
    flowLines([node], theme, 200),
    measurementLines({ model, series, trials: [] }),
  ]) {
    expectHarmless(lines.join('\n'));
    expect(lines.filter((line) => /[\n\u200b]/.test(line))).toEqual([]);
  }
});

test('in what completion offers: what cannot be written as it is, is left out', async () => {
  const info = { reference: model, name: EVIL, local: true };
  const good = { reference: 'ollama:good', name: 'good', local: true };
  const agent = {
    panels: { council: [model] },
    listAllModels: async () => [{ provider: 'ollama', models: [info, good] }],
  };
  const context = { agent, theme, commands: patternCommands, columns: () => 80 };
  const files = { paths: async () => [EVIL, 'src/\u202eevil.ts', 'src/evil.ts'] };
  const completion = new Completion(context as never, files as unknown as FileList);
  const offered = async (line: string) => {
    const suggestions = await completion.getSuggestions([line], 0, line.length);
    return suggestions!.items.map(({ value, label }) => [value, label]);
  };
  expect(await offered('See @evil')).toEqual([['@src/evil.ts', 'src/evil.ts']]);
  const named = await offered('/consult -m ');
  expect(named.map(([value]) => value)).toEqual(['council', 'ollama:good']);
  expectHarmless(named.flat().join('\n').replaceAll('\x1b[0m', ''));
});
