import type { Command } from '../command.ts';

export const clear: Command = {
  name: 'clear',
  summary: 'begin a fresh conversation; files and costs stay',
  async run(_argument, { agent }) {
    await agent.clear();
  },
};

export const quit: Command = {
  name: 'quit',
  summary: 'leave (also ctrl-d on an empty line)',
  anytime: true,
  run(_argument, { leave }) {
    leave();
  },
};
