import type { ModelCard } from '../../src/local/field-guide.ts';
import type { DelegationRecord, Observation } from '../../src/local/observation.ts';
import { rigFrom } from '../../src/local/rig.ts';

export const HOST = 'http://127.0.0.1:11434';
export const MODEL = 'ollama:qwen3:8b';

/** An exchange as it is kept, of a machine that reads 1000 and writes 40 tokens a second. */
export function observed(changes: Partial<Observation> = {}): Observation {
  const { promptTokens = 500, cachedTokens = 0, writtenTokens = 40 } = changes;
  const readSeconds = 0.05 + (promptTokens - cachedTokens) / 1000;
  const writeSeconds = (writtenTokens - 1) / 40;
  return {
    at: 1_770_000_000_000,
    session: 's1',
    exchange: 'exchange-1',
    host: HOST,
    model: MODEL,
    kind: 'code',
    complete: true,
    loadedBefore: true,
    promptCharacters: promptTokens * 4,
    promptTokens,
    cachedTokens,
    writtenTokens,
    loadSeconds: 0.1,
    readSeconds,
    writeSeconds,
    wallSeconds: 0.15 + readSeconds + writeSeconds,
    parallelRequests: 1,
    ...changes,
  };
}

/** With a forecast that is off by this share of the fact. */
export function foretold(error: number, changes: Partial<Observation> = {}): Observation {
  const one = observed(changes);
  const seconds = one.wallSeconds * (1 + error);
  return { ...one, forecast: { seconds, boundSeconds: seconds * 1.3 } };
}

export function delegated(changes: Partial<DelegationRecord> = {}): DelegationRecord {
  const work = { kind: 'tests', local: true, status: 'done', seconds: 12.5 } as const;
  return { id: 'd1', session: 's1', at: 1000, model: MODEL, ...work, ...changes };
}

/** A model that a server offers, with what these exchanges say of it. */
export function cardFor(
  reference: string,
  seen: readonly Observation[] = [],
  more: Partial<ModelCard> = {},
): ModelCard {
  return {
    info: { reference, name: reference, local: true },
    host: HOST,
    contextSize: 8192,
    rig: rigFrom({ host: HOST, model: reference }, seen),
    fits: [],
    outcomes: new Map(),
    ...more,
  };
}
