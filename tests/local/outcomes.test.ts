import { describe, expect, test } from 'vitest';
import { billionsOf, countOutcomes, expectedShare } from '../../src/local/outcomes.ts';
import { delegated } from '../support/measured.ts';

const model = (reference: string, parameterSize?: string) => ({
  reference,
  name: reference,
  local: true,
  parameterSize,
});
const judged = (outcome: 'accepted' | 'fixed' | 'rejected', more = {}) =>
  delegated({ model: 'ollama:a', outcome, ...more });

test('outcomes are counted by model and kind; what was not judged is not', () => {
  const counts = countOutcomes([
    judged('accepted'),
    judged('accepted'),
    judged('fixed', { kind: 'docs' }),
    judged('rejected', { model: 'ollama:b' }),
    delegated(),
  ]);
  expect(counts.get('ollama:a')!.get('tests')).toEqual({ accepted: 2, fixed: 0, rejected: 0 });
  expect(counts.get('ollama:a')!.get('docs')).toEqual({ accepted: 0, fixed: 1, rejected: 0 });
  expect([...counts.keys()]).toEqual(['ollama:a', 'ollama:b']);
});

describe('the share that a model is expected to get right', () => {
  const share = (records: Parameters<typeof expectedShare>[2], size?: string) =>
    expectedShare(model('ollama:a', size), 'tests', records);

  test('goes with its size before it has shown anything', () => {
    const shares = ['1.5B', '7.6B', '32.8B', '70B'].map((size) => share([], size));
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(share([])).toBe(0.5);
    expect(shares.every((value) => value >= 0.2 && value <= 0.9)).toBe(true);
  });

  test('rises with what was accepted, falls with what was not, and takes a repair for half', () => {
    const [none, good, mended, bad] = [[], ['accepted'], ['fixed'], ['rejected']].map((all) =>
      share(
        (all as ('accepted' | 'fixed' | 'rejected')[]).map((outcome) => judged(outcome)),
        '14B',
      ),
    );
    expect(good).toBeGreaterThan(none!);
    expect(mended).toBeLessThan(none!);
    expect(bad).toBeLessThan(mended!);
  });

  test('goes by the check where nobody judged, and by the judgement where somebody did', () => {
    expect(share([delegated({ model: 'ollama:a', checked: true })])).toBeGreaterThan(0.5);
    expect(share([delegated({ model: 'ollama:a', checked: false })])).toBeLessThan(0.5);
    expect(share([judged('accepted', { checked: false })])).toBeGreaterThan(0.5);
  });

  test('falls with work that was too slow or ran in circles, not with what the human or the network ended', () => {
    const ended = (failure: 'stalled' | 'cut-off' | 'stopped' | 'connection-lost') =>
      share([delegated({ model: 'ollama:a', status: 'partial', failure })]);
    expect([ended('stalled'), ended('cut-off')]).toEqual([0.375, 0.375]);
    expect([ended('stopped'), ended('connection-lost')]).toEqual([0.5, 0.5]);
  });

  test('hears of other kinds of work a little, of other models nothing', () => {
    const many = Array.from({ length: 10 }, () => judged('rejected', { kind: 'docs' }));
    expect(share(many)).toBeLessThan(0.5);
    expect(share(many)).toBeGreaterThan(share(many.map((one) => ({ ...one, kind: 'tests' }))));
    expect(share(many.map((one) => ({ ...one, model: 'ollama:b' })))).toBe(0.5);
  });
});

test.each([
  ['7.6B', 7.6],
  ['494.03M', 0.49403],
  ['22K', 22e-6],
  ['1b', 1],
  ['large', undefined],
  [undefined, undefined],
])('%s weights', (text, billions) =>
  expect(billionsOf(text)).toEqual(billions === undefined ? undefined : expect.closeTo(billions)),
);
