import type { ChatRequest } from '../providers/base.ts';
import type { RequestSize } from './event.ts';
import type { ImagePart, Part } from './message.ts';
import { IMAGE_TOKENS, tokensAbout } from './token-estimate.ts';

/** How much a request makes its model read, before anybody has counted. */
export function sizeOf({ system = '', messages, tools = [] }: ChatRequest): RequestSize {
  const contents = messages.flatMap(({ parts }): (string | ImagePart)[] =>
    (parts as Part[]).flatMap(contentOf),
  );
  const texts = [system, ...contents.filter((content) => typeof content === 'string')];
  const images = contents.length - texts.length + 1;
  const words = texts.reduce((sum, text) => sum + tokensAbout(text), 0);
  const declared = tools.length > 0 ? tokensAbout(JSON.stringify(tools)) : 0;
  return {
    messages: messages.length,
    characters: texts.reduce((sum, text) => sum + text.length, 0),
    tools: tools.length,
    tokens: Math.round(words + declared + images * IMAGE_TOKENS),
  };
}

/** The texts and images of a part. */
function contentOf(part: Part): (string | ImagePart)[] {
  switch (part.type) {
    case 'image':
      return [part];
    case 'tool-call':
      return [JSON.stringify(part.args)];
    case 'tool-result':
      return part.content.flatMap(contentOf);
    default:
      return [part.text];
  }
}
