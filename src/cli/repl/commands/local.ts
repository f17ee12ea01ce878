/** What the human may ask of local models: what was measured, to measure, to judge, the lessons kept. */
import { Failure } from '../../../conversation/failure.ts';
import type { ModelReference } from '../../../conversation/message.ts';
import { inLine } from '../../../display/printable.ts';
import type { CalibrationProgress } from '../../../local/calibration.ts';
import type { Outcome } from '../../../local/observation.ts';
import type { Command } from '../command.ts';

const OUTCOMES: readonly string[] = ['accepted', 'fixed', 'rejected'] satisfies Outcome[];

export const profile: Command = {
  name: 'profile',
  summary: 'what was measured of local models, and how forecasts do',
  anytime: true,
  async run(_argument, { agent, theme, print, columns, signal }) {
    const [{ measuredOf }, { profileLines }] = await Promise.all([
      import('../../profile.ts'),
      import('../../profile-lines.ts'),
    ]);
    const measured = await measuredOf(await agent.local(), signal);
    const lines = profileLines(measured, { ...theme, width: columns() - 3 });
    print(lines.map((line) => `  ${line}`.trimEnd()));
  },
};

export const calibrate: Command = {
  name: 'calibrate',
  argument: '[model]',
  summary: 'measure the local models not measured yet, or the one named',
  async run(name, { agent, print, tell, showProgress, signal }) {
    const [{ calibrateAll }, { barLine }] = await Promise.all([
      import('../../calibrate.ts'),
      import('../../calibration-lines.ts'),
    ]);
    tell('info', 'Measuring; this takes some minutes, and esc keeps what was measured until then.');
    const telling = {
      say(lines: readonly string[]) {
        showProgress(undefined);
        print(lines.map((line) => `  ${line}`));
      },
      step(model: ModelReference, progress: CalibrationProgress) {
        const since = performance.now();
        showProgress(() => barLine(model, progress, (performance.now() - since) / 1000));
      },
    };
    const order = { named: name || undefined };
    await calibrateAll(agent, order, telling, signal).finally(() => showProgress(undefined));
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
          const about = model ? `${theme.name(model)}: ` : '';
          return `  ${theme.quiet(String(id).padStart(width))}  ${about}${inLine(text)}`;
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
