/** What was said in a pattern so far, as its prompts and conditions ask for it. */
import type { VoteReport } from '../../conversation/event.ts';
import type { ModelReference } from '../../conversation/message.ts';
import { jsonIn } from '../delegation/answer.ts';
import { verdictIn } from '../handoff.ts';
import { voteTold } from '../vote.ts';

/** One answer of one model. */
export interface Voice {
  step: string;
  role: string;
  model: ModelReference;
  text: string;
  /** In which round of the repeat around it. */
  round?: number;
  failure?: string;
}

/** What can win a vote, by all the names under which it goes. */
export interface Candidate {
  names: readonly string[];
  text: string;
}

type Entry =
  | { kind: 'ask'; voices: readonly Voice[]; form: 'text' | 'json' }
  | { kind: 'vote'; report?: VoteReport; winners: readonly Candidate[] };

/** Each step's last word; of the voices, all of them. */
export class Said {
  readonly #steps = new Map<string, Entry>();
  readonly voices: Voice[] = [];
  readonly votes: { step: string; vote: VoteReport }[] = [];

  answered(step: string, voices: readonly Voice[], form: 'text' | 'json'): void {
    this.#steps.set(step, { kind: 'ask', voices, form });
    this.voices.push(...voices);
  }

  /** @param report left out where one candidate alone was left, so that there was nothing to vote on. */
  voted(step: string, winners: readonly Candidate[], report?: VoteReport): void {
    this.#steps.set(step, { kind: 'vote', report, winners });
    if (report) this.votes.push({ step, vote: report });
  }

  /** Those of a step who have something to say. */
  heardIn(step: string): readonly Voice[] {
    const entry = this.#steps.get(step);
    return entry?.kind === 'ask' ? entry.voices.filter(({ failure }) => failure === undefined) : [];
  }

  /** A step in words; of a vote, its `winner` alone. Empty where it did not speak. */
  text(step: string, part?: string): string {
    const entry = this.#steps.get(step);
    if (!entry) return '';
    if (entry.kind === 'ask') {
      return together(entry.voices.filter(({ role }) => part === undefined || role === part));
    }
    if (part === 'winner') return winnersTold(entry.winners);
    return entry.report ? voteTold(entry.report) : winnersTold(entry.winners);
  }

  /** All who answered approve, and somebody did. */
  approved(step: string): boolean {
    const entry = this.#steps.get(step);
    const heard = this.heardIn(step);
    return heard.length > 0 && heard.every(({ text }) => approves(text, entry?.kind === 'ask' && entry.form));
  }

  winners(step: string): readonly string[] {
    const entry = this.#steps.get(step);
    return entry?.kind === 'vote' && entry.winners.length === 1 ? entry.winners[0]!.names : [];
  }

  tied(step: string): boolean {
    const entry = this.#steps.get(step);
    return entry?.kind === 'vote' && entry.winners.length > 1;
  }
}

/** By their roles: who reads it shall not know which model it was. */
function together(voices: readonly Voice[]): string {
  if (voices.length === 1) return voices[0]!.failure === undefined ? voices[0]!.text : '[no answer]';
  const seen = new Map<string, number>();
  return voices
    .map(({ role, text, failure }) => {
      const number = (seen.get(role) ?? 0) + 1;
      seen.set(role, number);
      const several = voices.filter((one) => one.role === role).length > 1;
      return `${several ? `${role} ${number}` : role}:\n${failure === undefined ? text : '[no answer]'}`;
    })
    .join('\n\n');
}

/** Where there is a tie, all who share the first place. */
function winnersTold(winners: readonly Candidate[]): string {
  if (winners.length === 1) return winners[0]!.text;
  return winners.map(({ text }, place) => `Tied ${place + 1}:\n${text}`).join('\n\n');
}

/** In JSON `"approve": true`, `"approved": true` or `"verdict": "approve"`; in a text the last line with a verdict. */
function approves(text: string, form: 'text' | 'json' | false): boolean {
  if (form !== 'json') return verdictIn(text) === 'approve';
  const value = jsonIn(text) as { approve?: unknown; approved?: unknown; verdict?: unknown } | null;
  return value?.approve === true || value?.approved === true || value?.verdict === 'approve';
}
