import { stateFolder } from '../config/state-folder.ts';
import type { Clock } from '../conversation/clock.ts';
import type { Emit, ParleyEvent } from '../conversation/event.ts';
import type { Foresight } from '../conversation/exchange.ts';
import type { ReplyDelta } from '../conversation/reply.ts';
import type { Environment } from '../environment.ts';
import type { LocalKnowledge } from '../local/knowledge.ts';
import type { Panels } from '../patterns/settings.ts';
import type { Roster } from '../providers/roster.ts';

interface KnowledgeOptions {
  env: Environment;
  clock: Clock;
  session: string;
  roster: Roster;
  /** The folder that is worked in. */
  workspace: string;
  emit: Emit;
}

/** What an agent knows of local models, opened when there is first something to know or to learn. */
export class AgentKnowledge {
  readonly #options: KnowledgeOptions;
  #opened: Promise<LocalKnowledge> | undefined;
  #known: LocalKnowledge | undefined;
  /** The JSON of delegations that are being ordered, as far as it has come. */
  readonly #orders = new Map<string, string>();

  constructor(options: KnowledgeOptions) {
    this.#options = options;
  }

  /** What is known, opened before; undefined where nothing was needed yet. */
  get known(): LocalKnowledge | undefined {
    return this.#known;
  }

  open(): Promise<LocalKnowledge> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open(): Promise<LocalKnowledge> {
    const { env, emit, ...rest } = this.#options;
    const { openKnowledge } = await import('../local/knowledge.ts');
    this.#known = openKnowledge({ ...rest, folder: stateFolder(env) });
    const { trouble } = this.#known.store;
    if (trouble) emit({ type: 'notice', level: 'warning', text: trouble });
    return this.#known;
  }

  /** Listens to an order as it is written, until it is known whom it is for and what it is about. */
  async #hearOrder(delta: ReplyDelta): Promise<void> {
    if (delta.type === 'tool-call' && delta.name === 'delegate') this.#orders.set(delta.id, '');
    if (delta.type !== 'tool-arguments') return;
    const heard = this.#orders.get(delta.id);
    if (heard === undefined || !this.#known) return;
    const json = heard + delta.json;
    this.#orders.set(delta.id, json);
    const { orderBegun, preloadFor } = await import('./preload.ts');
    const order = orderBegun(json);
    if (!order || !this.#orders.delete(delta.id)) return;
    // The order itself will tell what is wrong.
    await preloadFor(order, this.#known, this.#options).catch(() => {});
  }

  /** For the one door: looks ahead only where the model is local, so that nothing is loaded for the others. */
  readonly foresight: Foresight = {
    foresee: async (provider, request, kind, signal) => {
      if (!provider.local) return undefined;
      const { machine } = await this.open();
      return machine.foresee(provider, request, kind, signal);
    },
  };

  /**
   * What the leader is told of the other models: the field guide of the local ones, and whom else it can ask. Empty
   * where there is nobody. @param options.figures false leaves out what was measured and learnt.
   * @throws {Failure} `stopped`.
   */
  async guide(panels: Panels, options: { figures: boolean; signal?: AbortSignal }): Promise<string> {
    const { roster } = this.#options;
    const { localModels } = await import('../local/fleet.ts');
    const models = await localModels(roster, options.signal);
    this.#tellSilent();
    const local = models.length > 0 ? await (await this.open()).guide({ ...options, models }) : '';
    return [local, othersTold(roster, panels)].filter(Boolean).join('\n');
  }

  #tellSilent(): void {
    const { roster, emit } = this.#options;
    const silent = roster.names().filter((name) => roster.isSilent(name));
    if (silent.length === 0) return;
    const text = `No answer in time from ${silent.join(', ')}: the work goes on without, until the models are listed anew. Check that the server runs, and its base_url.`;
    emit({ type: 'notice', level: 'warning', text });
  }

  /** Keeps how much of a session's work stayed local, and has a worker ready when one is about to be asked. */
  listen = (event: ParleyEvent): void => {
    if (event.type === 'exchange.delta' && event.delta.type.startsWith('tool-'))
      void this.#hearOrder(event.delta);
    if (event.type !== 'exchange.ended' || !this.#known) return;
    if (!event.usage && event.cost === 0) return;
    const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0 } = event.usage ?? {};
    const tokens = inputTokens + outputTokens;
    const local = event.profile?.local ?? false;
    const cached = event.profile?.cachedTokens ?? cacheReadTokens;
    this.#known.store.addShare(event.session, event.at, {
      ...(local
        ? { localTokens: tokens, localCached: cached }
        : { remoteTokens: tokens, remoteCached: cacheReadTokens }),
      ...(event.cost === undefined ? { costUnknown: true } : { cost: event.cost }),
    });
  };
}

/** By provider: to list their models would ask them all before the first word. */
function othersTold(roster: Roster, panels: Panels): string {
  const names = roster.names().filter((name) => roster.hasKey(name));
  const sets = Object.entries(panels).map(([name, models]) => `${name} (${models.join(', ')})`);
  const told = [
    names.length > 1 &&
      `Models to consult: ${names.join(', ')}; a name alone is that provider's default model.`,
    sets.length > 0 && `Panels: ${sets.join('; ')}.`,
  ];
  return told.filter(Boolean).join(' ');
}
