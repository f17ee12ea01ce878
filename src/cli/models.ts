import { styleText } from 'node:util';
import type { ModelInfo } from '../providers/base.ts';
import type { ProviderListing } from '../providers/catalog.ts';
import { command } from './command-line.ts';
import { createAgent } from './create-agent.ts';
import { EXIT, stopOnSignals } from './exit.ts';
import type { CommonOptions } from './options.ts';

export const modelsCommand = command({
  options: { json: { type: 'boolean', about: 'for scripts' } },
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
    process.stdout.write(`${modelLines(listings).join('\n')}\n`);
  }
  return listings.some(({ models }) => models.length > 0) ? EXIT.success : EXIT.failed;
}

/** The listings as lines for a human: references that can be copied, and what each model can do. */
export function modelLines(listings: readonly ProviderListing[]): string[] {
  const all = listings.flatMap(({ models }) => models);
  const width = Math.max(0, ...all.map(({ reference }) => reference.length));
  return listings.flatMap(({ provider, models, failure }) => {
    if (failure) return [`${provider}  ${styleText('dim', failure.message)}`];
    if (models.length === 0) return [`${provider}  ${styleText('dim', 'no models')}`];
    return models.map((model) =>
      `${model.reference.padEnd(width)}  ${styleText('dim', traitsOf(model))}`.trimEnd(),
    );
  });
}

function traitsOf(model: ModelInfo): string {
  const abilities = [
    model.tools === true && 'tools',
    model.tools === false && 'no tools',
    model.vision && 'vision',
    model.thinking && 'thinking',
  ];
  const size = [model.parameterSize, model.quantization].filter(Boolean).join(' ');
  const place = model.local ? `local${model.loaded ? ', loaded' : ''}` : '';
  return [windowOf(model).padStart(6), place, size, abilities.filter(Boolean).join(' ')]
    .filter(Boolean)
    .join('  ');
}

/** `200k`, `1M`; blank where it is not known. */
function windowOf({ contextTokens }: ModelInfo): string {
  if (contextTokens === undefined) return '';
  if (contextTokens >= 1_000_000) return `${Math.round(contextTokens / 100_000) / 10}M`;
  return `${Math.round(contextTokens / 1000)}k`;
}
