import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  errorTable,
  HOW_TO_BEGIN,
  type Measured,
  outcomeTable,
  profileLines,
  shareTable,
  sparkline,
} from '../../src/cli/profile-lines.ts';
import { learningChart, profileReport, readingChart } from '../../src/cli/profile-report.ts';
import type { PointChart } from '../../src/display/report/charts.ts';
import { ticksTo } from '../../src/display/report/charts.ts';
import { reportPage } from '../../src/display/report/page.ts';
import { fitWithin, speedsOf } from '../../src/local/budget.ts';
import { seededRandom } from '../../src/simulation/ollama/ground-truth.ts';
import { cardFor, delegated, foretold, MODEL, observed } from '../support/measured.ts';
import { machineThat } from '../support/ollama-scene.ts';
import { folderWith } from '../support/scene.ts';

const nothing: Measured = { cards: [], observations: [], delegations: [], shares: [] };

/** Forecasts that were half off at first and then came right. */
const learnt = Array.from({ length: 30 }, (_, n) =>
  foretold(n < 10 ? 0.5 : n < 20 ? -0.1 : 0.02, { promptTokens: 200 + n * 40, writtenTokens: 20 + n }),
);

function measuredOf(observations = learnt): Measured {
  const known = cardFor(MODEL, observations);
  const { rig } = known;
  const fits = [10, 30, 60].flatMap((seconds) => fitWithin(rig, seconds, 8192) ?? []);
  return {
    cards: [{ ...known, fits, speeds: speedsOf(rig) }],
    observations,
    delegations: [
      delegated({ outcome: 'accepted' }),
      delegated({ id: 'd2', outcome: 'rejected' }),
      delegated({ id: 'd3' }),
    ],
    shares: [
      {
        ...{ session: 's1', at: 1_770_000_000_000, localTokens: 750, remoteTokens: 250 },
        ...{ localCached: 600, remoteCached: 100 },
      },
    ],
  };
}

describe('the lines of a profile', () => {
  test('say how to begin where nothing was measured', () => {
    const lines = profileLines(nothing);
    expect(lines.join('\n')).toContain('ollama serve');
    expect(lines.at(-1)).toBe(HOW_TO_BEGIN);
    expect(HOW_TO_BEGIN).toContain('parley calibrate');
  });

  test('call unknown what is unknown, and never zero', () => {
    const lines = profileLines({ ...nothing, cards: [cardFor(MODEL)] });
    const [, , row] = lines;
    expect(row).toMatch(/^ollama:qwen3:8b +8,192 +unknown +unknown +unknown +unknown +0$/);
    expect(lines.join('\n')).not.toContain('What fits');
  });

  test('tell speeds, what fits, errors, outcomes and the share kept local', () => {
    const text = profileLines(measuredOf()).join('\n');
    expect(text).toMatch(/ollama:qwen3:8b +8,192 +unknown +9\d\d +40 +unknown +30\n/);
    expect(text).toMatch(/in 10 s +in 30 s +in 60 s\nollama:qwen3:8b +\d,\d{3} \/ 3\d\d /);
    expect(text).toMatch(/first 10 +last 10 +all\nollama:qwen3:8b +work +\S+ +30 +50 % +2 % +10 %\n/);
    expect(text).toMatch(
      /accepted +fixed +rejected\nollama:qwen3:8b +tests +1 +0 +1\n1 delegation not judged\./,
    );
    expect(text).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d +████████░░ +75 % +50 % +750 +250\nOf all tokens/);
  });

  test('mark what is only inferred from the size of other models', () => {
    const own = cardFor(MODEL, learnt, { speeds: { readPerSecond: 1234, writePerSecond: 5.6 } });
    const lines = profileLines({ ...nothing, cards: [own] });
    expect(lines[2]).toMatch(/ ~1,234 +~5\.6 /);
    expect(lines.join('\n')).toContain('~ not measured');
  });

  test('count what was stopped after its first word: its speeds are no guess', () => {
    const seen = [observed({ complete: false, firstTokenSeconds: 1.2 })];
    const own = cardFor(MODEL, seen, { speeds: { readPerSecond: 1234, writePerSecond: 5.6 } });
    const row = (observations: typeof seen) => profileLines({ ...nothing, cards: [own], observations })[2];
    expect(row(seen)).toMatch(/ 1,234 +5\.6 +unknown +1$/);
    expect(row([observed({ complete: false })])).toMatch(/ ~1,234 +~5\.6 +unknown +0$/);
  });

  test('never let the name of a model move the cursor', () => {
    const text = profileLines({ ...nothing, cards: [cardFor('ollama:\x1b[2Jevil\nname')] }).join('\n');
    expect(text).toContain('ollama:␛[2Jevil ⏎ name');
  });
});

