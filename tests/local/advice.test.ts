import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/conversation/reply.ts';
import { adviceAfter, adviceBefore } from '../../src/local/advice.ts';
import { freshLoad } from '../../src/local/budget.ts';
import { forecast, type Load } from '../../src/local/forecast.ts';
import type { Outlook } from '../../src/local/machine.ts';
import { rigFrom } from '../../src/local/rig.ts';
import { HOST, MODEL, observed } from '../support/measured.ts';

const rig = rigFrom(
  { host: HOST, model: MODEL },
  Array.from({ length: 30 }, (_, n) => observed({ promptTokens: 200 + n * 150, writtenTokens: 20 + n * 9 })),
);
const outlook = (load: Load) => ({ load, forecast: forecast(rig, load) }) as Outlook;

describe('before it is sent', () => {
  test('the advice says by how much, and every way that it names would fit', () => {
    const load = freshLoad(3000, 800);
    const text = adviceBefore(outlook(load), rig, 12);
    const [, over, output, prompt, seconds] =
      /: (\d+(?:\.\d)?) s over the budget of 12 s \(.*max_output ([\d,]+) instead of 800(?:, or a prompt of ([\d,]+) tokens instead of 3,000 \(\d+ % of the lines\))?.*seconds (\d+)\.$/.exec(
        text,
      )!;
    const bound = (more: Partial<Load>) => forecast(rig, { ...load, ...more })!.boundSeconds;
    expect(Number(over)).toBeCloseTo(bound({}) - 12, 0);
    const tokens = Number(output!.replace(',', ''));
    expect(bound({ written: { tokens, boundTokens: tokens } })).toBeLessThanOrEqual(12);
    if (prompt) expect(bound({ promptTokens: Number(prompt.replace(',', '')) })).toBeLessThanOrEqual(12);
    expect(Number(seconds)).toBeGreaterThanOrEqual(bound({}));
  });

  test('where neither alone is enough, it is less of both', () => {
    const text = adviceBefore(outlook(freshLoad(20_000, 2000)), rig, 15);
    expect(text).toMatch(
      /Would fit: a prompt of [\d,]+ tokens instead of 20,000 \(\d+ % of the lines\) with max_output \d+ instead of 2,000, or seconds \d+/,
    );
  });

  test('another model that would be in time is named', () => {
    const other = { model: 'ollama:small', boundSeconds: 4.24 };
    expect(adviceBefore(outlook(freshLoad(3000, 800)), rig, 12, other)).toContain(
      'model ollama:small (up to 4.2 s)',
    );
  });

  test('of a model that was never measured it says that', () => {
    const unknown = { load: freshLoad(10, 10), forecast: undefined } as Outlook;
    expect(adviceBefore(unknown, rigFrom({ host: HOST, model: 'x' }, []), 5)).toMatch(/never measured/);
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
      /Reading dominated \(75 %\): name fewer lines\. The same files first/,
    ],
    [
      'reading what was cached',
      { readSeconds: 9, wallSeconds: 12, cachedTokens: 900 },
      /name fewer lines\.(?! The same)/,
    ],
    [
      'writing, too long',
      { writeSeconds: 28, wallSeconds: 29 },
      /Writing dominated \(97 %\): ask for less, a list or a patch/,
    ],
    ['writing, in good time', { writeSeconds: 3, wallSeconds: 4 }, /Writing dominated \(75 %\)\.(?! ask)/],
  ])('it says what dominated: %s', (_, more, expected) => expect(told(more)).toMatch(expected));

  test('it takes the cost apart, with the forecast beside the fact', () => {
    const text = adviceAfter(profile({ cachedTokens: 600, loadSeconds: 0.1 }), {
      forecast: { seconds: 3.24, boundSeconds: 5 },
    });
    expect(text).toBe(
      'Cost: 3.6 s = read 1,000 tokens (600 cached) 1.0 s + write 100 at 40/s 2.5 s; forecast 3.2 s (−10 %). Writing dominated (69 %).',
    );
  });

  test('it says how much output the seconds hold with this prompt', () => {
    const [, tokens] = /With this prompt, 30 s hold ([\d,]+) tokens of output\./.exec(told({}))!;
    const written = Number(tokens!.replace(',', ''));
    expect(forecast(rig, freshLoad(1000, written))!.boundSeconds).toBeLessThanOrEqual(30);
    expect(forecast(rig, freshLoad(1000, written * 1.05))!.boundSeconds).toBeGreaterThan(30);
  });

  test('of what was stopped it says how much was written, for no more fits', () => {
    const cut = profile({
      complete: false,
      writtenTokens: undefined,
      wallSeconds: 8,
      readSeconds: undefined,
      writeSeconds: undefined,
    });
    const text = adviceAfter(cut, { budgetSeconds: 8, writtenAbout: 331 });
    expect(text).toContain(
      'It was stopped with about 331 tokens written: 8.0 s hold no more. Ask for less, or for it in pieces.',
    );
    expect(adviceAfter(cut, { budgetSeconds: 8, writtenAbout: 3 })).not.toContain('stopped with');
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
      'Cost: 3.6 s = read an unknown number of tokens in unknown time + write an unknown number of in unknown time; no forecast yet.',
    );
  });
});
