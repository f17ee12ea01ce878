import type { Command } from '../command.ts';

export const undo: Command = {
  name: 'undo',
  summary: 'bring back the files that the last turn changed',
  async run(_argument, { agent, tell }) {
    const paths = await agent.undo();
    if (paths.length === 0) tell('info', 'There is nothing to undo.');
  },
};