test('what was forecast while measuring stands apart from work', () => {
  const measuring = Array.from({ length: 12 }, () => foretold(0.4, { kind: 'calibration' }));
  const { rows } = errorTable([...measuring, foretold(0.1)]);
  expect(rows.map(([, what, , forecasts, , , all]) => [what, forecasts, all])).toEqual([
    ['work', '1', '10 %'],
    ['measuring', '12', '40 %'],
  ]);
  const report = profileReport({ ...measuredOf(), observations: [...measuring, foretold(0.1)] }, 0);
  const chart = report.sections.flatMap(({ charts = [] }) => charts).find(({ title }) => /error/.test(title));
  expect((chart as PointChart).points).toHaveLength(1);
});

describe('a model of the same name on another host', () => {
  const other = 'http://192.168.1.7:11434';
  const there = learnt.map((one) => ({ ...one, host: other }));
  const two = {
    ...measuredOf([...learnt, ...there]),
    cards: [cardFor(MODEL, learnt), { ...cardFor(MODEL, there), host: other, absent: true }],
  };

  test('is another one, which is named with its host', () => {
    const text = profileLines(two).join('\n');
    expect(text).toMatch(/ollama:qwen3:8b at 127\.0\.0\.1:11434 +8,192 .* 30\n/);
    expect(text).toMatch(/ollama:qwen3:8b at 192\.168\.1\.7:11434 \* +8,192 .* 30\n/);
    expect(text).toContain('* not offered now.');
  });

  test('lends it no figures', () => {
    const lines = profileLines({ ...two, cards: [cardFor(MODEL)], observations: there });
    expect(lines[2]).toMatch(/ unknown +unknown +unknown +unknown +0$/);
  });
});

test('work that was not sent is not waiting to be judged', () => {
  const { note } = outcomeTable([delegated({ status: 'refused' }), delegated({ id: 'd2' })]);
  expect(note).toBe('1 delegation not judged.');
});

test('what is wrong with the store is told', () => {
  const trouble = '/home/me/.local/state/parley/local.db was damaged, so a new one has begun.';
  expect(profileLines({ ...nothing, trouble })).toContain(trouble);
  expect(reportPage(profileReport({ ...nothing, trouble }, 0))).toContain(trouble);
});

test('stopped exchanges and those without a forecast say nothing of the error', () => {
  const table = errorTable([observed(), foretold(0.5, { complete: false }), foretold(0.2)]);
  expect(table.rows).toEqual([[MODEL, 'work', '▄', '1', '20 %', '20 %', '20 %']]);
  expect(errorTable([observed()]).rows).toEqual([]);
});

test('a sparkline has a bar for each group, and a full one is half off or more', () => {
  expect(sparkline([0.9, 0.5, 0.2, 0])).toBe('██▄▁');
  expect(sparkline(Array.from({ length: 64 }, (_, n) => 0.5 - n / 128))).toHaveLength(16);
});

test('a session without tokens has an unknown share, and the last eight sessions are shown', () => {
  const session = { session: 's', at: 0, localTokens: 0, remoteTokens: 0, localCached: 0, remoteCached: 0 };
  const { rows } = shareTable(Array.from({ length: 9 }, () => session));
  expect(rows).toHaveLength(8);
  expect(rows[0]!.slice(1, 4)).toEqual(['', 'unknown', 'unknown']);
});

