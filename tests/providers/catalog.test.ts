import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/conversation/failure.ts';
import type { ReplyDelta } from '../../src/conversation/reply.ts';
import { LLMProvider, type ModelInfo } from '../../src/providers/base.ts';
import { chooseDefault, listAllModels, resolveReference } from '../../src/providers/catalog.ts';
import { Roster } from '../../src/providers/roster.ts';
import { heedUnheard } from '../../src/providers/unheard.ts';
import { silentServer } from '../support/silent-server.ts';

interface Shelf {
  models?: (string | Partial<ModelInfo>)[];
  down?: string;
  /** It takes what is asked and says nothing in time. */
  late?: boolean;
  local?: boolean;
  byDefault?: string;
}

/** A provider that lists what it is told to, and says nothing. */
class Shelved extends LLMProvider {
  readonly #name: string;
  readonly #shelf: Shelf;

  constructor(name: string, shelf: Shelf) {
    super();
    this.#name = name;
    this.#shelf = shelf;
  }

  getProviderName() {
    return this.#name;
  }

  override get local() {
    return this.#shelf.local ?? false;
  }

  async getDefaultModel() {
    if (this.#shelf.down) throw new Failure('unreachable', this.#shelf.down);
    return this.#shelf.byDefault;
  }

  async listModels(): Promise<ModelInfo[]> {
    if (this.#shelf.late) throw new Failure('stalled', `${this.#name} did not answer in time.`);
    if (this.#shelf.down) throw new Failure('unreachable', this.#shelf.down);
    return (this.#shelf.models ?? []).map((model) => {
      const info = typeof model === 'string' ? { name: model } : model;
      return { reference: `${this.#name}:${info.name}`, name: '', local: this.local, ...info };
    });
  }

  // biome-ignore lint/correctness/useYield: it has nothing to say.
  async *stream(): AsyncGenerator<ReplyDelta> {
    throw new Failure('internal', 'it says nothing');
  }
}

function rosterOf(shelves: Record<string, Shelf>): Roster {
  const roster = new Roster();
  for (const [name, shelf] of Object.entries(shelves)) roster.add(new Shelved(name, shelf));
  return roster;
}

const SHELVES: Record<string, Shelf> = {
  anthropic: {
    models: ['claude-sonnet-4-5-20250929', 'claude-sonnet-5-5', 'claude-sonnet-5', 'claude-opus-5'],
    byDefault: 'claude-sonnet-5-5',
  },
  ollama: { models: ['qwen3:8b', 'qwen3:32b', 'llama3.2:latest'], local: true, byDefault: 'qwen3:8b' },
};

describe('a name', () => {
  const roster = rosterOf(SHELVES);
  test.each([
    ['anthropic:claude-opus-5', 'anthropic:claude-opus-5'],
    ['anthropic:not-listed-yet', 'anthropic:not-listed-yet'],
    ['opus', 'anthropic:claude-opus-5'],
    ['SONNET', 'anthropic:claude-sonnet-5-5'],
    ['claude-sonnet-5', 'anthropic:claude-sonnet-5'],
    ['llama3.2', 'ollama:llama3.2:latest'],
    ['qwen3:32b', 'ollama:qwen3:32b'],
    ['ollama', 'ollama:qwen3:8b'],
    [' anthropic ', 'anthropic:claude-sonnet-5-5'],
    ['OLLAMA:qwen3:8b', 'ollama:qwen3:8b'],
    ['Ollama', 'ollama:qwen3:8b'],
  ])('%j means %s', async (name, reference) => {
    expect(await resolveReference(name, roster)).toBe(reference);
  });

  test.each([
    ['flash', 'gemini:gemini-3.8-flash'],
    ['pro', 'gemini:gemini-2.5-pro'],
    ['flash-lite', 'gemini:gemini-3.5-flash-lite'],
    ['gemini-flash', 'gemini:gemini-flash-latest'],
    ['pro-preview', 'gemini:gemini-3.1-pro-preview'],
  ])('%j means a plain model before its variants: %s', async (name, reference) => {
    const models = [
      ...['gemini-3.8-flash', 'gemini-3.5-flash-lite', 'gemini-flash-latest', 'gemini-flash-lite-latest'],
      ...['gemini-2.5-flash', 'gemini-2.5-flash-image', 'gemini-2.5-pro', 'gemini-pro-latest'],
      ...['gemini-3.1-pro-preview', 'gemini-3.1-pro-preview-customtools'],
    ];
    expect(await resolveReference(name, rosterOf({ gemini: { models } }))).toBe(reference);
  });

  test.each([
    ['qwen3', /"qwen3" may mean ollama:qwen3:8b, ollama:qwen3:32b\. Write more of the name\./],
    ['sonet', /No model is called "sonet"\. Did you mean sonnet\?/],
    ['claude-opus-6', /Did you mean .*claude-opus-5/],
    ['zzzzzz', /`parley models` lists what there is\./],
  ])('%j is refused with what comes near', async (name, sentence) => {
    await expect(resolveReference(name, roster)).rejects.toThrow(sentence);
  });

  test('of a provider without a key names its variable, and where a key is made', async () => {
    const keyless = rosterOf({ ollama: SHELVES.ollama! });
    keyless.configure({ anthropic: { kind: 'anthropic' }, gemini: { kind: 'gemini' } });
    for (const name of ['sonnet', 'sonet', 'claude-opus-5'])
      await expect(resolveReference(name, keyless)).rejects.toThrow(
        /looks like a model of anthropic\. .*set ANTHROPIC_API_KEY .* A key is made at https:/,
      );
    await expect(resolveReference('flash', keyless)).rejects.toMatchObject({ kind: 'no-key' });
    await expect(resolveReference('qwen3:9b', keyless)).rejects.toThrow(/Did you mean qwen3:8b/);
    await expect(resolveReference('zzz', keyless)).rejects.toThrow(
      /No model is called "zzz".*\(anthropic, gemini could not be asked\.\)/,
    );
  });

  test('of OpenAI says how OpenAI is set up', async () => {
    for (const name of ['openai:gpt-5', 'gpt-5'])
      await expect(resolveReference(name, roster)).rejects.toThrow(
        /not set up: write `openai: \{ type: openai \}` under `providers:`.* and set OPENAI_API_KEY/,
      );
  });

  test('that is nearly one of two servers is offered once, the nearest first, and never ambiguously', async () => {
    const both = { models: ['qwen3:8b'], local: true };
    const two = rosterOf({ ollama: both, 'gpu-box': both });
    await expect(resolveReference('gpubox:qwen3:8b', two)).rejects.toThrow(/mean gpu-box:qwen3:8b\?/);
    const one = rosterOf({ 'gpu-box': both });
    await expect(resolveReference('gpubox:qwen3:8b', one)).rejects.toThrow(/mean gpu-box:qwen3:8b\?/);
  });

  test('that might belong to a provider that is down says so', async () => {
    const half = rosterOf({ ...SHELVES, gemini: { down: 'no network' } });
    await expect(resolveReference('flash', half)).rejects.toThrow(/\(gemini could not be asked\.\)/);
  });
});

describe('a name that nobody bears', () => {
  const models = {
    anthropic: { models: ['claude-sonnet-5-5', 'claude-opus-4-5-20251101', 'claude-haiku-4-5-20251001'] },
    ollama: {
      models: ['qwen3:8b', 'gemma3:4b', 'qwen2.5-coder:7b', 'qwen3-coder:30b', 'llama3.2:1b', 'llama3.2:3b'],
      local: true,
    },
  };

  test.each([
    ['claude-3-opus', ['opus']],
    ['qwn3', ['qwen3']],
    ['quen3', ['qwen3']],
    ['gemma4', ['gemma3']],
    ['deepseek-coder', ['ollama:qwen2.5-coder:7b', 'ollama:qwen3-coder:30b']],
    ['llame3.2', ['ollama:llama3.2:1b', 'ollama:llama3.2:3b']],
  ])('%s, is answered with names that can be taken: %j', async (name, offers) => {
    const roster = rosterOf(models);
    await expect(resolveReference(name, roster)).rejects.toThrow(`Did you mean ${offers.join(' or ')}?`);
    for (const offer of offers) expect(await resolveReference(offer, roster)).toContain(':');
  });

  test('but that a server may have which is late, is not denied, and its reference is offered', async () => {
    const roster = rosterOf({ anthropic: SHELVES.anthropic!, ollama: { late: true, local: true } });
    await expect(resolveReference('qwen3:8b', roster)).rejects.toThrow(
      /^ollama did not answer in time, and nobody else has a model called "qwen3:8b"\. Write ollama:qwen3:8b to take it unasked\./,
    );
    const remote = rosterOf({ ollama: SHELVES.ollama!, gemini: { late: true } });
    await expect(resolveReference('flash', remote)).rejects.toThrow(
      /^gemini did not answer in time, .* "flash"\. Try again\./,
    );
  });

  test.each(['', ' ', undefined])('%j, is no name', async (name) => {
    await expect(resolveReference(name as string, rosterOf(SHELVES))).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/^No model is named: /),
    });
  });
});

