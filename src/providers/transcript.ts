/**
 * What changes in a conversation when it is sent to a model: parts that only another model understands are
 * left out, and what every service insists on is made true. Pure and deterministic, and what comes out for the
 * first messages does not depend on those after them, so that a growing conversation keeps its prefix.
 */
import { createHash } from 'node:crypto';
import type {
  AssistantMessage,
  ImagePart,
  Message,
  ModelReference,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolMessage,
  ToolResultPart,
} from '../conversation/message.ts';

/** What a model that cannot see is told in place of an image. */
const UNSEEN: TextPart = { type: 'text', text: '[an image, which you cannot see]' };

/** Who is about to read the conversation. */
export interface Receiver {
  model: ModelReference;
  /**
   * A valid id for this service in place of any id; see {@link callIdMatching}. Left out, ids stay.
   * @param own whether the receiver made the call itself.
   */
  callId?(id: string, own: boolean): string;
  /** The service insists that the human and the model speak in turn. */
  alternate?: boolean;
  /** The model cannot see: some servers refuse images then, others drop them without a word. */
  blind?: boolean;
  /** Which of the receiver's own thinking is sent back; left out, all of it. Other models' never is. */
  keepThinking?(part: ThinkingPart): boolean;
}

/**
 * The conversation as the receiver may be sent it:
 * - thinking and `opaque` of other models are gone, and so are blank texts and messages left empty;
 * - ids of calls are valid and differ from each other, and results carry the same ids;
 * - every assistant message with calls is followed by one tool message with one result for each call, in
 *   their order; a result that is missing says that the call was not run; results without a call are gone;
 * - where they have to alternate, a turn of the human that nobody answered is followed by words that say so;
 * - every text is well-formed Unicode;
 * - for a model that cannot see, words stand in place of images;
 * - `args` of every call is an object: arguments that did not parse are wrapped as `{invalid_json: "…"}`.
 */
export function transcriptFor(messages: readonly Message[], receiver: Receiver): Message[] {
  const sent: Message[] = [];
  const usedIds = new Set<string>();
  for (let place = 0; place < messages.length; place++) {
    const message = messages[place]!;
    if (message.role === 'user') {
      const parts = message.parts.filter((part) => part.type === 'image' || !isBlank(part.text));
      if (parts.length === 0) continue;
      const before = sent.at(-1)?.role;
      if (receiver.alternate && (before === 'user' || before === 'tool'))
        sent.push(unanswered(receiver.model));
      sent.push({ role: 'user', parts: readable(parts, receiver) });
    }
    if (message.role === 'assistant') {
      const spoken = partsFor(message, receiver, usedIds);
      if (spoken.parts.length > 0) sent.push({ ...message, parts: spoken.parts });
      if (spoken.ids.length > 0) {
        const results: ToolResultPart[] = [];
        for (let next = place + 1; messages[next]?.role === 'tool'; next++) {
          results.push(...(messages[next] as ToolMessage).parts);
        }
        const parts = spoken.ids.map(({ call, id }) => resultOf(call, id, results));
        sent.push({
          role: 'tool',
          parts: parts.map((part) => ({ ...part, content: readable(part.content, receiver) })),
        });
      }
    }
  }
  return sent;
}

/** How many images a conversation holds, those of tools among them. */
export function imagesIn(messages: readonly Message[]): number {
  const contents = messages.flatMap(({ role, parts }) =>
    role === 'tool' ? parts.map(({ content }) => content) : role === 'user' ? [parts] : [],
  );
  return contents.flat().filter(({ type }) => type === 'image').length;
}

/** The same of what was said to a model last: what came before its last reply was told then. */
export function newImagesIn(messages: readonly Message[]): number {
  return imagesIn(messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1));
}

/** What the human is told where words stand in place of images; undefined where none do. */
export function blindWarning(model: ModelReference, unseen: number): string | undefined {
  if (unseen === 0) return undefined;
  return `${model} cannot see: ${unseen === 1 ? 'the image was' : `${unseen} images were`} left out.`;
}

