import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, userConfigPath } from '../../src/config/load.ts';
import { configFrom } from '../support/config-scene.ts';
import { folderWith } from '../support/scene.ts';

describe('settings', () => {
  test('without any file are the defaults, with the three built-in providers', async () => {
    const config = await configFrom({});
    expect(config.providers).toMatchObject({
      anthropic: { kind: 'anthropic', apiKey: undefined, keyVariable: 'ANTHROPIC_API_KEY' },
      gemini: { kind: 'gemini', apiKey: undefined, keyVariable: 'GEMINI_API_KEY' },
      ollama: { kind: 'ollama', baseUrl: undefined },
    });
    expect(config).toMatchObject({
      defaultModel: undefined,
      display: {
        showDelegations: true,
        showModelSwitches: true,
        colorCodeModels: true,
        showThinking: false,
      },
      approve: [],
      limits: { steps: 100 },
      keys: {},
      sources: [],
      warnings: [],
    });
  });

  test('later sources win: own file, project file, .env, environment', async () => {
    const own = 'default_model: own\nthinking: low\nlimits: { steps: 7 }\ndisplay: { show_thinking: true }';
    const project = 'default_model: project\nthinking: high\ndisplay: { color_code_models: false }';
    const dotenv = 'DEFAULT_MODEL=dotenv';
    const env = { DEFAULT_MODEL: 'environment' };
    expect((await configFrom({ own })).defaultModel).toBe('own');
    expect((await configFrom({ own, project })).defaultModel).toBe('project');
    expect((await configFrom({ own, project, dotenv })).defaultModel).toBe('dotenv');
    const all = await configFrom({ own, project, dotenv, env });
    expect(all).toMatchObject({
      defaultModel: 'environment',
      thinking: 'high',
      limits: { steps: 7 },
      display: { showThinking: true, colorCodeModels: false, showDelegations: true },
      sources: ['~/.config/parley/config.yaml', '.parley/config.yaml', '.env'],
      warnings: [],
    });
  });

  test('a variable that is empty is not set, and a .env may begin with a byte order mark', async () => {
    const config = await configFrom({
      dotenv: '\ufeffANTHROPIC_API_KEY="from the file"\nexport GEMINI_API_KEY=g\nDEFAULT_MODEL=\n',
      env: { ANTHROPIC_API_KEY: ' ' },
    });
    expect(config.providers.anthropic?.apiKey).toBe('from the file');
    expect(config.providers.gemini?.apiKey).toBe('g');
    expect(config.defaultModel).toBeUndefined();
  });

  test('a .env is read, never put into the environment of the process', async () => {
    await configFrom({ dotenv: 'PARLEY_TEST_LEAK=1\nANTHROPIC_API_KEY=k' });
    expect(process.env.PARLEY_TEST_LEAK).toBeUndefined();
  });

  test('GOOGLE_API_KEY serves where GEMINI_API_KEY is not set', async () => {
    const either = await configFrom({ env: { GOOGLE_API_KEY: 'google' } });
    expect(either.providers.gemini).toMatchObject({ apiKey: 'google', keyVariable: 'GOOGLE_API_KEY' });
    const both = await configFrom({ env: { GOOGLE_API_KEY: 'google', GEMINI_API_KEY: 'gemini' } });
    expect(both.providers.gemini).toMatchObject({ apiKey: 'gemini', keyVariable: 'GEMINI_API_KEY' });
    const mine = await configFrom({ env: { GOOGLE_API_KEY: 'mine' }, dotenv: 'GEMINI_API_KEY=theirs' });
    expect(mine.providers.gemini?.apiKey).toBe('mine');
  });

  test('OLLAMA_BASE_URL comes before OLLAMA_HOST, and both before base_url', async () => {
    const own = 'providers: { ollama: { base_url: "http://file:11434" } }';
    expect((await configFrom({ own })).providers.ollama?.baseUrl).toBe('http://file:11434');
    const env = { OLLAMA_HOST: 'host:1' };
    expect((await configFrom({ own, env })).providers.ollama?.baseUrl).toBe('host:1');
    const both = { ...env, OLLAMA_BASE_URL: 'http://base:2' };
    expect((await configFrom({ own, env: both })).providers.ollama?.baseUrl).toBe('http://base:2');
  });

  test('describe several instances of a kind, each with its own address and key', async () => {
    const config = await configFrom({
      own: `
providers:
  ollama: { context_size: 16384, keep_alive: -1 }
  gpu-box: { type: ollama, base_url: "http://gpu-box:11434", keep_alive: 30m }
  router:
    type: openai
    base_url: https://openrouter.ai/api/v1
    api_key_env: ROUTER_KEY
    default_model: qwen/qwen3-coder
    headers: { x-title: parley }
  openai:
  work: { type: anthropic, default_model: claude-opus-5-5 }
  proxy: { type: anthropic, base_url: "https://proxy.example" }
`,
      env: { ROUTER_KEY: 'r', OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a', OLLAMA_HOST: 'there' },
    });
    expect(config.providers).toMatchObject({
      ollama: { baseUrl: 'there', contextSize: 16384, keepAlive: '-1' },
      'gpu-box': { kind: 'ollama', baseUrl: 'http://gpu-box:11434', keepAlive: '30m' },
      router: { kind: 'openai', apiKey: 'r', keyVariable: 'ROUTER_KEY', headers: { 'x-title': 'parley' } },
      openai: { kind: 'openai', apiKey: 'o', baseUrl: undefined },
      work: { kind: 'anthropic', apiKey: 'a', defaultModel: 'claude-opus-5-5' },
    });
    // A key goes where somebody said that it goes.
    expect(config.providers.proxy?.apiKey).toBeUndefined();
  });

  test('without OpenAI among the providers its key is not used, but known, to be kept out of sight', async () => {
    const config = await configFrom({ env: { OPENAI_API_KEY: 'secret-o' } });
    expect(config.providers.openai).toBeUndefined();
    expect(config.keys).toEqual({ OPENAI_API_KEY: 'secret-o' });
  });

  test('know a key in a header too, to be kept out of sight', async () => {
    const headers = '{ Authorization: "Bearer secret-h", x-relay: "1" }';
    const config = await configFrom({
      own: `providers: { gw: { type: openai, base_url: "http://127.0.0.1:9/v1", headers: ${headers} } }`,
    });
    expect(config.keys).toEqual({ 'gw Authorization': 'secret-h' });
  });

  test('cannot be changed once they are loaded', async () => {
    const config = await configFrom({ own: 'approve: [edits]' });
    expect(() => (config.approve as string[]).push('all')).toThrow(TypeError);
    expect(() => Object.assign(config.providers.anthropic!, { baseUrl: 'x' })).toThrow(TypeError);
  });
});

describe("the human's own file", () => {
  test('is looked for where XDG says, else in ~/.config', () => {
    expect(userConfigPath({ HOME: '/h' })).toBe('/h/.config/parley/config.yaml');
    expect(userConfigPath({ HOME: '/h', XDG_CONFIG_HOME: '/x' })).toBe('/x/parley/config.yaml');
  });

  test('may be another one that is named, and then has to be there', async () => {
    const workspace = await folderWith({ 'mine.yaml': 'default_model: mine' });
    const env = { HOME: workspace };
    const path = join(workspace, 'mine.yaml');
    expect((await loadConfig({ workspace, env, path })).defaultModel).toBe('mine');
    await expect(loadConfig({ workspace, env, path: '/nowhere.yaml' })).rejects.toMatchObject({
      kind: 'bad-config',
      message: 'There is no file /nowhere.yaml.',
    });
  });
});
