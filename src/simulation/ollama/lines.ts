/** Replies as they go over the wire. */
import type { ServerTraits } from './generation.ts';
import { isCloud, remoteName } from './models.ts';
import type { GenerationRequest } from './request.ts';
import type { Piece } from './writing.ts';

/** One JSON object of a reply: a line of the stream, or all of it. */
export function frame(
  { endpoint, model }: GenerationRequest,
  pieces: readonly Piece[],
  traits: ServerTraits,
  end: object = { done: false },
): object {
  const says = (kind: Piece['kind']) => {
    return pieces.map((piece) => (piece.kind === kind ? piece.text : '')).join('');
  };
  const thinking = says('thinking');
  const content = says('text');
  const calls = pieces.flatMap(({ call }) => (call ? [call] : []));
  const head = {
    model: isCloud(model) ? remoteName(model) : model.name,
    created_at: new Date().toISOString(),
  };
  if (endpoint === 'generate') return { ...head, response: content, ...(thinking && { thinking }), ...end };
  const tool_calls = calls.map(({ id, name, args }, index) => ({
    ...(traits.givesCallIds && { id }),
    function: { ...(traits.givesCallIds && { index }), name, arguments: args },
  }));
  const message = {
    role: 'assistant',
    content,
    ...(thinking && { thinking }),
    ...(tool_calls.length > 0 && { tool_calls }),
  };
  return { ...head, message, ...end };
}