/** The id itself where the pattern allows it, else one derived from it that any service takes. */
export function callIdMatching(id: string, pattern: RegExp): string {
  return pattern.test(id) ? id : `call_${hashOf(id).slice(0, 20)}`;
}

/** Letters and digits that stand for an id, always the same ones. */
export function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

/** The arguments of a call from the text in which a model wrote them; no text at all means no arguments. */
export function parseArguments(json: string): Pick<ToolCallPart, 'args' | 'invalidArgs'> {
  if (isBlank(json)) return { args: {} };
  try {
    const args: unknown = JSON.parse(json);
    if (typeof args === 'object' && args !== null && !Array.isArray(args)) {
      return { args: args as Record<string, unknown> };
    }
  } catch {
    // Told by the return below; the engine answers the model with what is wrong.
  }
  return { args: {}, invalidArgs: json };
}

/** The same where the model's server has parsed them already. */
export function argumentsIn(value: unknown): Pick<ToolCallPart, 'args' | 'invalidArgs'> {
  if (typeof value === 'string') return parseArguments(value);
  return value === undefined ? { args: {} } : parseArguments(JSON.stringify(value));
}

/** Stands before the next message, not after the one it is about: what was sent stays the beginning of what is sent. */
function unanswered(model: ModelReference): AssistantMessage {
  return { role: 'assistant', model, parts: [{ type: 'text', text: '(no answer)' }] };
}

function partsFor(message: AssistantMessage, receiver: Receiver, usedIds: Set<string>) {
  const own = message.model === receiver.model;
  const parts: AssistantMessage['parts'] = [];
  const ids: { call: ToolCallPart; id: string }[] = [];
  for (const part of message.parts) {
    switch (part.type) {
      case 'thinking':
        if (own && (receiver.keepThinking?.(part) ?? true)) parts.push(part);
        break;
      case 'text':
        // A blank text may still carry what its model wants back.
        if (own && part.opaque !== undefined) parts.push(part);
        else if (!isBlank(part.text)) parts.push({ type: 'text', text: part.text.toWellFormed() });
        break;
      case 'tool-call': {
        const id = unused(part.id, usedIds, (id) => receiver.callId?.(id, own) ?? id);
        const args = part.invalidArgs === undefined ? part.args : { invalid_json: part.invalidArgs };
        const opaque = own && part.opaque !== undefined ? { opaque: part.opaque } : {};
        parts.push({ type: 'tool-call', id, name: part.name, args, ...opaque });
        ids.push({ call: part, id });
        break;
      }
    }
  }
  return { parts, ids };
}

/** Some servers count their calls from zero in every reply; others refuse an id that they have seen before. */
function unused(id: string, usedIds: Set<string>, valid: (id: string) => string): string {
  let free = valid(id);
  for (let n = 2; usedIds.has(free); n++) free = valid(`${id}_${n}`);
  usedIds.add(free);
  return free;
}

/** Takes the result out of `results`, so that two calls with one id get one result each. */
function resultOf(call: ToolCallPart, id: string, results: ToolResultPart[]): ToolResultPart {
  const place = results.findIndex((result) => result.callId === call.id);
  const [found] = place < 0 ? [] : results.splice(place, 1);
  if (found) return { ...found, callId: id };
  return {
    type: 'tool-result',
    callId: id,
    name: call.name,
    content: [{ type: 'text', text: 'Not run: the turn was stopped before this call.' }],
    isError: true,
  };
}

/**
 * As the receiver can take it: for one that cannot see, words in place of images; and no half characters, as are left where
 * a text was cut, which are no valid JSON for some services.
 */
function readable(parts: readonly (TextPart | ImagePart)[], { blind }: Receiver): (TextPart | ImagePart)[] {
  return parts.map((part) => {
    if (part.type === 'image') return blind ? UNSEEN : part;
    return part.text.isWellFormed() ? part : { ...part, text: part.text.toWellFormed() };
  });
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}
