import type { Usage } from '../conversation/reply.ts';

/**
 * What an exchange cost in dollars, by the price lists of `@pydantic/genai-prices`, cached tokens told apart.
 * Undefined where the service has no list, the list does not know the model, or the counts do not add up, as some
 * services tell them. Throws nothing.
 */
export async function priceOf(
  priceList: string | undefined,
  model: string,
  usage: Usage,
): Promise<number | undefined> {
  if (priceList === undefined) return undefined;
  const counts = {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens ?? 0,
    cache_write_tokens: usage.cacheWriteTokens ?? 0,
  };
  try {
    const { calcPrice } = await import('@pydantic/genai-prices');
    return calcPrice(counts, model, { providerId: priceList })?.total_price;
  } catch {
    return undefined;
  }
}
