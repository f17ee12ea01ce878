import type { Emit } from '../conversation/event.ts';
import type { ModelReference } from '../conversation/message.ts';

/** Who can be spoken to: a model, and as what it speaks. */
export interface Listener {
  model: ModelReference;
  role?: string;
}

interface HumanMessage {
  text: string;
  /** Who is addressed, as the human wrote it after `@`; everybody where left out. */
  to?: string;
}

/** What the human wants between two rounds. */
export type Steering = { answer: 'go-on' } | { answer: 'end' } | { answer: 'say'; text: string };
export type Steer = (question: string, signal: AbortSignal) => Promise<Steering>;

/** What a listener has not heard yet. `heard` is called once the listener really got it. */
export interface News {
  text: string;
  heard(): void;
}

interface Audience {
  listeners: readonly Listener[];
  /** What is said to them must not leave this machine. */
  isPrivate: boolean;
}

interface Said {
  message: HumanMessage;
  /** By whom. */
  heard: Set<string>;
  isPrivate: boolean;
  /** To the leader, who was in no conversation. */
  told: boolean;
}

export interface Unheard {
  text: string;
  /** Not for anybody else either. */
  isPrivate: boolean;
}

const EVERYBODY = /^(all|everybody|everyone)$/i;

/** The human among models that talk: what they type is heard at the next turn, by all or by the one they name. */
export class HumanVoice {
  readonly #emit: Emit;
  /** Those who listen, of each pattern under way, the outermost first. */
  readonly #audiences: Audience[] = [];
  /** Messages that some have not heard yet, with those who have. */
  #said: Said[] = [];
  /** What was said in a pattern that was stopped and can go on. */
  #kept: Said[] = [];

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** Whether a pattern is under way whose models can hear the human. */
  get hasAudience(): boolean {
    return this.#audiences.length > 0;
  }

  /**
   * Models come in; the returned function lets them leave.
   * @param isPrivate what is said to them is for them alone.
   */
  admit(listeners: readonly Listener[], isPrivate = false): () => void {
    const audience = { listeners, isPrivate };
    this.#audiences.push(audience);
    return () => void this.#audiences.splice(this.#audiences.indexOf(audience), 1);
  }

  /** `@name …` is for one; a name that nobody here bears is told at once, and nothing is said. */
  say(text: string): void {
    const message = readMessage(text);
    if (message.text === '') return;
    const present = this.#audiences.flatMap(({ listeners }) => listeners);
    const { to } = message;
    if (to !== undefined && !present.some((listener) => isCalled(to, listener))) {
      const names = [...new Set(present.map(({ model }) => model))].join(', ');
      const notice = `Nobody here is called ${to}, so nothing was said.${names && ` Here are: ${names}.`}`;
      this.#emit({ type: 'notice', level: 'warning', text: notice });
      return;
    }
    const isPrivate = this.#audiences.some((audience) => audience.isPrivate);
    this.#said.push({ message, heard: new Set(), isPrivate, told: false });
    this.#emit({ type: 'room.said', ...message });
  }

  /** A pattern was stopped that can go on: what was said is kept for those in it who have not heard it. */
  keep(): void {
    this.#kept = this.#said;
    this.#said = [];
  }

  /** It goes on. */
  bringBack(): void {
    this.#said = this.#kept;
    this.#kept = [];
  }

  /** It never will. */
  forgetKept(): void {
    this.#kept = [];
  }

  /** What was kept and nobody has heard: told to others once, and kept all the same. */
  takeKept(): string[] {
    const untold = this.#kept.filter(({ heard, isPrivate, told }) => heard.size === 0 && !isPrivate && !told);
    for (const one of untold) one.told = true;
    return untold.map(({ message }) => message.text);
  }

  /** What nobody heard, because all had spoken already; it is not said to anybody later. */
  takeUnheard(): Unheard[] {
    const unheard = this.#said.filter(({ heard, told }) => heard.size === 0 && !told);
    this.#said = [];
    return unheard.map(({ message: { text }, isPrivate }) => ({ text, isPrivate }));
  }

  /** What this listener has not heard yet and is meant to hear, laid out to be put into its next message. */
  newsFor(listener: Listener): News {
    const key = `${listener.model} ${listener.role ?? ''}`;
    const news = this.#said.filter(
      ({ message: { to }, heard }) => !heard.has(key) && (to === undefined || isCalled(to, listener)),
    );
    return {
      text: news
        .map(({ message: { to, text } }) => `The human says${to ? ' to you' : ''}: ${text}`)
        .join('\n'),
      heard: () => {
        for (const { heard } of news) heard.add(key);
      },
    };
  }
}

function readMessage(text: string): HumanMessage {
  const addressed = /^@(\S+?)[,;:.!?]*\s+([\s\S]+)$/.exec(text.trim());
  if (!addressed) return { text: text.trim() };
  const [, to, rest] = addressed as unknown as [string, string, string];
  return EVERYBODY.test(to) ? { text: rest } : { to, text: rest };
}

/** `@claude`, `@qwen2.5`, `@ollama:qwen3:8b`, `@reviewer`: whole parts of the name, or the role. */
function isCalled(name: string, { model, role }: Listener): boolean {
  const wanted = name.toLowerCase();
  if (role?.toLowerCase() === wanted) return true;
  const parts = new RegExp(`(^|[-:/._])${RegExp.escape(wanted)}(?=$|[-:/._\\d])`);
  return parts.test(model.toLowerCase());
}
