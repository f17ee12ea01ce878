import { describe, expect, test } from 'vitest';
import { PrefixMemory } from '../../src/local/prefix.ts';
import { fc } from '../support/chance.ts';

const FILES = 'file '.repeat(400);
const memoryOf = () => new PrefixMemory((text) => text.length / 5);

describe('what is still in the cache', () => {
  test('is the common beginning with the last prompt, in tokens as they were counted', () => {
    const memory = memoryOf();
    memory.remember(`${FILES}first question`, 410);
    const shared = memory.shared(`${FILES}second question`)!;
    expect(shared.characters).toBe(FILES.length);
    expect(shared.tokens).toBe(Math.floor(410 - 'first question'.length / 5));
  });

  test('is in proportion where most of the last prompt is not shared, for its end says little then', () => {
    const memory = memoryOf();
    memory.remember(`Read ${'a line; '.repeat(500)}`, 2000);
    expect(memory.shared('Read something else')!.tokens).toBe(Math.floor((2000 * 5) / 4005));
  });

  test('is the reply too, where the talk goes on', () => {
    const memory = memoryOf();
    const reply = { text: `${FILES}question. The answer.`, tokens: 4 };
    memory.remember(`${FILES}question.`, 405, reply);
    expect(memory.shared(`${reply.text} And now?`)).toMatchObject({
      characters: reply.text.length,
      tokens: 409,
    });
    expect(memory.shared(`${FILES}another`)!.tokens).toBe(Math.floor(405 - 'question.'.length / 5));
  });

  test('is nothing at first, for another text, and after the model was loaded anew', () => {
    const memory = memoryOf();
    expect(memory.shared(FILES)).toBeUndefined();
    memory.remember(FILES, 400);
    expect(memory.shared('Something else')).toBeUndefined();
    memory.forget();
    expect(memory.shared(FILES)).toBeUndefined();
  });

  test('is what the last prompt left, until the server is seen to remember more', () => {
    const memory = memoryOf();
    memory.remember(`A ${FILES}`, 400);
    memory.remember(`B ${FILES}`, 400);
    expect(memory.shared(`A ${FILES} more`)).toBeUndefined();
    memory.noteCached(`A ${FILES} more`, 398);
    expect(memory.shared(`A ${FILES} more`)).toMatchObject({ age: 1, tokens: 400 });
  });

  test('is doubtful where the server was stopped while it read, until a prompt was read to its end', () => {
    const memory = memoryOf();
    expect(memory.isSureOf(`${FILES} one`)).toBe(true);
    memory.doubt(`${FILES} one`);
    expect([memory.isSureOf(`${FILES} two`), memory.isSureOf('Something else')]).toEqual([false, true]);
    expect(memory.shared(`${FILES} two`)).toBeUndefined();
    memory.remember(`${FILES} two`, 401);
    expect(memory.isSureOf(`${FILES} three`)).toBe(true);
  });

  test('is not explained by chance: a count that fits no prompt teaches nothing', () => {
    const memory = memoryOf();
    memory.remember(`A ${FILES}`, 400);
    memory.remember(`B ${FILES}`, 400);
    memory.noteCached(`A ${FILES}`, 200);
    expect(memory.shared(`A ${FILES}`)).toBeUndefined();
  });

  test('prompts that begin alike share a slot', () => {
    const memory = memoryOf();
    for (let n = 0; n < 10; n++) memory.remember(`${FILES}${n}`, 401);
    memory.noteCached(`${FILES}0`, 400);
    expect(memory.shared(`${FILES}0`)).toMatchObject({ age: 0 });
  });

  test('empty prompts, and counts of nothing, are passed over', () => {
    const memory = memoryOf();
    memory.remember('', 5);
    memory.remember('abc', 0);
    expect(memory.shared('abc')).toBeUndefined();
  });
});

test('never more than both prompts hold, whatever they are', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), fc.nat(5000), (start, one, two, tokens) => {
      const memory = memoryOf();
      memory.remember(start + one, tokens);
      const shared = memory.shared(start + two);
      if (!shared) return;
      expect(shared.characters).toBeGreaterThanOrEqual(start.length);
      expect(shared.characters).toBeLessThanOrEqual(Math.min((start + one).length, (start + two).length));
      expect(shared.tokens).toBeLessThanOrEqual(tokens);
    }),
  );
});
