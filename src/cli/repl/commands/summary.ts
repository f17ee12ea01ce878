import type { Command } from '../command.ts';

export const summary: Command = {
  name: 'summary',
  summary: 'the flow of the session: who asked whom for what, and what came of it',
  anytime: true,
  async run(_argument, { agent, theme, print, tell, columns }) {
    const roots = agent.summary();
    if (roots.length === 0) return tell('info', 'Nothing was asked yet.');
    const { flowLines } = await import('../../flow-lines.ts');
    print(flowLines(roots, theme, columns() - 3).map((line) => `  ${line}`));
  },
};
