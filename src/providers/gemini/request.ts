import type { Content, GenerateContentConfig, Part, ThinkingConfig, ThinkingLevel } from '@google/genai';
import type {
  AssistantMessage,
  ImagePart,
  Message,
  ModelReference,
  TextPart,
  ToolMessage,
  ToolResultPart,
} from '../../conversation/message.ts';
import type { ChatRequest } from '../base.ts';
import { transcriptFor } from '../transcript.ts';
import { canThink, familyOf, isThirdGeneration } from './family.ts';

/** What is kept with a part of a reply and sent back to the same model as it came. */
export interface Opaque {
  /** The thought signature, base64. */
  signature?: string;
  /** The id of a call, where the service gave one. */
  id?: string;
}

/** Documented for calls that another model made: the service checks the first call of each step. */
const FOREIGN_CALL = 'skip_thought_signature_validator';
/** Tokens, for the second generation, which knows no levels; the service's own equivalents. */
const THINKING_BUDGET = { low: 1_024, medium: 8_192, high: 24_576 };
const LEAST_BUDGET_OF_PRO = 128;

/** @param thinks what the service says of the model, where it was asked. */
export function configOf(request: ChatRequest, thinks: boolean | undefined): GenerateContentConfig {
  const { system, tools, format, maxOutputTokens } = request;
  return {
    ...(system?.trim() && { systemInstruction: { parts: [{ text: system }] } }),
    ...(tools?.length && {
      tools: [
        {
          functionDeclarations: tools.map(({ name, description, parameters }) => ({
            name,
            description,
            parametersJsonSchema: parameters,
          })),
        },
      ],
    }),
    ...(maxOutputTokens && { maxOutputTokens }),
    ...(format && { responseMimeType: 'application/json', responseJsonSchema: format }),
    ...((thinks ?? canThink(request.model)) && { thinkingConfig: thinkingOf(request) }),
  };
}

function thinkingOf({ model, thinking }: ChatRequest): ThinkingConfig {
  const { version, light } = familyOf(model);
  const includeThoughts = thinking !== 'off';
  // How to ask a model that is no Gemini for an effort is not documented.
  if (thinking === undefined || version === undefined) return { includeThoughts };
  if (isThirdGeneration(model)) {
    const least = light ? 'MINIMAL' : 'LOW';
    const level = thinking === 'off' ? least : thinking.toUpperCase();
    return { includeThoughts, thinkingLevel: level as ThinkingLevel };
  }
  const least = light ? 0 : LEAST_BUDGET_OF_PRO;
  return { includeThoughts, thinkingBudget: thinking === 'off' ? least : THINKING_BUDGET[thinking] };
}

/** The conversation as the service wants it. */
export function contentsOf(
  messages: readonly Message[],
  model: string,
  reference: ModelReference,
): Content[] {
  const transcript = transcriptFor(messages, {
    model: reference,
    // What the model thought is only of use to it as the signature.
    keepThinking: (part) => signatureOf(part) !== undefined,
  });
  const givenIds = new Map<string, string>();
  const thirdGeneration = isThirdGeneration(model);
  return transcript.map((message) => contentOf(message, thirdGeneration, givenIds));
}

/** @param givenIds what the service called its calls, by our ids; calls come before their results. */
function contentOf(message: Message, thirdGeneration: boolean, givenIds: Map<string, string>): Content {
  switch (message.role) {
    case 'user':
      return { role: 'user', parts: message.parts.map(inlinePart) };
    case 'assistant':
      return { role: 'model', parts: modelParts(message, thirdGeneration, givenIds) };
    case 'tool':
      return { role: 'user', parts: resultParts(message, thirdGeneration, givenIds) };
  }
}

function modelParts(
  { parts }: AssistantMessage,
  thirdGeneration: boolean,
  givenIds: Map<string, string>,
): Part[] {
  let firstCall = true;
  return parts.map((part): Part => {
    const thoughtSignature = signatureOf(part);
    const signed = thoughtSignature === undefined ? {} : { thoughtSignature };
    if (part.type === 'text') return { text: part.text, ...signed };
    if (part.type === 'thinking') return { text: part.text, thought: true, ...signed };
    const id = (part.opaque as Opaque | undefined)?.id;
    if (id !== undefined) givenIds.set(part.id, id);
    const foreign = firstCall && thirdGeneration && thoughtSignature === undefined;
    firstCall = false;
    return {
      functionCall: { ...(id !== undefined && { id }), name: part.name, args: part.args },
      ...(foreign ? { thoughtSignature: FOREIGN_CALL } : signed),
    };
  });
}

/** All results stand together in one content, in the order of their calls; images go with them. */
function resultParts(
  { parts }: ToolMessage,
  thirdGeneration: boolean,
  givenIds: ReadonlyMap<string, string>,
): Part[] {
  const responses: Part[] = [];
  const images: Part[] = [];
  for (const result of parts) {
    const id = givenIds.get(result.callId);
    const shown = result.content.filter((part) => part.type === 'image').map(inlinePart);
    responses.push({
      functionResponse: {
        ...(id !== undefined && { id }),
        name: result.name,
        response: { [result.isError ? 'error' : 'output']: textOf(result) },
        ...(thirdGeneration && shown.length > 0 && { parts: shown }),
      },
    });
    if (!thirdGeneration) images.push(...shown);
  }
  return [...responses, ...images];
}

function inlinePart(part: TextPart | ImagePart): Part {
  if (part.type === 'text') return { text: part.text };
  return { inlineData: { mimeType: part.mediaType, data: part.data } };
}

function textOf({ content }: ToolResultPart): string {
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
}

function signatureOf(part: { opaque?: unknown }): string | undefined {
  return (part.opaque as Opaque | undefined)?.signature;
}
