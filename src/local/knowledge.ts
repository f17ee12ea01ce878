import type { Clock } from '../conversation/clock.ts';
import type { ModelInfo } from '../providers/base.ts';
import type { Roster } from '../providers/roster.ts';
import { bareGuide, cardOf, fieldGuide, type ModelCard, rememberedCards } from './field-guide.ts';
import { localModels } from './fleet.ts';
import { LocalMachine } from './machine.ts';
import { type LocalStore, openLocalStore } from './store.ts';

/** All that Parley knows of local models: what was seen of them, and what follows from it. */
export interface LocalKnowledge {
  machine: LocalMachine;
  store: LocalStore;
  /** A card for each local model that a server offers now. */
  cards(signal?: AbortSignal): Promise<ModelCard[]>;
  /** Those of models that were measured once and are not offered now. */
  remembered(offered: readonly ModelCard[]): ModelCard[];
  /**
   * For the leader's prompt, with or without figures; empty where there is no local model.
   * @param options.models those that are offered; left out, the servers are asked.
   */
  guide(options?: { figures?: boolean; models?: readonly ModelInfo[] }): Promise<string>;
}

/** @param options.folder where it is kept. Where that cannot be written, see `store.trouble`. */
export function openKnowledge(options: {
  folder: string;
  clock: Clock;
  session: string;
  roster: Roster;
}): LocalKnowledge {
  const { folder, clock, session, roster } = options;
  const store = openLocalStore(folder);
  const machine = new LocalMachine(store, clock, session);
  async function cardsOf(models: readonly ModelInfo[]): Promise<ModelCard[]> {
    const records = store.delegations();
    const made = await Promise.all(models.map((info) => cardOf(info, { roster, machine, records })));
    return made.filter((card) => card !== undefined);
  }
  return {
    machine,
    store,
    cards: async (signal) => cardsOf(await localModels(roster, signal)),
    remembered: (offered) =>
      rememberedCards(offered, {
        machine,
        observations: store.observations(),
        records: store.delegations(),
      }),
    async guide({ figures = true, models } = {}) {
      const known = await cardsOf(models ?? (await localModels(roster)));
      return figures ? fieldGuide(known, store.lessons()) : bareGuide(known);
    },
  };
}
