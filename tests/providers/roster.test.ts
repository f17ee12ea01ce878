import { expect, test } from 'vitest';
import { AnthropicProvider } from '../../src/providers/anthropic.ts';
import { chooseDefault } from '../../src/providers/catalog.ts';
import type { ProviderEntry } from '../../src/providers/registry.ts';
import { Roster } from '../../src/providers/roster.ts';
import { silentServer } from '../support/silent-server.ts';

const entry = (baseUrl: string): ProviderEntry => ({ kind: 'anthropic', baseUrl });

test('a provider that was added by hand has its key, whatever the settings say of its name', async () => {
  const roster = new Roster();
  roster.configure({ anthropic: { kind: 'anthropic' }, gemini: { kind: 'gemini' } });
  expect(roster.hasKey('anthropic')).toBe(false);
  roster.add(new AnthropicProvider({ name: 'anthropic', apiKey: 'my-own-key' }));
  expect(roster.hasKey('anthropic')).toBe(true);
  expect(await chooseDefault(undefined, roster)).toBe('anthropic:claude-sonnet-5-5');
});

test('settings that are read again count, and leave alone what did not change', async () => {
  const roster = new Roster();
  roster.configure({ same: entry('http://a'), moved: entry('http://a'), gone: entry('http://a') });
  const byHand = new AnthropicProvider({ name: 'mine', apiKey: 'my-own-key' });
  roster.add(byHand);
  const [same, moved] = await Promise.all([roster.get('same'), roster.get('moved'), roster.get('gone')]);
  roster.configure({ same: entry('http://a'), moved: entry('http://b'), mine: entry('http://b') });
  expect(await roster.get('same')).toBe(same);
  expect(await roster.get('moved')).not.toBe(moved);
  expect(await roster.get('mine')).toBe(byHand);
  await expect(roster.get('gone')).rejects.toThrow('There is no provider "gone"');
  expect(roster.names()).toEqual(['same', 'moved', 'mine']);
});

test('who does not answer in time is taken for absent until it is asked anew and answers', async () => {
  const { url } = await silentServer();
  const roster = new Roster();
  roster.configure({ 'gpu-box': { kind: 'ollama', baseUrl: url } });
  expect(await roster.mayBeLocal('gpu-box')).toBe(true);
  const deadline = { withinMs: 1 };
  const models = roster.ask('gpu-box', (provider, signal) => provider.listModels(signal), deadline);
  await expect(models).rejects.toMatchObject({ kind: 'stalled' });
  expect(roster.isSilent('gpu-box')).toBe(true);
  expect(await roster.mayBeLocal('gpu-box')).toBe(false);
  await roster.ask('gpu-box', async () => [], { withinMs: 60_000 });
  expect(await roster.mayBeLocal('gpu-box')).toBe(true);
});
