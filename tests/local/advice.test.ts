import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/conversation/reply.ts';
import { adviceAfter, refusalText } from '../../src/local/advice.ts';
import { freshLoad } from '../../src/local/budget.ts';
import { forecast, type Load } from '../../src/local/forecast.ts';
import type { Outlook } from '../../src/local/machine.ts';
import { rigFrom } from '../../src/local/rig.ts';
import { HOST, MODEL, observed } from '../support/measured.ts';

const rig = rigFrom(
  { host: HOST, model: MODEL },
  Array.from({ length: 30 }, (_, n) => observed({ promptTokens: 200 + n * 150, writtenTokens: 20 + n * 9 })),
);
const prospect = { contextSize: 8192 } as Outlook['prospect'];
const outlook = (load: Load) => ({ prospect, load, forecast: forecast(rig, load) }) as Outlook;

describe('before it is sent', () => {
  test('the advice says by how much, and what would fit as arguments that can be given', () => {
    const load = { ...freshLoad(3000, 4000), written: { tokens: 61, boundTokens: 4000 } };
    const offers = [
      { maxOutputTokens: 180 },
      { files: ['a.ts:1-63'], maxOutputTokens: 400 },
      { model: 'ollama:small', boundSeconds: 4.24 },
      { seconds: 44, pieces: 3 },
    ];
    const text = refusalText(outlook(load), 12, offers);
    const { seconds, boundSeconds } = forecast(rig, load)!;
    const [, takes, upTo, over] =
      /^It would take ([\d.]+) s, up to (\d+) s: (\d+) s over the budget of 12 s \(read 3,000 [\d.]+ s, write 61 [\d.]+ s, 4,000 at most\)\. /.exec(
        text,
      )!;
    expect([takes, upTo, over].map(Number)).toEqual([
      Number(seconds.toFixed(1)),
      Math.round(boundSeconds),
      Math.round(boundSeconds - 12),
    ]);
    expect(text).toMatch(
      / Would fit: max_output: 180; or files: \["a\.ts:1-63"\], max_output: 400; or model: "ollama:small" \(up to 4\.2 s\); or seconds: 44 \(in 3 pieces\)\. Or insist: true\.$/,
    );
  });

  test('of a model that was never heard to end it says how long it took at least', () => {
    const unknown = { load: freshLoad(5853, 10), atLeastSeconds: 66 } as Outlook;
    expect(refusalText(unknown, 60, [])).toBe(
      'Reading it alone takes 66 s or more: over the budget of 60 s (5,853 tokens). Or insist: true.',
    );
  });
});

