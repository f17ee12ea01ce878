/** The models of all providers as lines for a human: references that can be copied, and what each model can do. */
import { styleText } from 'node:util';
import { inLine } from '../display/printable.ts';
import { tableLines } from '../display/table-lines.ts';
import { wrapped } from '../display/wrap.ts';
import type { ModelInfo, ProviderListing } from '../providers/base.ts';

const COLUMNS = ['model', 'window', 'place', 'size', 'abilities'];

/** @param width characters at the most. */
export function modelLines(listings: readonly ProviderListing[], width = Number.POSITIVE_INFINITY): string[] {
  const rows = listings.flatMap(({ models }) => models.map(rowOf));
  const [_head, ...lines] = tableLines(
    { title: '', head: COLUMNS.map(() => ''), words: COLUMNS.length, rows, leftOut: [3, 1, 2] },
    width,
  );
  const without = listings.filter(({ models }) => models.length === 0);
  const indent = Math.max(0, ...without.map(({ provider }) => provider.length)) + 2;
  return listings.flatMap((listing) =>
    listing.models.length > 0
      ? lines.splice(0, listing.models.length).map((line) => line.replace(/ {2}.*$/, quiet))
      : wrapped(whyNone(listing), width - indent).map(
          (line, row) => `${(row === 0 ? listing.provider : '').padEnd(indent)}${quiet(line)}`,
        ),
  );
}

/** Why a provider lists nothing, without its name, which stands before it. */
export function whyNone({ provider, failure }: ProviderListing): string {
  if (!failure) return 'no models';
  const said = inLine(failure.message);
  return said.startsWith(`${provider} `) ? said.slice(provider.length + 1) : said;
}

function rowOf(model: ModelInfo): string[] {
  const abilities = [
    model.tools === true && 'tools',
    model.tools === false && 'no tools',
    model.vision && 'vision',
    model.thinking && 'thinking',
  ];
  const place = model.local ? `local${model.loaded ? ', loaded' : ''}` : '';
  const size = [model.parameterSize, model.quantization].filter(Boolean).join(' ');
  return [model.reference, windowOf(model), place, size, abilities.filter(Boolean).join(' ')];
}

/** `200k`, `1M`; blank where it is not known. */
function windowOf({ contextTokens }: ModelInfo): string {
  if (contextTokens === undefined) return '';
  if (contextTokens >= 1_000_000) return `${Math.round(contextTokens / 100_000) / 10}M`;
  return `${Math.round(contextTokens / 1000)}k`;
}

function quiet(text: string): string {
  return styleText('dim', text);
}
