import { describe, expect, test } from 'vitest';
import {
  type AssistantMessage,
  type Message,
  type ToolMessage,
  toolCallsOf,
  userMessage,
} from '../../src/conversation/message.ts';
import {
  callIdMatching,
  parseArguments,
  type Receiver,
  transcriptFor,
} from '../../src/providers/transcript.ts';
import { fc } from '../support/chance.ts';

const SAFE = /^[a-zA-Z0-9_-]{1,64}$/;
const claude: Receiver = { model: 'anthropic:sonnet', callId: (id) => callIdMatching(id, SAFE) };

function said(model: string, ...parts: AssistantMessage['parts']): AssistantMessage {
  return { role: 'assistant', model, parts };
}

function call(id: string, args: Record<string, unknown> = {}) {
  return { type: 'tool-call' as const, id, name: 'read', args };
}

function result(callId: string, text = 'done') {
  return { type: 'tool-result' as const, callId, name: 'read', content: [{ type: 'text' as const, text }] };
}

describe('a conversation that moves to another model', () => {
  const spoken = said(
    'gemini:pro',
    { type: 'thinking', text: 'hm', opaque: 'a' },
    { type: 'text', text: 'Here.', opaque: 'b' },
    { ...call('1'), opaque: 'c' },
  );
  const messages: Message[] = [userMessage('Go'), spoken, { role: 'tool', parts: [result('1')] }];

  test('keeps all that its own model said', () => {
    expect(transcriptFor(messages, { model: 'gemini:pro' })).toEqual(messages);
  });

  test('loses thinking and opaque parts for any other', () => {
    const [, message] = transcriptFor(messages, claude);
    expect(message).toEqual(said('gemini:pro', { type: 'text', text: 'Here.' }, call('1')));
  });

  test('has no empty messages and no blank texts', () => {
    const sparse: Message[] = [
      userMessage('  \n'),
      said('gemini:pro', { type: 'thinking', text: 'only this' }),
      said('gemini:pro', { type: 'text', text: '\n\n' }, { type: 'text', text: 'Yes.' }),
      userMessage('', [{ type: 'image', mediaType: 'image/png', data: 'AA==' }]),
    ];
    expect(transcriptFor(sparse, claude)).toEqual([
      said('gemini:pro', { type: 'text', text: 'Yes.' }),
      { role: 'user', parts: [{ type: 'image', mediaType: 'image/png', data: 'AA==' }] },
    ]);
  });

  test('has words in place of images for a model that cannot see, those of tools too', () => {
    const image = { type: 'image', mediaType: 'image/png', data: 'AA==' } as const;
    const seen: Message[] = [
      userMessage('What is this?', [image]),
      said('gemini:pro', call('1')),
      { role: 'tool', parts: [{ type: 'tool-result', callId: '1', name: 'read', content: [image] }] },
    ];
    expect(transcriptFor(seen, { model: 'gemini:pro' })).toEqual(seen);
    const [asked, , read] = transcriptFor(seen, { model: 'gemini:pro', blind: true });
    const words = { type: 'text', text: '[an image, which you cannot see]' };
    expect(asked?.parts).toEqual([words, { type: 'text', text: 'What is this?' }]);
    expect((read as ToolMessage).parts[0]?.content).toEqual([words]);
  });

  test('keeps a blank text of its own model that carries a signature', () => {
    const signed = said('gemini:pro', { type: 'text', text: '', opaque: 'signature' });
    expect(transcriptFor([signed], { model: 'gemini:pro' })).toEqual([signed]);
    expect(transcriptFor([signed], claude)).toEqual([]);
  });

  test('leaves out of its own thinking what the receiver cannot take back', () => {
    const broken = said(
      'anthropic:sonnet',
      { type: 'thinking', text: 'unsigned' },
      { type: 'text', text: 'So.' },
    );
    const receiver = { ...claude, keepThinking: ({ opaque }: { opaque?: unknown }) => opaque !== undefined };
    expect(transcriptFor([broken], receiver)).toEqual([
      said('anthropic:sonnet', { type: 'text', text: 'So.' }),
    ]);
  });

  test('mends characters that were cut in half', () => {
    const half = 'cut here: \ud83d';
    const sent = transcriptFor(
      [
        userMessage(half),
        said('a:b', { type: 'text', text: half }, call('1')),
        { role: 'tool', parts: [result('1', half)] },
      ],
      claude,
    );
    expect(JSON.stringify(sent)).not.toMatch(/\\ud83d/);
  });
});