describe('after it is done', () => {
  const profile = (more: Partial<Profile>): Profile => ({
    complete: true,
    host: HOST,
    local: true,
    promptCharacters: 4000,
    promptTokens: 1000,
    writtenTokens: 100,
    readSeconds: 1,
    writeSeconds: 2.5,
    wallSeconds: 3.6,
    parallelRequests: 1,
    ...more,
  });
  const told = (more: Partial<Profile>, budgetSeconds = 30) =>
    adviceAfter(profile(more), { rig, outlook: outlook(freshLoad(1000, 100)), budgetSeconds });

  test.each([
    ['loading', { loadSeconds: 20, wallSeconds: 24 }, /Loading dominated: the model is in memory now/],
    [
      'reading',
      { readSeconds: 9, wallSeconds: 12 },
      /Reading dominated \(75 %\): 1,000 tokens of new text cost 1\.\d s: name fewer lines, or the same ones first again, which are read from the cache\./,
    ],
    [
      'reading what was cached',
      { readSeconds: 9, wallSeconds: 12, cachedTokens: 900 },
      /name fewer lines\. /,
    ],
    [
      'writing, too long',
      { writeSeconds: 28, wallSeconds: 29 },
      /Writing dominated \(97 %\): ask for less, a list or a patch/,
    ],
    ['writing, in good time', { writeSeconds: 3, wallSeconds: 4 }, /Writing dominated \(75 %\)\./],
    [
      'waiting',
      { overheadSeconds: 9, wallSeconds: 12 },
      /Waiting dominated: other requests were before it\./,
    ],
  ])('it says what dominated: %s', (_, more, expected) => expect(told(more)).toMatch(expected));

  test('it takes the cost apart, with the forecast beside the fact', () => {
    const text = adviceAfter(profile({ cachedTokens: 600, loadSeconds: 0.1 }), {
      forecast: { seconds: 3.24, boundSeconds: 5 },
    });
    expect(text).toBe(
      'Cost: 3.6 s = read 1,000 tokens (600 cached) 1.0 s + write 100 tokens at 40/s 2.5 s; forecast 3.2 s (−10 %). Writing dominated (69 %).',
    );
  });

  test('it says how much output the seconds hold behind the same files, which are cached then', () => {
    const files = adviceAfter(profile({}), {
      rig,
      outlook: outlook(freshLoad(1000, 100)),
      budgetSeconds: 30,
      hasFiles: true,
    });
    const [, tokens] = /Asked again about the same files, 30 s hold ([\d,]+) tokens of output\./.exec(files)!;
    const written = Number(tokens!.replace(',', ''));
    const load = (count: number) => ({ ...freshLoad(1000, count), cachedTokens: 920 });
    expect(forecast(rig, load(written))!.boundSeconds).toBeLessThanOrEqual(30);
    expect(forecast(rig, load(written * 1.05))!.boundSeconds).toBeGreaterThan(30);
    const [, fresh] = /With another prompt like this, 30 s hold ([\d,]+) tokens of output\./.exec(told({}))!;
    expect(Number(fresh!.replace(',', ''))).toBeLessThan(written);
  });

  test('more than the window holds is promised to nobody', () => {
    const near = { rig, outlook: outlook(freshLoad(8000, 100)), budgetSeconds: 600 };
    expect(adviceAfter(profile({ promptTokens: 8000 }), near)).toContain('600 s hold 192 tokens of output.');
  });

  const cut = profile({
    complete: false,
    ...{ promptTokens: undefined, writtenTokens: undefined, readSeconds: undefined, writeSeconds: undefined },
    ...{ wallSeconds: 8, firstTokenSeconds: 1.2, heardTokens: 320, heardSeconds: 6.4 },
  });

  test('of what was stopped for its time it says how far it came, and that no more fits', () => {
    const text = adviceAfter(cut, { budgetSeconds: 8, writtenAbout: 331, late: true });
    expect(text).toBe(
      'Cost: 8.0 s, then stopped: the first word after 1.2 s, then about 331 tokens at 50/s; no forecast yet. 8.0 s hold no more: ask for less, or for it in pieces.',
    );
  });

  test('what broke off for another reason is not said to be too much', () => {
    const text = adviceAfter(cut, { budgetSeconds: 60, writtenAbout: 331 });
    expect(text).not.toContain('hold no more');
    expect(adviceAfter({ ...cut, firstTokenSeconds: undefined }, { budgetSeconds: 60 })).toBe(
      'Cost: 8.0 s, then stopped: nothing came; no forecast yet.',
    );
  });

  test('of what failed for another reason it says nothing of time', () => {
    const failed = { rig, outlook: outlook(freshLoad(1000, 100)), budgetSeconds: 60, failed: true };
    expect(adviceAfter({ ...cut, wallSeconds: 0.1, firstTokenSeconds: undefined }, failed)).toBe(
      'Cost: 0.1 s, then it failed: nothing came; no forecast yet.',
    );
  });

  test('figures that are not known are said not to be', () => {
    const text = adviceAfter(
      profile({
        promptTokens: undefined,
        readSeconds: undefined,
        writtenTokens: undefined,
        writeSeconds: undefined,
      }),
      {},
    );
    expect(text).toBe(
      'Cost: 3.6 s = read unknown tokens in unknown time + write unknown tokens in unknown time; no forecast yet.',
    );
  });
});
