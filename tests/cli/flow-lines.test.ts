import { visibleWidth } from '@earendil-works/pi-tui';
import { describe, expect, test } from 'vitest';
import { flowLines } from '../../src/cli/flow-lines.ts';
import type { VoteReport } from '../../src/conversation/event.ts';
import { createTheme } from '../../src/display/theme.ts';
import type { FlowNode } from '../../src/history/flow.ts';

const theme = createTheme(1);
const node = (more: Partial<FlowNode>): FlowNode => ({
  kind: 'turn',
  id: 'turn-1',
  from: 'human',
  to: ['anthropic:claude'],
  task: 'Rename it.',
  outcome: 'answered',
  seconds: 4.2,
  spent: { exchanges: 2, tools: 1, localTokens: 0, remoteTokens: 12_345, uncounted: 0, cost: 0.0212 },
  children: [],
  ...more,
});
const speech = (model: string, local = true): FlowNode =>
  node({
    kind: 'speech',
    from: model,
    to: [model],
    task: '',
    outcome: undefined,
    seconds: 1,
    spent: {
      exchanges: 1,
      tools: 0,
      localTokens: local ? 80 : 0,
      remoteTokens: local ? 0 : 80,
      uncounted: 0,
      cost: 0,
    },
  });

const report: VoteReport = {
  rule: 'plurality',
  scores: [],
  winner: 'gemini:flash',
  agreement: 0.5,
  ballots: [
    { voter: 'a:x', choice: 'gemini:flash', reason: '' },
    { voter: 'b:y', choice: 'ollama:qwen3:8b', reason: '' },
  ],
  spoilt: [],
  dissent: [{ voter: 'b:y', choice: 'ollama:qwen3:8b', reason: '' }],
  kin: [],
};

