import { expect, test } from 'vitest';
import { builtInTools, declarationOf, workerTools } from '../../src/tools/index.ts';

const leader = builtInTools().map(declarationOf);

/** Four characters are about a token. */
function tokensOf(declarations: unknown): number {
  return JSON.stringify(declarations).length / 4;
}

test('the tools of a leader cost few tokens, those of a worker very few', () => {
  expect(tokensOf(leader)).toBeLessThan(1_700);
  expect(tokensOf(workerTools().map(declarationOf))).toBeLessThan(350);
});

test('the names are unique, and such as every provider takes', () => {
  const names = leader.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
});

test('the schemas use only what every provider understands', () => {
  const understood = new Set(['type', 'properties', 'required', 'description', 'items', 'enum']);
  for (const bound of ['minimum', 'maximum', 'minItems', 'maxItems']) understood.add(bound);
  for (const { parameters } of leader) {
    expect(parameters).toMatchObject({ type: 'object', properties: expect.any(Object) });
    expect(keywordsIn(parameters).difference(understood)).toEqual(new Set());
  }
});

test('every request names the same tools in the same words, so that prompt caches hold', () => {
  expect(JSON.stringify(builtInTools().map(declarationOf))).toBe(JSON.stringify(leader));
});

test('what a worker gets only reads', () => {
  expect(workerTools().map(({ conduct }) => conduct)).toEqual(['read', 'read', 'read']);
});

/** The keywords of a schema and of those within it, without the names of its properties. */
function keywordsIn(schema: unknown): Set<string> {
  if (typeof schema !== 'object' || schema === null) return new Set();
  const { properties = {}, items, ...rest } = schema as Record<string, unknown>;
  const own = new Set([...Object.keys(rest), ...(items ? ['items'] : []), 'properties']);
  const within = [items, ...Object.values(properties as object)];
  return within.reduce<Set<string>>((all, part) => all.union(keywordsIn(part)), own);
}
