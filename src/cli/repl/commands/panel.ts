import { Failure } from '../../../conversation/failure.ts';
import { DEFAULT_PANEL } from '../../../patterns/usual.ts';
import type { ReplAgent } from '../agent.ts';
import type { Command } from '../command.ts';
import { recentListings } from './models.ts';

const USAGE = 'Write /panel, /panel NAME model model …, or /panel delete NAME.';

/** The models that a short name could mean. */
async function modelsCalled(name: string, agent: ReplAgent): Promise<string[]> {
  const models = (await recentListings(agent)).flatMap((listing) => listing.models);
  const meant = models.filter((model) => model.name.toLowerCase().includes(name.toLowerCase()));
  return meant.slice(0, 3).map(({ reference }) => reference);
}

export const panel: Command = {
  name: 'panel',
  argument: '[NAME model …]',
  summary: 'name a set of models once, to use it everywhere; or list them',
  async complete({ agent }) {
    return Object.entries(agent.panels).map(([value, models]) => ({ value, description: models.join(', ') }));
  },
  async run(argument, { agent, print, tell, theme }) {
    const [name = '', ...models] = argument.split(/[\s,]+/).filter(Boolean);
    const row = ([title, members]: [string, readonly string[]]) =>
      `  ${theme.strong(title)}  ${members.map(theme.name).join(', ')}`;
    if (name === '') {
      const panels = Object.entries(agent.panels);
      print(panels.map(row));
      if (panels.length > 0) return;
      tell(
        'info',
        `No panel has a name yet: /panel ${DEFAULT_PANEL} sonnet qwen is asked where nobody else is named.`,
      );
      return;
    }
    if (name === 'delete') {
      if (models.length !== 1) throw new Failure('usage', USAGE);
      await agent.namePanel(models[0]!);
      tell('info', `${models[0]} is forgotten.`);
      return;
    }
    const known = agent.panels[name];
    if (models.length === 0 && !known) throw new Failure('usage', `There is no panel ${name}. ${USAGE}`);
    const members = models.length === 0 ? known! : await agent.namePanel(name, models);
    print([row([name, members])]);
    const meant = models.length > 0 ? await modelsCalled(name, agent) : [];
    if (meant.length > 0)
      tell(
        'warning',
        `${name} means this panel from now on, where it could mean ${meant.join(', ')} before.`,
      );
  },
};
