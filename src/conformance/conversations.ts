/** What is said to a provider that is put to the test. */
import { type AssistantMessage, type Message, toolCallsOf, userMessage } from '../conversation/message.ts';
import type { ToolDeclaration } from '../providers/base.ts';

export const READ: ToolDeclaration = {
  name: 'read',
  description: 'Reads a file.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string' } },
    required: ['path'],
    additionalProperties: false,
  },
};
export const TWO_CALLS = [
  { name: 'read', args: { path: 'src/first.ts' } },
  { name: 'read', args: { path: 'src/second.ts', lines: [1, 20], note: 'größer als 👩‍👩‍👧' } },
];
export const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A result for each call: the first succeeds, the rest fail. */
export function resultsOf(message: AssistantMessage): Message {
  return {
    role: 'tool',
    parts: toolCallsOf(message).map((call, n) => ({
      type: 'tool-result',
      callId: call.id,
      name: call.name,
      content: [{ type: 'text', text: `${n === 0 ? 'content of' : 'no such file:'} ${call.args.path}` }],
      ...(n > 0 && { isError: true }),
    })),
  };
}

/** All that a provider may meet: foreign ids and opaque parts, calls without results, empty messages. */
export function foreignConversation(): Message[] {
  const call = (id: string, args: object) => ({
    type: 'tool-call' as const,
    id,
    name: 'read',
    args: { ...args },
  });
  const result = (callId: string, text: string) => ({
    type: 'tool-result' as const,
    callId,
    name: 'read',
    content: [{ type: 'text' as const, text }],
  });
  return [
    userMessage('Find the bug'),
    {
      role: 'assistant',
      model: 'elsewhere:thinker',
      parts: [
        { type: 'thinking', text: 'foreign thought', opaque: { signature: 'foreign-signature' } },
        { type: 'text', text: 'I look.', opaque: { thoughtSignature: 'foreign-opaque' } },
        {
          ...call('functions.read:0|fc_é', { path: 'a.ts' }),
          opaque: { thoughtSignature: 'foreign-opaque' },
        },
      ],
    },
    { role: 'tool', parts: [result('functions.read:0|fc_é', 'content of a.ts')] },
    // The same id again, arguments that did not parse, a result that never came.
    {
      role: 'assistant',
      model: 'elsewhere:small',
      parts: [
        call('functions.read:0|fc_é', { path: 'b.ts' }),
        { ...call('', {}), invalidArgs: '{"path": "c.ts' },
        call(`long-${'x'.repeat(100)}`, { path: 'd.ts' }),
      ],
    },
    {
      role: 'tool',
      parts: [
        result('functions.read:0|fc_é', ''),
        { ...result('', 'The arguments are no valid JSON.'), isError: true },
      ],
    },
    { role: 'assistant', model: 'elsewhere:small', parts: [] },
    { role: 'assistant', model: 'elsewhere:small', parts: [{ type: 'text', text: 'broken off' }] },
    userMessage('And now?'),
  ];
}
