import { describe, expect, test } from 'vitest';
import { configFrom, faultIn } from '../support/config-scene.ts';

describe('a fault in a file of settings is told with its place', () => {
  const FAULTS: [string, string, string][] = [
    [
      'a key with a slip in it',
      'display:\n  colour_code_models: true',
      '2:3: unknown key "colour_code_models". Did you mean color_code_models?',
    ],
    [
      'a key at the top',
      'thinking: low\nprovider: {}',
      '2:1: unknown key "provider". Did you mean providers?',
    ],
    [
      'a key of a provider',
      'providers:\n  ollama:\n    keepalive: 5m',
      '3:5: unknown key "keepalive". Did you mean keep_alive?',
    ],
    ['a key like no other', 'limits: { xyzzy: 3 }', '1:11: unknown key "xyzzy". There are: steps.'],
    [
      'a value with a slip in it',
      'providers:\n  box:\n    type: olama',
      '3:11: providers.box.type: "olama" is not one of anthropic, gemini, ollama, openai. Did you mean ollama?',
    ],
    [
      'one of several values',
      'approve: [edits, everything]',
      '1:18: approve.1: "everything" is not one of edits, commands, all.',
    ],
    [
      'a value of another type',
      'display:\n  show_thinking: "yes"',
      '2:18: display.show_thinking: a text stands where true or false belongs.',
    ],
    ['a number out of range', 'limits:\n  steps: 0', '2:10: limits.steps: expected number to be >=1.'],
    [
      'an address without a scheme',
      'providers:\n  box: { type: ollama, base_url: "box:11434" }',
      '2:34: providers.box.base_url: is no address; write it in full, for instance http://localhost:8080.',
    ],
    [
      'a time that is none',
      'providers: { ollama: { keep_alive: long } }',
      '1:36: providers.ollama.keep_alive: is a time such as 30m, seconds, or -1 for ever.',
    ],
    [
      'a name that no reference could hold',
      'providers:\n  "my:box": { type: ollama }',
      '2:3: "my:box" is no name: it begins with a letter and may hold letters, digits, ".", "_" and "-".',
    ],
    [
      'a provider of no type',
      'providers:\n  box: { base_url: "http://box" }',
      '2:3: providers.box needs a "type": anthropic, gemini, ollama, openai.',
    ],
    [
      'a name of JavaScript, which is no type either',
      'providers:\n  constructor: {}',
      '2:3: providers.constructor needs a "type": anthropic, gemini, ollama, openai.',
    ],
    ['a list instead of keys', '- a\n- b', '1:1: the file: a list stands where a group of keys belongs.'],
    ['the same key twice', 'thinking: low\nthinking: high', '2:1: Map keys must be unique.'],
  ];

  test.each(FAULTS)('%s', async (_what, own, message) => {
    expect(await faultIn({ own })).toBe(`bad-config: ~/.config/parley/config.yaml:${message}`);
  });

  test('a key in place of the name of its variable, which is not repeated', async () => {
    const fault = await faultIn({ project: 'providers:\n  router:\n    api_key_env: sk-or-v1-0123456789' });
    expect(fault).toBe(
      'bad-config: .parley/config.yaml:3:18: providers.router.api_key_env: is the name of an environment variable, not a key.',
    );
  });

  test.each([
    ['broken YAML', 'display: { show_thinking: true'],
    ['an alias of nothing', 'display: *nowhere'],
    ['aliases that multiply', bomb()],
  ])('%s', async (_what, own) => {
    expect(await faultIn({ own })).toMatch(/^bad-config: ~\/\.config\/parley\/config\.yaml(:\d+:\d+)?: \S/);
  });
});

test('a file that is empty, or whose keys have nothing behind them, sets nothing', async () => {
  const silent = ['', '# nothing yet\n', 'display:\nproviders:\n', 'limits:\n  # steps: 3\napprove:\n'];
  for (const own of silent) expect(await faultIn({ own })).toBe('no fault');
  const { providers } = await configFrom({ own: 'providers:\n  openai:\n  ollama:\n' });
  expect(Object.keys(providers)).toEqual(['anthropic', 'gemini', 'ollama', 'openai']);
});

/** A few lines that would unfold to millions. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let n = 1; n < 9; n++)
    lines.push(
      `a${n}: &a${n} [${Array(10)
        .fill(`*a${n - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}
