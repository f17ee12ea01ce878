import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { calibrateAll, showProgress, type Tell } from '../../src/cli/calibrate.ts';
import { barLine, measurementLines, stepLine } from '../../src/cli/calibration-lines.ts';
import { Failure } from '../../src/conversation/failure.ts';
import { OllamaProvider } from '../../src/providers/ollama.ts';
import { CODER, localScene, WORKER } from '../support/local-scene.ts';
import { machineThat } from '../support/ollama-scene.ts';
import { folderWith, never } from '../support/scene.ts';

/** Collects what the human would be told. */
function listening(onStep: () => void = () => {}) {
  const said: string[] = [];
  const steps: string[] = [];
  const tell: Tell = {
    say: (lines) => said.push(...lines),
    step(_model, progress) {
      const line = stepLine(progress);
      if (line) steps.push(line);
      onStep();
    },
  };
  return { said, steps, tell };
}

describe('calibrating', () => {
  test('measures what was never measured, and then foretells what it has not seen', async () => {
    const { agent, machine, seen } = await localScene();
    const { said, steps, tell } = listening();
    expect(await calibrateAll(agent, { seconds: 600 }, tell, never)).toBe(false);
    expect(steps).toHaveLength(17);
    expect(steps[1]).toMatch(/^ 2\/17 loading again: .*load .* · forecast [\d.]+ s \([+−±]\d+ %\)$/);
    expect(said[0]).toMatch(
      /^ollama:qwen2\.5-coder:7b: 14 exchanges measured; reads [\d,]+\/s, writes \d+\/s\.$/,
    );
    const [, error] = /Median error (\d+) %/.exec(said.join('\n'))!;
    expect(Number(error)).toBeLessThan(20);
    expect(seen('exchange.ended')).toHaveLength(machine.served.length);
    expect((await agent.local()).store.observations()).toHaveLength(17);
  });

  test('is no work: it shows in neither costs nor shares, nor on the display', async () => {
    const { agent } = await localScene();
    await calibrateAll(agent, { named: WORKER, seconds: 600 }, listening().tell, never);
    expect(agent.ledger.rows()).toEqual([]);
    expect((await agent.local()).store.shares()).toEqual([]);
    expect(await agent.localWorth()).toBeUndefined();
  });

  test('leaves alone what was measured before, unless it is named', async () => {
    const { agent } = await localScene();
    await calibrateAll(agent, { seconds: 600 }, listening().tell, never);
    const again = listening();
    await calibrateAll(agent, {}, again.tell, never);
    expect(again.said).toEqual(['All local models are measured. Name one to measure it again.']);
    await calibrateAll(agent, { named: 'qwen2.5', seconds: 600 }, again.tell, never);
    expect(again.said[1]).toMatch(/^ollama:qwen2\.5-coder:7b: 14 exchanges measured/);
  });

  test('keeps what was measured when it is stopped', async () => {
    const { agent } = await localScene();
    const stop = new AbortController();
    const { said, steps, tell } = listening(() => steps.length === 4 && stop.abort(Failure.stopped()));
    await calibrateAll(agent, { seconds: 600 }, tell, stop.signal);
    expect(said.join('\n')).toMatch(/4 exchanges measured[\s\S]*Cut short: what was measured is kept/);
    const kept = (await agent.local()).store.observations().filter(({ complete }) => complete);
    expect(kept).toHaveLength(4);
    // It does not count as measured: the next time it is not passed over.
    const again = listening();
    await calibrateAll(agent, { seconds: 600 }, again.tell, never);
    expect(again.said[0]).toMatch(/14 exchanges measured/);
  });

  test('asks a model of the same name on another host, though it was measured on this one', async () => {
    const { agent, clock } = await localScene();
    await calibrateAll(agent, { seconds: 600 }, listening().tell, never);
    const { machine: other } = await machineThat({ models: [CODER] });
    agent.addProvider(new OllamaProvider({ name: 'ollama', baseUrl: other.url }, clock));
    const { said, tell } = listening();
    await calibrateAll(agent, { seconds: 600 }, tell, never);
    expect(said[0]).toMatch(/14 exchanges measured/);
  });

  test('says what is wrong with the store', async () => {
    const home = await folderWith();
    const folder = join(home, '.local/state/parley');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'local.db'), 'this is no database'.repeat(100));
    const { agent } = await localScene({ home });
    const { said, tell } = listening();
    await calibrateAll(agent, { seconds: 600 }, tell, never);
    expect(said[0]).toMatch(/local\.db was damaged/);
  });

  test('stays within its seconds', async () => {
    const { agent, machine } = await localScene({ ollama: { machine: 'laptop' } });
    const { said, tell } = listening();
    const started = machine.clock.now();
    await calibrateAll(agent, { named: WORKER, seconds: 30 }, tell, never);
    expect(machine.clock.now() - started).toBeLessThan(45_000);
    expect(said[0]).toMatch(/exchanges? measured/);
  });

  test('says in a sentence that no Ollama answers, and what to do', async () => {
    const { agent, machine } = await localScene();
    await machine.close();
    for (const named of [undefined, WORKER]) {
      const why = await calibrateAll(agent, { named }, listening().tell, never).catch((failure) => failure);
      expect(why).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ollama serve') });
    }
  });

  test('refuses a model that is not local, and one that there is not', async () => {
    const { agent } = await localScene();
    const tell = listening().tell;
    await expect(calibrateAll(agent, { named: 'sonnet' }, tell, never)).rejects.toMatchObject({
      kind: 'usage',
    });
    await expect(calibrateAll(agent, { named: 'ollama:nosuch' }, tell, never)).rejects.toMatchObject({
      kind: 'model-not-found',
    });
  });
});

describe('its progress', () => {
  const step = { step: 6, of: 16, what: 'reading a page' };

  test('is one line drawn anew on a terminal, never wider than it', () => {
    const written: string[] = [];
    const screen = { isTTY: true, columns: 30, write: (text: string) => written.push(text) > 0 };
    const progress = showProgress(screen as never);
    progress.step(WORKER, step);
    progress.end();
    expect(written).toHaveLength(2);
    expect(written[0]).toMatch(/^\r\x1b\[Kollama:qwen2\.5-coder:7b █/);
    expect(written[0]!.length).toBeLessThan(30 + 4);
    expect(written[1]).toBe('\r\x1b[K');
  });

  test('is a line for each finished step elsewhere', () => {
    const written: string[] = [];
    const screen = { isTTY: false, columns: 0, write: (text: string) => written.push(text) > 0 };
    const progress = showProgress(screen as never);
    progress.step(WORKER, step);
    progress.step(WORKER, { ...step, leftOut: 'would take too long' });
    progress.end();
    expect(written).toEqual([' 6/16 reading a page: left out, would take too long\n']);
  });

  test('counts the steps that are behind it', () => {
    expect(barLine(WORKER, step, 3.4)).toBe(`${WORKER} ██████░░░░░░░░░░░░░░ 6/16 reading a page 3 s`);
  });
});

test('a model that could not be measured at all says why', () => {
  const series = {
    exchanges: [],
    cutShort: false,
    failure: new Failure('unreachable', 'No Ollama answers.'),
  };
  expect(measurementLines({ model: WORKER, series, trials: [] })).toEqual([
    `${WORKER} was not measured: No Ollama answers.`,
  ]);
});