describe('the flow as lines', () => {
  test('has the tree to the left and the figures in columns', () => {
    const inside = node({
      kind: 'consultation',
      from: 'anthropic:claude',
      to: ['gemini:flash', 'ollama:qwen3:8b'],
      task: 'Map or object?',
      outcome: 'agreed',
      vote: report,
      children: [speech('gemini:flash', false), speech('ollama:qwen3:8b')],
    });
    const worker = node({
      kind: 'delegation',
      to: ['ollama:qwen3:8b'],
      task: 'List.',
      outcome: 'accepted',
      children: [speech('ollama:qwen3:8b')],
    });
    expect(
      flowLines([node({ children: [speech('anthropic:claude', false), inside, worker] })], theme, 90),
    ).toEqual([
      'you → claude: Rename it.                   4.2 s  12.3k  $0.0212  answered',
      '├ claude                                   1.0 s     80       $0',
      '├ → 2 models consultation: Map or object?  4.2 s  12.3k  $0.0212  agreed',
      '│ ├ flash                                  1.0 s     80       $0',
      '│ ├ qwen3:8b                               1.0 s     80    local',
      '│ └ vote: flash wins, 1 of 2 ballots',
      '└ you → qwen3:8b: List.                    4.2 s  12.3k  $0.0212  accepted',
    ]);
  });

  test('fits into any width, wide characters and all; where it is narrow, figures are left out', () => {
    const roots = [node({ task: '日本語のとても長い依頼文です。'.repeat(5) }), node({ outcome: undefined })];
    for (let width = 1; width <= 200; width++) {
      const lines = flowLines(roots, theme, width);
      expect(lines.every((line) => visibleWidth(line) <= width)).toBe(true);
      if (width >= 40) expect(lines[1]).toMatch(/under way$/);
      expect(lines.join('')).not.toContain('\x1b');
    }
    expect(flowLines([node({})], theme, 50)).toEqual(['you → claude: Rename it.  4.2 s  $0.0212  answered']);
    expect(flowLines([node({})], theme, 41)).toEqual(['you → claude: Rename it.  4.2 s  answered']);
  });

  test('of many speeches those in the middle are counted', () => {
    const children = Array.from({ length: 40 }, (_, place) => speech(`a:m${place % 2}`));
    const lines = flowLines([node({ kind: 'pattern', name: 'discussion', children })], theme, 100);
    expect(lines).toHaveLength(1 + 12 + 1);
    expect(lines[7]).toMatch(/^├ … 28 exchanges +28\.0 s {3}2\.2k {4}local$/);
  });

  test('of a long session the latest is shown in full, what is older in short, the oldest counted', () => {
    const worker = node({
      kind: 'delegation',
      from: 'anthropic:claude',
      to: ['ollama:qwen3:8b'],
      task: 'List.',
    });
    const roots = Array.from({ length: 100 }, (_, place) =>
      node({ task: `Turn ${place}.`, children: [speech('anthropic:claude', false), worker, worker, worker] }),
    );
    const lines = flowLines(roots, theme, 80);
    expect(lines[0]).toMatch(/^… 60 earlier +4 min 12 s +741k +\$1\.27$/);
    expect(lines.slice(1, 3)).toEqual([
      expect.stringMatching(/^you → claude: Turn 60\. .*answered$/),
      expect.stringMatching(/^└ … 4 inside /),
    ]);
    expect(lines.at(-1)).toMatch(/^└ → qwen3:8b: List\. /);
    expect(lines.length).toBeLessThan(120);
  });

  test('who asks is said where it is not the one who was asked', () => {
    const inside = node({
      kind: 'pattern',
      name: 'mine',
      from: 'anthropic:claude',
      to: [],
      children: [
        node({ kind: 'delegation', from: 'anthropic:claude', to: ['ollama:qwen3:8b'], task: 'One.' }),
        node({ kind: 'delegation', from: 'gemini:flash', to: ['ollama:qwen3:8b'], task: 'Two.' }),
      ],
    });
    const heads = flowLines([node({ children: [inside] })], theme, 80).map(
      (line) => line.split(/ {2,}\d/)[0],
    );
    expect(heads).toEqual([
      'you → claude: Rename it.',
      '└ → mine: Rename it.',
      '  ├ → qwen3:8b: One.',
      '  └ flash → qwen3:8b: Two.',
    ]);
  });

  test('a leader that failed alone says why', () => {
    const lines = flowLines(
      [node({ outcome: 'failed', children: [{ ...speech('anthropic:claude'), outcome: 'overloaded' }] })],
      theme,
      80,
    );
    expect(lines[1]).toMatch(/^└ claude .*overloaded$/);
  });

  test('what others wrote cannot steer the terminal', () => {
    const said = 'Map: fast\x1b[2J\nno';
    const lines = flowLines([node({ task: said, vote: { ...report, winner: said } })], theme, 80);
    expect(lines.join('|')).not.toMatch(/[\x1b\n]/);
    expect(lines[1]).toMatch(/^└ vote: Map: fast␛\[2J ⏎ no wins, /);
  });

  test('a tie, what came too late, and what was cut short are told', () => {
    const tied = node({ kind: 'consultation', vote: { ...report, winner: undefined, tied: ['a', 'b'] } });
    expect(flowLines([tied], theme, 80)[1]).toBe('└ vote: 2 candidates tied');
    const late = node({ kind: 'delegation', outcome: 'done', seconds: 9, budgetSeconds: 5 });
    expect(flowLines([late], theme, 80)[0]).toMatch(/done, late$/);
    const cut = node({ spent: { ...node({}).spent, uncounted: 1 } });
    expect(flowLines([cut], theme, 80)[0]).toMatch(/12\.3k\+ {2}\$0\.0212\+ /);
    const partly = node({
      spent: { ...node({}).spent, localTokens: 80, remoteTokens: 0, uncounted: 1, cost: 0 },
    });
    expect(flowLines([partly], theme, 80)[0]).toMatch(/80\+ {2}cost unknown {2}answered$/);
  });

  test('a cost that is not known is said to be', () => {
    const spent = { exchanges: 1, tools: 0, localTokens: 0, remoteTokens: 5, uncounted: 0, cost: undefined };
    expect(flowLines([node({ spent })], theme, 80)[0]).toMatch(/cost unknown {2}answered$/);
  });
});
