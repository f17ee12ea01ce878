import { describe, expect, test, vi } from 'vitest';
import { LEADER, type LocalSceneOptions, localScene, WORKER } from '../support/local-scene.ts';
import { KEYS, openTerminal } from '../support/repl-scene.ts';

/** The REPL with a leader and a simulated local machine. */
async function openRepl(options: LocalSceneOptions = {}) {
  const scene = await localScene(options);
  const prompt = () => scene.machine.requests.at(-1)!.messages.at(-1)!.text;
  return { ...scene, ...(await openTerminal(scene.agent, scene.env, LEADER)), prompt };
}

describe('/delegate', () => {
  const files = { 'src/a.ts': 'one\ntwo\nthree\nfour\n' };
  const ollama = { script: () => ({ text: 'Nothing can fail.' }) };

  test('gives the files that are named and the task to a local model; /judge says what it was worth', async () => {
    const repl = await openRepl({ files, ollama });
    repl.send('/delegate @src/a.ts:2-3 what can fail here, me@example.com?');
    await repl.shows(
      /Nothing can fail\.[\s\S]*d1 done after [\d.]+ s; \/judge d1 accepted, fixed or rejected/,
    );
    expect(repl.prompt()).toMatch(/2\ttwo\n3\tthree[\s\S]*Task: what can fail here, me@example\.com\?/);
    expect(repl.prompt()).not.toContain('four');
    repl.send('/judge d1 fixed one line was missing');
    await repl.shows(`d1 by ${WORKER} was fixed: one line was missing`);
    const { store } = await repl.agent.local();
    expect(store.delegations()[0]).toMatchObject({ outcome: 'fixed', why: 'one line was missing' });
  });

  test('takes a first word with a colon for the model where there is one of that name', async () => {
    const repl = await openRepl({ ollama: { ...ollama, models: ['qwen2.5-coder:7b', 'qwen3:8b'] } });
    for (const [line, model, task] of [
      ['coder: count to three', WORKER, 'count to three'],
      ['ollama:qwen3:8b: count to four', 'ollama:qwen3:8b', 'count to four'],
      ['Question: what is five', expect.any(String), 'Question: what is five'],
      ['nosuch: what is six', expect.any(String), 'nosuch: what is six'],
    ] as const) {
      const before = repl.seen('delegation.ended').length;
      repl.send(`/delegate ${line}`);
      await vi.waitFor(() => expect(repl.seen('delegation.ended')).toHaveLength(before + 1));
      expect(repl.seen('delegation.started').at(-1)).toMatchObject({ to: model, task });
    }
    await repl.shows('No model is called nosuch: it belongs to the task.');
    expect(await repl.text()).not.toContain('No model is called Question');
  });

  test('an objection goes to the worker who did it', async () => {
    const script = (_: unknown, n: number) => ({ text: n === 0 ? 'red, green' : 'red, green, blue' });
    const repl = await openRepl({ ollama: { script } });
    repl.send('/delegate Name three colours.');
    await repl.shows('d1 done');
    repl.send('/delegate --again d1 Those are two.');
    await repl.shows(/red, green, blue[\s\S]*d2 done/);
    expect(repl.prompt()).toContain('objects: Those are two.');
    repl.send('/delegate --again d9 No.');
    await repl.shows(/✗ .*d9/);
  });

  test('is stopped by Esc, and the conversation goes on', async () => {
    const slow = () => ({ text: 'word '.repeat(4_000), pieceDelayMs: 5 });
    const repl = await openRepl({ ollama: { script: slow } });
    repl.send('/delegate say many words');
    await repl.shows(/word word/);
    repl.press(KEYS.esc);
    await repl.shows(/d1 partial after/);
    repl.send('And now?');
    await repl.shows('Good.');
  });

  test('stopped before a word was said, is said to be stopped, once', async () => {
    const repl = await openRepl({ ollama: { script: () => ({ text: 'x', firstDelayMs: 60_000 }) } });
    repl.send('/delegate say it');
    await repl.shows(/waiting for|reading|loading/);
    repl.press(KEYS.esc);
    await repl.shows(/d1 stopped after/);
    expect(await repl.text()).not.toMatch(/✗|failed/);
  });

  test('wants a task', async () => {
    const repl = await openRepl({ files });
    repl.send('/delegate @src/a.ts');
    await repl.shows('Say what the task is: /delegate');
    repl.send('/judge d1 perfect');
    await repl.shows('Write /judge d3 accepted, fixed or rejected, and why.');
  });
});

test('/profile says how to begin, /calibrate measures, and then /profile shows it', async () => {
  const repl = await openRepl();
  repl.send('/profile');
  await repl.shows('No local model was measured on this machine yet.');
  repl.send('/calibrate');
  await repl.shows(/14 exchanges measured[\s\S]*Median error \d+ %/);
  expect(await repl.text()).not.toMatch(/\/17 /);
  repl.send('/profile');
  await repl.shows(/What fits, nine times of ten[\s\S]*Forecast error/);
  expect(await repl.text()).not.toContain('// sample');
});

test('/lessons lists them by number, and changes and deletes one', async () => {
  const repl = await openRepl();
  repl.send('/lessons');
  await repl.shows('No lesson is kept yet.');
  const { store } = await repl.agent.local();
  store.addLesson('Ask for lists.', 1, WORKER);
  store.addLesson('One file at a time.', 2);
  repl.send('/lessons edit 2 Two files at a time.');
  await repl.shows('Lesson 2 changed.');
  repl.send('/lessons');
  await repl.shows(/1 {2}ollama:qwen2\.5-coder:7b: Ask for lists\.\n +2 {2}Two files at a time\./);
  repl.send('/lessons delete 1');
  await repl.shows('Lesson 1 deleted.');
  repl.send('/lessons delete 7');
  await repl.shows('There is no lesson 7.');
  repl.send('/lessons edit 2');
  await repl.shows('Write /lessons, /lessons edit N text, or /lessons delete N.');
  expect(store.lessons().map(({ text }) => text)).toEqual(['Two files at a time.']);
});

test('/cost says what the local part would have cost with the leader, and that it is an estimate', async () => {
  const repl = await openRepl({ ollama: { script: () => ({ text: 'Yes.' }) } });
  repl.send('/cost');
  await repl.shows('Nothing was asked yet.');
  repl.send('/delegate is it so');
  await repl.shows('d1 done');
  repl.send('/cost');
  await repl.shows(
    /The local part would have cost about \$0\.0\d+ at the price of anthropic:\S+ \(an estimate/,
  );
  await repl.agent.useModel(WORKER);
  repl.send('/cost');
  await repl.shows(/would have cost elsewhere is unknown: no price of ollama:\S+ is known\./);
});
