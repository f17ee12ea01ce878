/** Work that is asked for at once: the answer, told once what is wrong with it where a check fails, and its cost. */
import type { Exchanged } from '../../conversation/exchange.ts';
import { Failure } from '../../conversation/failure.ts';
import { type Message, textOf, userMessage } from '../../conversation/message.ts';
import { textUnits } from '../../local/tokens.ts';
import { Refused } from '../../safety/approval.ts';
import { ask } from '../room.ts';
import { accountOf, profilesIn } from './account.ts';
import { type Deadline, deadlineOf } from './deadline.ts';
import { Delivery } from './delivery.ts';
import { type Done, total, type Work } from './work.ts';
import { correction } from './worker-prompt.ts';

export function inOnePiece(work: Work, signal: AbortSignal): Promise<Done> {
  return answerTo(work, deadlineOf(work, signal), signal);
}

/** The answer to the work's question, in what is left of its time. */
export async function answerTo(work: Work, deadline: Deadline, signal: AbortSignal): Promise<Done> {
  const { question } = work;
  const delivery = new Delivery(work);
  const heard = profilesIn(work.room);
  const exchanges: Exchanged[] = [];
  const messages: Message[] = [...question.messages];
  const soFar = () => {
    const { checks, written } = delivery;
    const late = deadline.failure !== undefined;
    const kind = exchanges.at(-1)?.failure?.kind;
    const stopped = kind && { late, failed: !late && kind !== 'stopped' };
    const writtenAbout = textUnits(saidBy(exchanges));
    const account = accountOf(work, heard.profiles, exchanges.at(-1), { ...stopped, writtenAbout });
    return { ...account, checks, written, cost: total(exchanges), seconds: deadline.used };
  };
  try {
    for (let round = 1; ; round++) {
      const said = await deadline.over(heard.room, (room, stop) =>
        ask(room, { ...question, messages }, stop),
      );
      exchanges.push(said);
      const broken = deadline.failure ?? cutOff(work, said) ?? said.failure;
      if (broken) return { ...soFar(), ...cut(broken, saidBy(exchanges), delivery.place) };
      const fault = await delivery.take(said, signal);
      if (!fault || round === 2) {
        if (said.message) keepTalk(work, [...messages, said.message]);
        return { ...soFar(), status: fault ? 'failed' : 'done', text: delivery.account ?? saidBy(exchanges) };
      }
      messages.push(said.message!, userMessage(correction(`${fault.what}: ${fault.detail ?? 'failed'}`)));
    }
  } catch (thrown) {
    if (exchanges.length === 0) throw thrown;
    return { ...soFar(), ...undelivered(thrown, delivery.place, saidBy(exchanges)) };
  }
}

function saidBy(exchanges: readonly Exchanged[]): string {
  const message = exchanges.at(-1)?.message;
  return message ? textOf(message) : '';
}

/** A reply that ran into a limit is not the whole answer, however well it looks. */
function cutOff({ model, question }: Work, { stop, failure }: Exchanged): Failure | undefined {
  if (failure?.kind === 'context-exceeded')
    return new Failure(
      'context-exceeded',
      `The window of ${model} has no room for it: name fewer lines, or ask another model.`,
      { cause: failure },
    );
  if (stop === 'length')
    return new Failure(
      'usage',
      `${model} was cut off at max_output ${question.maxOutputTokens}: ask for less, or allow more.`,
    );
  if (stop === 'context-full')
    return new Failure(
      'context-exceeded',
      `${model} was cut off where its window was full: name fewer lines, or ask for less.`,
    );
  return undefined;
}

/** It did not come to its end; what was written is kept and said to be partial. */
function cut(
  failure: Failure,
  text: string,
  place: string | undefined,
): Pick<Done, 'status' | 'text' | 'failure'> {
  const partial = text.trim() !== '';
  const told = partial ? [place, text, `[partial: ${failure.message}]`] : [place, failure.message];
  return {
    status: partial || place ? 'partial' : 'failed',
    text: told.filter(Boolean).join('\n'),
    failure: failure.report(),
  };
}

/** The work is there, and not in its file, or not checked: the caller learns why. */
function undelivered(thrown: unknown, place: string | undefined, said: string) {
  const status = 'failed' as const;
  // The human knows the change or the command that they said no to.
  if (thrown instanceof Refused) return { status, text: [place, thrown.message].filter(Boolean).join('\n') };
  const failure = Failure.from(thrown);
  const told = [place, failure.message, `What the worker said:\n${said}`];
  return { status, text: told.filter(Boolean).join('\n'), failure: failure.report() };
}

/** What was said, so that the caller can object to it: one talk for all answers to the same work, by any of their ids. */
function keepTalk({ id, room, model, order }: Work, messages: readonly Message[]): void {
  const talk = room.talks.get(order.again ?? '') ?? { model, messages, rounds: 0 };
  talk.messages = messages;
  talk.rounds += 1;
  room.talks.set(id, talk);
}