describe('a short name of which another server may be the one that is meant, but did not answer,', () => {
  const away: Record<string, Shelf> = {
    silent: { late: true, local: true },
    dead: { down: 'nobody there', local: true },
  };
  const cloud = { models: ['qwen3-coder-30b', 'qwen3-max', 'gpt-5'] };
  const told: string[] = [];
  const resolve = (name: string, shelves: Record<string, Shelf>) => {
    told.length = 0;
    return resolveReference(name, rosterOf(shelves), undefined, (sentence) => told.push(sentence));
  };

  test.each(['silent', 'dead'])(
    'does not take work from a %s machine of one’s own to a remote service',
    async (how) => {
      const shelves = { ollama: away[how]!, openai: cloud };
      await expect(resolve('qwen3-coder', shelves)).rejects.toThrow(
        /^"qwen3-coder" may mean a model of ollama, which did not answer\. Write openai:qwen3-coder-30b if that one is meant: /,
      );
      expect(await resolve('openai:qwen3-coder-30b', shelves)).toBe('openai:qwen3-coder-30b');
    },
  );

  test('is taken for a model that no machine of one’s own can have, and for one whose whole name it is', async () => {
    const shelves = { ollama: away.silent!, openai: cloud, anthropic: SHELVES.anthropic! };
    expect(await resolve('sonnet', shelves)).toBe('anthropic:claude-sonnet-5-5');
    expect(await resolve('gpt', shelves)).toBe('openai:gpt-5');
    expect(await resolve('qwen3-max', shelves)).toBe('openai:qwen3-max');
    expect(told).toEqual([]);
  });

  test('is warned of where the server was never set up and nobody is there', async () => {
    const roster = rosterOf({ openai: cloud });
    roster.configure({ ollama: { kind: 'ollama' } });
    expect([roster.isAssumed('ollama'), roster.isAssumed('openai')]).toEqual([true, false]);
    const listings = [
      { provider: 'ollama', local: true, models: [], failure: new Failure('unreachable', 'nobody there') },
    ];
    const taken = { reference: 'openai:qwen3-coder-30b', name: 'qwen3-coder-30b', local: false };
    const refused = listings.map((one) => ({ ...one, assumed: false }));
    expect(() => heedUnheard('qwen3', taken, refused)).toThrow('may mean a model of ollama');
    const warned: string[] = [];
    const never = listings.map((one) => ({ ...one, assumed: true }));
    heedUnheard('qwen3', taken, never, (sentence) => warned.push(sentence));
    expect(warned).toEqual([
      'ollama did not answer; of the other models "qwen3" means openai:qwen3-coder-30b.',
    ]);
  });

  test('is said to be taken for a model of another machine', async () => {
    const box = { models: ['qwen3-coder:30b'], local: true };
    expect(await resolve('qwen3-coder', { ollama: away.dead!, box })).toBe('box:qwen3-coder:30b');
    expect(told).toEqual([
      'ollama did not answer; of the other models "qwen3-coder" means box:qwen3-coder:30b.',
    ]);
  });

  test('is not offered where a name is misspelt', async () => {
    const roster = rosterOf({ ollama: away.dead!, openai: { models: ['qwen3-coder-30b'] } });
    await expect(resolveReference('qwn3', roster)).rejects.toThrow(/Did you mean openai:qwen3-coder-30b\?/);
  });

  test('is asked of who was silent before as well, where it would take work away', async () => {
    const roster = rosterOf({ ollama: { models: ['qwen3-coder:30b'], local: true }, openai: cloud });
    await roster.ask('ollama', () => new Promise(() => {}), { withinMs: 1 }).catch(() => {});
    expect(roster.isSilent('ollama')).toBe(true);
    expect(await resolveReference('qwen3-coder', roster)).toBe('ollama:qwen3-coder:30b');
  });
});

