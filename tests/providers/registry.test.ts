import { expect, test } from 'vitest';
import { createProvider } from '../../src/providers/registry.ts';

test.each([{ kind: 'nope' }, { kind: 'toString' }, {}, undefined])(
  '%j is refused as a provider',
  async (entry) => {
    await expect(createProvider('box', entry as never)).rejects.toMatchObject({
      kind: 'usage',
      message:
        'box has no kind that Parley knows: give createProvider one of anthropic, gemini, ollama, openai as kind.',
    });
  },
);
