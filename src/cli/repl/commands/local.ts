/** What the human may ask of local models: what was measured, to measure, to give work, to judge, the lessons kept. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../../conversation/failure.ts';
import { duration } from '../../../display/figures.ts';
import { onOneLine, visible } from '../../../display/printable.ts';
import type { Outcome } from '../../../local/observation.ts';
import type { ReplAgent } from '../agent.ts';
import type { Command, CommandContext } from '../command.ts';

const OUTCOMES: readonly string[] = ['accepted', 'fixed', 'rejected'] satisfies Outcome[];
/** A shorter word before a colon is hardly the name of a model. */
const SHORTEST_NAME = 3;

export const profile: Command = {
  name: 'profile',
  summary: 'what was measured of local models, and how forecasts do',
  anytime: true,
  async run(_argument, { agent, theme, print, signal }) {
    const [{ measuredOf }, { profileLines }] = await Promise.all([
      import('../../profile.ts'),
      import('../../profile-lines.ts'),
    ]);
    const lines = profileLines(await measuredOf(await agent.local(), signal), theme);
    print(lines.map((line) => `  ${line}`.trimEnd()));
  },
};

export const calibrate: Command = {
  name: 'calibrate',
  argument: '[model]',
  summary: 'measure the local models not measured yet, or the one named',
  async run(name, { agent, print, tell, signal }) {
    const [{ calibrateAll }, { stepLine }] = await Promise.all([
      import('../../calibrate.ts'),
      import('../../calibration-lines.ts'),
    ]);
    tell('info', 'Measuring; this takes some minutes, and esc keeps what was measured until then.');
    const indented = (lines: readonly string[]) => print(lines.map((line) => `  ${line}`));
    await calibrateAll(
      agent,
      { named: name || undefined },
      {
        say: indented,
        step(_model, progress) {
          const line = stepLine(progress);
          if (line) tell('info', line);
        },
      },
      signal,
    );
  },
};

export const lessons: Command = {
  name: 'lessons',
  argument: '[edit|delete N]',
  summary: 'what was learnt for later sessions',
  async run(argument, { agent, theme, print, tell }) {
    const { store } = await agent.local();
    if (argument === '') {
      const kept = store.lessons();
      if (kept.length === 0) tell('info', 'No lesson is kept yet.');
      const width = String(kept.at(-1)?.id ?? '').length;
      print(
        kept.map(({ id, model, text }) => {
          const about = model ? `${theme.speaker(model)(visible(model))}: ` : '';
          return `  ${theme.quiet(String(id).padStart(width))}  ${about}${visible(onOneLine(text))}`;
        }),
      );
      return;
    }
    const [, word, number, text = ''] = /^(edit|delete)\s+(\d+)(?:\s+([\s\S]+))?$/.exec(argument) ?? [];
    if (!word || (word === 'edit') !== (text !== ''))
      throw new Failure('usage', 'Write /lessons, /lessons edit N text, or /lessons delete N.');
    const id = Number(number);
    const done = word === 'edit' ? store.editLesson(id, text) : store.deleteLesson(id);
    if (!done) throw new Failure('usage', `There is no lesson ${id}. /lessons lists them.`);
    tell('info', `Lesson ${id} ${word === 'edit' ? 'changed' : 'deleted'}.`);
  },
};

export const delegate: Command = {
  name: 'delegate',
  argument: '[model:] task @files',
  summary: 'give work to a model, by default the best local one',
  async run(argument, { agent, theme, print, signal }) {
    const { model, rest } = await splitModel(argument, agent, signal);
    const { task, files } = await splitFiles(rest, agent.workspace);
    if (task === '') throw new Failure('usage', 'Say what to do: /delegate @src/a.ts what can fail here?');
    const { id, status, seconds } = await agent.delegate({ task, files, model }, { signal });
    const verdict =
      status === 'done' ? `; /judge ${id} accepted, fixed or rejected says what it was worth` : '';
    print([theme.quiet(`  ${id} ${status} after ${duration(seconds)}${verdict}`)]);
  },
};

export const judge: Command = {
  name: 'judge',
  argument: 'd3 outcome [why]',
  summary: 'say that work was accepted, fixed or rejected',
  async run(argument, { agent }) {
    const [delegation = '', outcome = '', ...why] = argument.split(/\s+/);
    if (!OUTCOMES.includes(outcome))
      throw new Failure('usage', 'Write /judge d3 accepted, fixed or rejected, and why.');
    await agent.judge({ delegation, outcome: outcome as Outcome, why: why.join(' ') || undefined });
  },
};

/** A first word with a colon behind it names the model, where there is one of that name. */
async function splitModel(
  argument: string,
  agent: ReplAgent,
  signal: CommandContext['signal'],
): Promise<{ model?: string; rest: string }> {
  const [, name = '', rest = ''] = /^(\S+):\s+([\s\S]+)$/.exec(argument) ?? [];
  if (name.length < SHORTEST_NAME || name.startsWith('@')) return { rest: argument };
  const listings = await agent.listAllModels(signal);
  const written = name.toLowerCase();
  const named = listings.some(
    ({ provider, models }) =>
      provider === written ||
      written.startsWith(`${provider.toLowerCase()}:`) ||
      models.some((model) => model.name.toLowerCase().includes(written)),
  );
  return named ? { model: name, rest } : { rest: argument };
}

/** Files are named as in a message, with lines where they are meant: `@src/a.ts:10-80`. Other words with @ stay words. */
export async function splitFiles(
  text: string,
  workspace: string,
): Promise<{ task: string; files: string[] }> {
  const files: string[] = [];
  let task = text;
  for (const [mention, quoted, bare = ''] of text.matchAll(/(?<=^|\s|\()@(?:"([^"\n]+)"|([^\s"]+))/g)) {
    const place = quoted ?? bare.replace(/[.,;:!?)]+$/, '');
    if (!(await isFile(resolve(workspace, place.replace(/:\d+(-\d+)?$/, ''))))) continue;
    if (!files.includes(place)) files.push(place);
    const written = quoted === undefined ? `@${place}` : mention;
    task = task.replace(written, () => place);
  }
  // What stands before the task is only there to be read.
  while (files.some((file) => task.startsWith(`${file} `)))
    task = task.slice(files.find((file) => task.startsWith(`${file} `))!.length).trimStart();
  return { task: files.includes(task) ? '' : task.trim(), files };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
