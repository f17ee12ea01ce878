import { stateFolder } from '../config/state-folder.ts';
import type { Clock } from '../conversation/clock.ts';
import type { Emit, ParleyEvent } from '../conversation/event.ts';
import type { Foresight } from '../conversation/exchange.ts';
import { splitReference } from '../conversation/message.ts';
import type { Environment } from '../environment.ts';
import type { LocalKnowledge } from '../local/knowledge.ts';
import type { Panels } from '../patterns/settings.ts';
import type { Roster } from '../providers/roster.ts';

interface KnowledgeOptions {
  env: Environment;
  clock: Clock;
  session: string;
  roster: Roster;
  emit: Emit;
}

/** What an agent knows of local models, opened when there is first something to know or to learn. */
export class AgentKnowledge {
  readonly #options: KnowledgeOptions;
  #opened: Promise<LocalKnowledge> | undefined;
  #known: LocalKnowledge | undefined;

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

  /** The leader is still writing its order: the worker that was asked last is loaded meanwhile, if it is not. */
  async #preload(): Promise<void> {
    const worker = this.#known?.store.delegations().findLast(({ local }) => local)?.model;
    if (!worker) return;
    try {
      const { provider: name, model } = splitReference(worker);
      const provider = await this.#options.roster.get(name);
      const before = await provider.prospect({ model, messages: [] });
      if (before?.loaded !== false) return;
      await provider.preload(model);
      this.#known?.machine.notePreload(before.host, worker);
    } catch {
      // The order itself will tell what is wrong.
    }
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
   * where there is nobody. @param figures false leaves out what was measured and learnt.
   */
  async guide(panels: Panels, figures = true): Promise<string> {
    const { roster } = this.#options;
    const { localModels } = await import('../local/fleet.ts');
    const hasLocal = (await localModels(roster)).length > 0;
    const local = hasLocal ? await (await this.open()).guide({ figures }) : '';
    return [local, othersTold(roster, panels)].filter(Boolean).join('\n');
  }

  /** Keeps how much of a session's work stayed local, and has a worker ready when one is about to be asked. */
  listen = (event: ParleyEvent): void => {
    if (
      event.type === 'exchange.delta' &&
      event.delta.type === 'tool-call' &&
      event.delta.name === 'delegate'
    )
      void this.#preload();
    if (event.type !== 'exchange.ended' || !this.#known) return;
    if (!event.usage && event.cost === 0) return;
    const { inputTokens = 0, outputTokens = 0 } = event.usage ?? {};
    const tokens = inputTokens + outputTokens;
    const local = event.profile?.local ?? false;
    this.#known.store.addShare(event.session, event.at, {
      ...(local ? { localTokens: tokens } : { remoteTokens: tokens }),
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