describe('the page', () => {
  test('holds what is measured as charts and tables, and needs nothing from elsewhere', () => {
    const page = reportPage(profileReport(measuredOf(), Date.now()));
    expect(page.match(/<svg/g)).toHaveLength(4);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).not.toMatch(/<script|<link|src=|@import|url\(|https:/);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('escapes every name', () => {
    const name = `ollama:"><script>alert('x')</script>&`;
    const observations = [foretold(0.1, { model: name })];
    const page = reportPage(
      profileReport(
        {
          cards: [cardFor(name, observations)],
          observations,
          delegations: [delegated({ model: name, outcome: 'fixed' })],
          shares: [],
        },
        0,
      ),
    );
    expect(page).not.toContain('<script');
    expect(
      page.split('ollama:&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;').length,
    ).toBeGreaterThan(4);
  });

  test('shows a model that no server offers any more by what was measured of it', () => {
    const absent = { ...cardFor(MODEL, learnt), absent: true };
    const report = profileReport({ ...nothing, cards: [absent], observations: learnt }, 0);
    const section = report.sections.find(({ title }) => title === MODEL)!;
    expect(section.charts!.map(({ title }) => title)).toEqual([
      'Reading',
      'Writing',
      'Forecast error, of work',
    ]);
    expect(reportPage(report)).toContain('<code>ollama serve</code>');
  });

  test('says how to begin where nothing was measured', () => {
    expect(reportPage(profileReport(nothing, 0))).toContain('<code>parley calibrate</code>');
  });
});

test('the curve and its band follow the points', () => {
  const { rig } = cardFor(MODEL, learnt);
  const chart = readingChart(learnt, rig.reading) as PointChart;
  expect(chart.points).toHaveLength(30);
  const [last, end] = [chart.points.at(-1)!, chart.line.at(-1)!];
  expect(end.x).toBe(last.x);
  expect(Math.abs(end.y / last.y - 1)).toBeLessThan(0.1);
  const { low, high } = chart.band!.at(-1)!;
  expect(low).toBeLessThan(end.y);
  expect(high).toBeGreaterThan(end.y);
});

test('points lie in the band, though they were measured at many depths and before the machine became slow', () => {
  const random = seededRandom(4);
  const seen = Array.from({ length: 80 }, (_, n) => {
    const cachedTokens = Math.floor(random() * 6000);
    const promptTokens = cachedTokens + 50 + Math.floor(random() * 2000);
    const seconds = (0.05 + (promptTokens - cachedTokens) * (0.001 + cachedTokens * 4e-7)) * (n < 40 ? 1 : 2);
    return observed({ promptTokens, cachedTokens, readSeconds: seconds * (1 + 0.06 * (random() - 0.5)) });
  });
  const { rig } = cardFor(MODEL, seen);
  const { points, band } = readingChart(seen, rig.reading) as PointChart;
  const recent = points.filter(({ faint }) => !faint);
  expect(recent).toHaveLength(30);
  const within = recent.filter(({ x, y }) => {
    const { low, high } = band!.find((at) => at.x >= x)!;
    return y >= low * 0.93 && y <= high;
  });
  expect(within.length).toBeGreaterThanOrEqual(27);
});

test('a few wild errors do not flatten the learning curve', () => {
  const chart = learningChart([foretold(30), ...learnt]) as PointChart;
  expect(chart.top).toBeLessThan(1);
  expect(chart.points[0]!.y).toBeCloseTo(30);
});

test('ticks are round and few', () => {
  expect(ticksTo(5326)).toEqual([0, 2000, 4000, 6000]);
  expect(ticksTo(1)).toHaveLength(6);
  expect(ticksTo(12, { whole: true })).toEqual([0, 5, 10, 15]);
  expect(ticksTo(1, { whole: true })).toEqual([0, 1]);
  for (let most = 0.013; most < 1e6; most *= 1.7) expect(ticksTo(most).length).toBeLessThanOrEqual(6);
});

test('the command writes the page where it is told, and prints the raw data when asked for', async () => {
  const { machine } = await machineThat({ models: ['qwen3:8b'] });
  const home = await folderWith();
  const env = { HOME: home, PATH: process.env.PATH, OLLAMA_BASE_URL: machine.url };
  const parley = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['src/main.ts', 'profile', ...args], { env });
  const file = join(home, 'p.html');
  expect((await parley('--html', file)).stdout).toContain(file);
  expect(await readFile(file, 'utf8')).toContain('ollama:qwen3:8b');
  const { models, observations } = JSON.parse((await parley('--json')).stdout);
  expect(models).toMatchObject([{ reference: 'ollama:qwen3:8b', fits: [] }]);
  expect(observations).toEqual([]);
  const nowhere = parley('--html', join(home, 'no/such/folder.html'));
  await expect(nowhere).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be written'),
  });
});
