import { ledgerLines } from '../../../history/ledger-lines.ts';
import type { Command } from '../command.ts';

export const cost: Command = {
  name: 'cost',
  summary: 'tokens, time and money so far, by model',
  anytime: true,
  async run(_argument, { agent, theme, print }) {
    const leader = agent.model;
    const worth = leader ? { leader, cost: await agent.localWorth() } : undefined;
    const models = agent.ledger.rows().map(({ model }) => model);
    print(
      ledgerLines(agent.ledger, worth).map((line, row) => {
        const model = models[row - 1];
        return `  ${model ? theme.speaker(model)(model) + line.slice(model.length) : theme.quiet(line)}`;
      }),
    );
  },
};
