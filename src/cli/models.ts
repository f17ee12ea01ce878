import { command } from './command-line.ts';
import { createAgent } from './create-agent.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import { modelLines } from './model-lines.ts';
import type { CommonOptions } from './options.ts';

export const modelsCommand = command({
  options: { json: { type: 'boolean', about: 'for scripts' } },
  common: ['cwd', 'config'],
  run: ({ values, common }) => printModels({ ...common, json: values.json }),
});

/** `parley models`: every provider's models; one that cannot be asked says so in its line. */
export async function printModels(options: CommonOptions & { json?: boolean }): Promise<number> {
  const agent = await createAgent(options);
  const listings = await agent.listAllModels(stopOnSignals().signal);
  if (options.json) {
    const plain = listings.map(({ failure, ...listing }) => ({ ...listing, failure: failure?.report() }));
    process.stdout.write(`${JSON.stringify(plain, null, 2)}\n`);
  } else {
    process.stdout.write(`${modelLines(listings, process.stdout.columns).join('\n')}\n`);
  }
  return listings.some(({ models }) => models.length > 0) ? EXIT.success : EXIT.failed;
}
