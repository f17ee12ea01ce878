import { ledgerLines } from '../../ledger-lines.ts';
import type { Command } from '../command.ts';

export const cost: Command = {
  name: 'cost',
  summary: 'tokens, time and money so far, by model',
  anytime: true,
  async run(_argument, { agent, theme, print, columns }) {
    const leader = agent.model;
    const worth = leader ? { leader, cost: await agent.localWorth() } : undefined;
    const models = agent.ledger.rows().map(({ model }) => model);
    const lines = ledgerLines(agent.ledger, { worth, width: columns() - 3 });
    print(
      lines.map((line, row) => {
        const model = models[row - 1];
        return `  ${model ? line.replace(/^\S+/, theme.speaker(model)) : theme.quiet(line)}`;
      }),
    );
  },
};