describe('where human and model have to speak in turn', () => {
  const receiver: Receiver = { model: 'router:mistral', alternate: true };
  const silence = said('router:mistral', { type: 'text', text: '(no answer)' });

  test('a message that nobody answered is followed by words that say so', () => {
    const messages: Message[] = [
      userMessage('One'),
      userMessage('Two'),
      said('ollama:qwen', call('1')),
      { role: 'tool', parts: [result('1')] },
      userMessage('Three'),
    ];
    const sent = transcriptFor(messages, receiver);
    expect(sent.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect([sent[1], sent[5]]).toEqual([silence, silence]);
    expect(transcriptFor(messages, { model: 'router:mistral' })).toHaveLength(5);
  });

  test('what was sent before stays at the front', () => {
    const before = transcriptFor([userMessage('One')], receiver);
    expect(transcriptFor([userMessage('One'), userMessage('Two')], receiver).slice(0, 1)).toEqual(before);
  });
});

describe('tool calls', () => {
  test('get ids that are valid, and their results the same', () => {
    const sent = transcriptFor(
      [
        said('ollama:qwen', call('functions.read:0'), call('fine_1')),
        { role: 'tool', parts: [result('fine_1', 'b'), result('functions.read:0', 'a')] },
      ],
      claude,
    );
    const ids = toolCallsOf(sent[0] as AssistantMessage).map(({ id }) => id);
    expect(ids[0]).toMatch(SAFE);
    expect(ids[1]).toBe('fine_1');
    expect(sent[1]).toMatchObject({
      parts: [
        { callId: ids[0], content: [{ text: 'a' }] },
        { callId: 'fine_1', content: [{ text: 'b' }] },
      ],
    });
  });

  test('that were given the same id are told apart, each with its own result', () => {
    const round = (text: string): Message[] => [
      said('ollama:qwen', call('call_0'), call('call_0')),
      { role: 'tool', parts: [result('call_0', `${text} 1`), result('call_0', `${text} 2`)] },
    ];
    const sent = transcriptFor([...round('a'), ...round('b')], claude);
    const texts = sent.flatMap((message) =>
      message.role === 'tool' ? message.parts.map(({ callId, content }) => [callId, content]) : [],
    );
    expect(new Set(texts.map(([id]) => id)).size).toBe(4);
    expect(JSON.stringify(texts)).toMatch(/a 1.*a 2.*b 1.*b 2/);
  });

  test('without a result get one that says that they were not run', () => {
    const sent = transcriptFor(
      [said('x:y', call('1'), call('2')), { role: 'tool', parts: [result('2')] }, userMessage('Go on')],
      claude,
    );
    expect(sent.map(({ role }) => role)).toEqual(['assistant', 'tool', 'user']);
    expect(sent[1]).toMatchObject({ parts: [{ callId: '1', isError: true }, { callId: '2' }] });
    expect(JSON.stringify(sent[1])).toContain('Not run');
  });

  test('without any tool message get one', () => {
    const sent = transcriptFor([said('x:y', call('1')), userMessage('Stop that')], claude);
    expect(sent.map(({ role }) => role)).toEqual(['assistant', 'tool', 'user']);
  });

  test('are the only thing that may have results', () => {
    expect(transcriptFor([userMessage('Hi'), { role: 'tool', parts: [result('gone')] }], claude)).toEqual([
      userMessage('Hi'),
    ]);
  });

  test('whose arguments did not parse are sent as an object that shows what was written', () => {
    const sent = transcriptFor([said('x:y', { ...call('1'), invalidArgs: '{"path": ' })], claude);
    expect(toolCallsOf(sent[0] as AssistantMessage)).toEqual([call('1', { invalid_json: '{"path": ' })]);
  });
});

describe('arguments of a call', () => {
  test.each([
    ['{"a": 1}', { args: { a: 1 } }],
    ['', { args: {} }],
    [' \n', { args: {} }],
    ['[1]', { args: {}, invalidArgs: '[1]' }],
    ['null', { args: {}, invalidArgs: 'null' }],
    ['"text"', { args: {}, invalidArgs: '"text"' }],
    ['{"a": ', { args: {}, invalidArgs: '{"a": ' }],
  ])('%j', (json, parsed) => expect(parseArguments(json)).toEqual(parsed));
});

/** A step of a turn: the human speaks, or a model does and its calls are answered, all or in part. */
const steps = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }).map((text): Message[] => [userMessage(text)]),
    fc
      .record({
        model: fc.constantFrom('anthropic:sonnet', 'gemini:pro'),
        texts: fc.array(fc.string({ maxLength: 3 }), { maxLength: 2 }),
        thinking: fc.option(fc.string()),
        calls: fc.array(fc.record({ id: fc.string({ maxLength: 3 }), answered: fc.boolean() }), {
          maxLength: 3,
        }),
        opaque: fc.option(fc.constant('signed'), { nil: undefined }),
      })
      .map(({ model, texts, thinking, calls, opaque }): Message[] => [
        said(
          model,
          ...(thinking === null ? [] : [{ type: 'thinking' as const, text: thinking, opaque }]),
          ...texts.map((text) => ({ type: 'text' as const, text })),
          ...calls.map(({ id }) => call(id)),
        ),
        { role: 'tool', parts: calls.filter(({ answered }) => answered).map(({ id }) => result(id)) },
      ]),
  ),
  { maxLength: 8 },
);

describe('any conversation', () => {
  test('keeps what was sent before at its front when it grows', () => {
    fc.assert(
      fc.property(steps, fc.nat(8), (steps, cut) => {
        const before = transcriptFor(steps.slice(0, cut).flat(), claude);
        const after = transcriptFor(steps.flat(), claude);
        expect(after.slice(0, before.length)).toEqual(before);
      }),
    );
  });

  test('has a result for every call and a call for every result, under valid ids used once', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const sent = transcriptFor(steps.flat(), claude);
        const ids: string[] = [];
        for (const [place, message] of sent.entries()) {
          expect(message.parts.length).toBeGreaterThan(0);
          const calls = message.role === 'assistant' ? toolCallsOf(message).map(({ id }) => id) : [];
          const next = sent[place + 1];
          const answered = next?.role === 'tool' ? next.parts.map(({ callId }) => callId) : [];
          if (message.role === 'assistant') expect(answered).toEqual(calls);
          else expect(answered).toEqual([]);
          ids.push(...calls);
        }
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
      }),
    );
  });

  test('is the same when it is prepared twice', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const once = transcriptFor(steps.flat(), claude);
        expect(transcriptFor(once, claude)).toEqual(once);
      }),
    );
  });
});