test('one provider that is down costs its own line only', async () => {
  const listings = await listAllModels(rosterOf({ ...SHELVES, gemini: { down: 'no network' } }));
  expect(
    listings.map(({ provider, models, failure }) => [provider, models.length, failure?.message]),
  ).toEqual([
    ['anthropic', 4, undefined],
    ['ollama', 3, undefined],
    ['gemini', 0, 'no network'],
  ]);
});

test('a human who stops the listing is not given half of it', async () => {
  const stopped = AbortSignal.abort();
  await expect(listAllModels(rosterOf({ gemini: { down: 'no network' } }), stopped)).rejects.toThrow(
    /Stopped/,
  );
});

describe('the model to start with', () => {
  test('is the one that was set', async () => {
    expect(await chooseDefault('opus', rosterOf(SHELVES))).toBe('anthropic:claude-opus-5');
  });

  test('is else of the first provider that works', async () => {
    const roster = rosterOf({ anthropic: { down: 'no network' }, ollama: SHELVES.ollama! });
    expect(await chooseDefault(undefined, roster)).toBe('ollama:qwen3:8b');
  });

  test('is nobody where there is none, with the way to one', async () => {
    await expect(chooseDefault(undefined, rosterOf({}))).rejects.toThrow(
      /Set ANTHROPIC_API_KEY or GEMINI_API_KEY/,
    );
  });

  test('is asked for at all servers of one’s own at the same time, and that can be stopped', async () => {
    const [one, two] = [await silentServer(), await silentServer()];
    const roster = new Roster();
    roster.configure({
      ollama: { kind: 'ollama', baseUrl: one.url },
      'gpu-box': { kind: 'ollama', baseUrl: two.url },
    });
    const stop = new AbortController();
    const both = Promise.all([one.next(), two.next()]);
    const chosen = chooseDefault(undefined, roster, stop.signal);
    await both;
    // One after the other, the first would have been waited for until it counts as silent.
    expect(roster.isSilent('ollama')).toBe(false);
    stop.abort();
    await expect(chosen).rejects.toMatchObject({ kind: 'stopped' });
  });

  test('is not taken from a service that has no key', async () => {
    const roster = new Roster();
    roster.configure({ anthropic: { kind: 'anthropic' } });
    await expect(chooseDefault(undefined, roster)).rejects.toMatchObject({ kind: 'no-key' });
  });
});

test('a provider that nobody has is refused with the names there are', async () => {
  const roster = rosterOf(SHELVES);
  await expect(roster.get('antropic')).rejects.toThrow(
    /There is no provider "antropic"\. Did you mean anthropic\?/,
  );
  await expect(roster.get('zzz')).rejects.toThrow(/There are: anthropic, ollama\./);
});
