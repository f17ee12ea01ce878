import type { LastChanges } from '../../../safety/undo.ts';
import type { ChoiceItem } from '../choice.ts';
import type { Command } from '../command.ts';

const OTHERS = 'bring back the others';
const ALL = 'bring back all';
const KEEP = 'leave it all as it is';

export const undo: Command = {
  name: 'undo',
  summary: 'bring back the files that the last turn changed',
  async run(_argument, context) {
    const { agent, tell } = context;
    const last = await agent.lastChanges();
    if (!last) return tell('info', 'There is nothing to undo.');
    const simple = last.own && last.changedSince.length === 0;
    const answer = simple ? ALL : await context.choose(titleOf(last), choicesFor(last));
    if (answer === KEEP) {
      await agent.keepChanges();
      tell('info', 'Left as it is: /undo goes to the turn before now.');
    } else if (answer) {
      await agent.undo({ changedSince: answer === OTHERS ? 'leave' : 'overwrite' });
    }
  },
};

function titleOf({ paths, changedSince, at, own }: LastChanges): string {
  if (changedSince.length > 0) return `Changed since by somebody else: ${changedSince.join(', ')}`;
  const when = new Date(at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' });
  return `${own ? '' : `In an earlier session, ${when}: `}${paths.join(', ')}`;
}

function choicesFor({ paths, changedSince }: LastChanges): ChoiceItem[] {
  const others = paths.filter((path) => !changedSince.includes(path));
  const over = changedSince.length > 0 ? 'over what was changed since' : paths.join(', ');
  return [
    ...(changedSince.length > 0 && others.length > 0
      ? [{ value: OTHERS, description: others.join(', ') }]
      : []),
    { value: ALL, description: over },
    { value: KEEP, description: '/undo then goes to the turn before' },
  ];
}
