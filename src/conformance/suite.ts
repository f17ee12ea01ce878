/** The promises of a provider, one test each. */
import * as fc from 'fast-check';
import { afterAll, afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { realClock } from '../conversation/clock.ts';
import type { EventBody } from '../conversation/event.ts';
import { exchange, openDoor } from '../conversation/exchange.ts';
import { type Message, textOf, toolCallsOf, userMessage } from '../conversation/message.ts';
import type { ReplyDelta, StopReason } from '../conversation/reply.ts';
import type { ChatRequest, LLMProvider } from '../providers/base.ts';
import { inOrder, type Script, type SimulatedService } from '../simulation/script.ts';
import { foreignConversation, PIXEL, READ, resultsOf, TWO_CALLS } from './conversations.ts';
import {
  collect,
  essence,
  expectNothingLeftOn,
  expectSentence,
  expectStopped,
  failureOf,
  hear,
  joined,
} from './expectations.ts';
import { API_KEY, FAULTS, type FaultName, type Subject } from './subject.ts';
import { tapWire, type WireTap } from './wire-tap.ts';

/** How a reply may end whose calls are not to be run, or not all of them. */
const UNFINISHED: ReadonlySet<StopReason> = new Set(['length', 'context-full', 'refusal', 'blocked']);

export function describeConformance(name: string, subject: Subject): void {
  const { model } = subject;
  const lacks = new Set<string>(subject.lacks);

  async function start(script: Script): Promise<Scene> {
    const service = await subject.simulate(script);
    const tap = await tapWire(service.url);
    const provider = subject.connect(tap.url, API_KEY);
    onTestFinished(async () => {
      await tap.close();
      await service.close();
    });
    return { service, tap, provider, ask: (request) => ({ model, messages: [], ...request }) };
  }

  describe(`${name} conforms`, () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    afterEach(() => expect(unhandled).toEqual([]));
    afterAll(() => void process.off('unhandledRejection', note));

    test('streams text and gives the whole reply once, last, for one request on the wire', async () => {
      const text = 'Grüße an alle: 日本語, 👩‍👩‍👧 and a line\nbreak.';
      const { service, provider, ask } = await start(inOrder({ text, pieceLength: 3 }));
      const { deltas, reply } = await collect(provider.stream(ask({ messages: [userMessage('Hello')] })));
      expect(joined(deltas, 'text')).toBe(text);
      expect(textOf(reply.message)).toBe(text);
      expect(reply.message.model).toBe(`${provider.getProviderName()}:${model}`);
      expect(reply.stop).toBe('end');
      expect(service.requests).toHaveLength(1);
      expect(service.requests[0]!.model).toBe(model);
    });

    test('sends the system prompt, the tools and the human’s words', async () => {
      const { service, provider, ask } = await start(inOrder({ text: 'Yes.' }));
      await provider.chat(ask({ system: 'Be brief.', tools: [READ], messages: [userMessage('Read a.ts')] }));
      const seen = service.requests[0]!;
      expect(seen.system).toContain('Be brief.');
      expect(seen.tools).toEqual(['read']);
      expect(seen.messages.at(-1)).toEqual({ role: 'user', text: 'Read a.ts' });
      expect(JSON.stringify(seen.body)).toContain('Reads a file.');
    });

    test.skipIf(lacks.has('thinking'))('tells thinking and text apart', async () => {
      const { provider, ask } = await start(inOrder({ thinking: 'Let me see …', text: 'It is 42.' }));
      const request = ask({ messages: [userMessage('What is it?')], thinking: 'high' });
      const { deltas, reply } = await collect(provider.stream(request));
      expect(joined(deltas, 'thinking')).toBe('Let me see …');
      expect(joined(deltas, 'text')).toBe('It is 42.');
      expect(reply.message.parts[0]).toMatchObject({ type: 'thinking', text: 'Let me see …' });
      expect(textOf(reply.message)).toBe('It is 42.');
    });

    test('brings parallel tool calls, announced before their arguments', async () => {
      const { provider, ask } = await start(inOrder({ text: 'I read both.', toolCalls: TWO_CALLS }));
      const { deltas, reply } = await collect(
        provider.stream(ask({ messages: [userMessage('Read them')], tools: [READ] })),
      );
      const calls = toolCallsOf(reply.message);
      expect(calls.map(({ name, args }) => ({ name, args }))).toEqual(TWO_CALLS);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      expect(reply.stop).toBe('tool-calls');
      for (const { id, args } of calls) {
        const own = deltas.filter((delta) => 'id' in delta && delta.id === id);
        expect(own[0]).toEqual({ type: 'tool-call', id, name: 'read' });
        const json = own.map((delta) => (delta.type === 'tool-arguments' ? delta.json : '')).join('');
        if (json) expect(JSON.parse(json)).toEqual(args);
      }
    });

    test('understands a call without arguments', async () => {
      const { provider, ask } = await start(inOrder({ toolCalls: [{ name: 'status', args: {} }] }));
      const reply = await provider.chat(ask({ messages: [userMessage('Status?')], tools: [READ] }));
      expect(toolCallsOf(reply.message)).toMatchObject([{ name: 'status', args: {} }]);
      expect(reply.stop).toBe('tool-calls');
    });

    test('takes results back to the model, errors among them', async () => {
      const script = inOrder({ thinking: 'Two files.', toolCalls: TWO_CALLS }, { text: 'Both read.' });
      const { service, provider, ask } = await start(script);
      const question = ask({ messages: [userMessage('Read both')], tools: [READ], thinking: 'low' });
      const first = await provider.chat(question);
      const messages = [...question.messages, first.message, resultsOf(first.message)];
      const second = await provider.chat({ ...question, messages });
      expect(textOf(second.message)).toBe('Both read.');
      const sent = service.requests[1]!.messages.map(({ text }) => text).join('\n');
      expect(sent).toContain('content of src/first.ts');
      expect(sent).toContain('no such file: src/second.ts');
      expect(service.requests).toHaveLength(2);
    });

    test('keeps what it has sent at the front of the next request', async () => {
      const script = inOrder(
        { text: 'One.' },
        { toolCalls: TWO_CALLS },
        { text: 'Three.' },
        { text: 'Four.' },
      );
      const { service, provider, ask } = await start(script);
      const messages: Message[] = [];
      for (const question of ['First?', 'Second?', undefined, 'Third?']) {
        if (question) messages.push(userMessage(question));
        const { message } = await provider.chat(ask({ system: 'Be brief.', tools: [READ], messages }));
        messages.push(message);
        if (toolCallsOf(message).length > 0) messages.push(resultsOf(message));
      }
      for (const [n, earlier] of service.requests.slice(0, -1).entries()) {
        const later = service.requests[n + 1]!;
        expect(later.messages.slice(0, earlier.messages.length)).toEqual(earlier.messages);
      }
      expect(textOf(messages.at(-1)!)).toBe('Four.');
    });

    test('takes over a conversation that other models began', async () => {
      const { service, provider, ask } = await start(inOrder({ text: 'I go on.' }));
      const reply = await provider.chat(ask({ messages: foreignConversation(), tools: [READ] }));
      expect(textOf(reply.message)).toBe('I go on.');
      const sent = JSON.stringify(service.requests[0]!.body);
      for (const kept of ['Find the bug', 'I look.', 'content of a.ts', 'broken off', 'And now?']) {
        expect(sent).toContain(kept);
      }
      for (const leftOut of ['foreign thought', 'foreign-signature', 'foreign-opaque']) {
        expect(sent).not.toContain(leftOut);
      }
    });

    test.skipIf(lacks.has('images'))('sends images', async () => {
      const { service, provider, ask } = await start(inOrder({ text: 'A pixel.' }));
      const image = { type: 'image' as const, mediaType: 'image/png', data: PIXEL };
      await provider.chat(ask({ messages: [userMessage('What is this?', [image])] }));
      expect(JSON.stringify(service.requests[0]!.body)).toContain(PIXEL);
    });

    test('counts the tokens', async () => {
      const usage = { input: 1000, output: 50, ...(!lacks.has('cached-tokens') && { cacheRead: 600 }) };
      const { provider, ask } = await start(inOrder({ text: 'Short.', usage }));
      const reply = await provider.chat(ask({ messages: [userMessage('Long?')] }));
      expect(reply.usage).toMatchObject({ inputTokens: 1000, outputTokens: 50 });
      if (!lacks.has('cached-tokens')) expect(reply.usage?.cacheReadTokens).toBe(600);
    });

    test.each(Object.entries(subject.stops))('understands the stop reason %s as %s', async (word, stop) => {
      const { provider, ask } = await start(inOrder({ text: 'So far', stop: word }));
      const reply = await provider.chat(ask({ messages: [userMessage('Tell me')] }));
      expect(reply.stop).toBe(stop);
      expect(textOf(reply.message)).toBe('So far');
    });

    const unfinished = Object.entries(subject.stops).filter(([, stop]) => UNFINISHED.has(stop));

    test.skipIf(lacks.has('calls that are cut off')).each(unfinished)(
      'says that it stopped by %s although there are calls',
      async (word, stop) => {
        const { provider, ask } = await start(inOrder({ toolCalls: TWO_CALLS, stop: word }));
        const reply = await provider.chat(ask({ messages: [userMessage('Read both')], tools: [READ] }));
        expect(reply.stop).toBe(stop);
      },
    );

    test('takes a reply that says nothing for what it is', async () => {
      const { provider, ask } = await start(inOrder({}));
      const reply = await provider.chat(ask({ messages: [userMessage('Go')] }));
      expect(reply.stop).toBe('end');
      expect(textOf(reply.message)).toBe('');
      expect(toolCallsOf(reply.message)).toEqual([]);
    });

    test('survives counts that do not add up: the reply is there, its price at worst unknown', async () => {
      const usage = { input: 100, output: 5, cacheRead: 200 };
      const { provider } = await start(inOrder({ text: 'All the same.', usage }));
      const events: EventBody[] = [];
      const door = openDoor((event) => events.push(event), realClock);
      const request = { model, messages: [userMessage('Go')] };
      const ended = await exchange(door, provider, request, new AbortController().signal);
      expect(textOf(ended.message!)).toBe('All the same.');
      expect(events.at(-1)?.type).toBe('exchange.ended');
    });

    test.skipIf(lacks.has('signs of life'))('passes signs of life on before the first word', async () => {
      const script = inOrder({ text: 'Later.', fault: { type: 'stall', at: 'first-token' } });
      const { tap, provider, ask } = await start(script);
      const stop = new AbortController();
      const rest = await hear(provider.stream(ask({ messages: [userMessage('Go')] }), stop.signal), 'alive');
      await expectStopped(stop, failureOf(rest()), tap);
    });

    describe('when it is stopped', () => {
      const text = 'A long text that never comes to its end.';

      test('beforehand, sends nothing', async () => {
        const { service, provider, ask } = await start(inOrder({ text }));
        const failure = await failureOf(
          provider.chat(ask({ messages: [userMessage('Go')] }), AbortSignal.abort()),
        );
        expect(failure.kind).toBe('stopped');
        expect(service.requests).toHaveLength(0);
      });

      test('before the headers, ends at once and closes the connection', async () => {
        const script = inOrder({ text, fault: { type: 'stall', at: 'start' } });
        const { service, tap, provider, ask } = await start(script);
        const stop = new AbortController();
        const failing = failureOf(provider.chat(ask({ messages: [userMessage('Go')] }), stop.signal));
        await vi.waitFor(() => expect(service.requests).toHaveLength(1), 5_000);
        await expectStopped(stop, failing, tap);
      });

      test('in the middle of the text, ends at once and closes the connection', async () => {
        const script = inOrder({ text, fault: { type: 'stall', at: 'text' } });
        const { tap, provider, ask } = await start(script);
        const stop = new AbortController();
        const stream = provider.stream(ask({ messages: [userMessage('Go')] }), stop.signal);
        const rest = await hear(stream, 'text');
        await expectStopped(stop, failureOf(rest()), tap);
      });

      test('in the middle of tool calls, ends at once and closes the connection', async () => {
        const toolCalls = [...TWO_CALLS, ...TWO_CALLS, ...TWO_CALLS];
        const script = inOrder({ toolCalls, pieceLength: 2, pieceDelayMs: 1_000 });
        const { tap, provider, ask } = await start(script);
        const stop = new AbortController();
        const request = ask({ messages: [userMessage('Go')], tools: [READ] });
        const rest = await hear(provider.stream(request, stop.signal), 'tool-call');
        await expectStopped(stop, failureOf(rest()), tap);
      });

      test('by a reader that has heard enough, closes the connection', async () => {
        const script = inOrder({ text, fault: { type: 'stall', at: 'text' } });
        const { tap, provider, ask } = await start(script);
        for await (const _ of provider.stream(ask({ messages: [userMessage('Go')] }))) break;
        await vi.waitFor(() => expect(tap.abandoned()).toBe(1), 5_000);
      });

      test('while another reply arrives, leaves that one alone', async () => {
        const { provider, ask } = await start((request) => {
          const stalls = request.messages.at(-1)?.text === 'Stall';
          return stalls ? { text, fault: { type: 'stall', at: 'text' } } : { text, pieceDelayMs: 20 };
        });
        const stop = new AbortController();
        const rest = await hear(
          provider.stream(ask({ messages: [userMessage('Stall')] }), stop.signal),
          'text',
        );
        const other = await hear(provider.stream(ask({ messages: [userMessage('Go on')] })), 'text');
        const failing = failureOf(rest());
        stop.abort();
        expect((await failing).kind).toBe('stopped');
        await other();
      });

      test('and asked again, answers, with nothing left on the signal of a reply that is whole', async () => {
        const { provider, ask } = await start((request) =>
          request.messages.at(-1)?.text === 'Stall'
            ? { text, fault: { type: 'stall', at: 'text' } }
            : { text },
        );
        const stop = new AbortController();
        const go = ask({ messages: [userMessage('Go')] });
        expect(textOf((await provider.chat(go, stop.signal)).message)).toBe(text);
        expectNothingLeftOn(stop.signal);
        const rest = await hear(
          provider.stream(ask({ messages: [userMessage('Stall')] }), stop.signal),
          'text',
        );
        stop.abort();
        expect((await failureOf(rest())).kind).toBe('stopped');
        expect(textOf((await provider.chat(go)).message)).toBe(text);
      });
    });

    describe('when the service fails', () => {
      const names = (Object.keys(FAULTS) as FaultName[]).filter((fault) => !lacks.has(fault));

      test.each(names)('by %s, says so clearly and goes on afterwards', async (faultName) => {
        const fault = (faultName === 'status 429' && subject.rateLimit) || FAULTS[faultName].fault;
        const broken = { text: 'The beginning of something', toolCalls: TWO_CALLS, fault };
        const { service, provider, ask } = await start(inOrder(broken, { text: 'Well again.' }));
        const request = ask({ messages: [userMessage('Go')], tools: [READ] });
        const failure = await failureOf(provider.chat(request));
        expect(subject.kinds?.[faultName] ?? FAULTS[faultName].kinds).toContain(failure.kind);
        expectSentence(failure, provider);
        if (fault.type === 'status') expect(failure.status).toBe(fault.status);
        if (faultName === 'status 429') expect(failure.retryAfterMs).toBe(7_000);
        expect(service.requests).toHaveLength(1);
        expect(textOf((await provider.chat(request)).message)).toBe('Well again.');
        expect(service.requests).toHaveLength(2);
      });

      test('by not being there, says where it was looked for', async () => {
        const service = await subject.simulate(inOrder({ text: 'never' }));
        await service.close();
        const provider = subject.connect(service.url, API_KEY);
        const failure = await failureOf(provider.chat({ model, messages: [userMessage('Go')] }));
        expect(failure.kind).toBe('unreachable');
        expect(failure.retryable).toBe(true);
        expect(failure.message).toContain(new URL(service.url).host);
        expectSentence(failure, provider);
        expect((await failureOf(provider.listModels())).kind).toBe('unreachable');
      });

      test('in the middle, has told what came before', async () => {
        const fault = { type: 'cut', at: 'text' } as const;
        const { provider, ask } = await start(
          inOrder({ text: 'The beginning of something', pieceLength: 4, fault }),
        );
        const heard: ReplyDelta[] = [];
        const failing = (async () => {
          for await (const delta of provider.stream(ask({ messages: [userMessage('Go')] })))
            heard.push(delta);
        })();
        await failureOf(failing);
        expect('The beginning of something'.startsWith(joined(heard, 'text'))).toBe(true);
        expect(joined(heard, 'text')).not.toBe('');
        expect(heard.some((delta) => delta.type === 'reply')).toBe(false);
      });
    });

    test('decodes the same message wherever the bytes are split', async () => {
      const scripted = {
        ...(!lacks.has('thinking') && { thinking: 'Überlegung 🤔' }),
        text: 'naïve 日本語 👩‍👩‍👧 "quoted" \\ and\r\nlines\u2028separated',
        toolCalls: TWO_CALLS,
        pieceLength: 5,
      };
      const { service, tap, provider, ask } = await start(inOrder(scripted));
      const request = ask({ messages: [userMessage('Go')], tools: [READ], thinking: 'high' });
      const expected = essence(await collect(provider.stream(request)));
      expect(expected.message.parts).toHaveLength(lacks.has('thinking') ? 3 : 4);
      const length = tap.longestAnswer().length;

      tap.replaySplitAt(Array.from({ length }, (_, offset) => offset));
      expect(essence(await collect(provider.stream(request)))).toEqual(expected);
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(fc.nat(length - 1), { maxLength: 40 }), async (cuts) => {
          tap.replaySplitAt(cuts);
          expect(essence(await collect(provider.stream(request)))).toEqual(expected);
        }),
        { numRuns: 60, seed: 20_261 },
      );
      expect(service.requests).toHaveLength(1);
    });

    test('lists models under references of its own, and knows its default', async () => {
      const { service, provider } = await start(inOrder({ text: 'unused' }));
      const models = await provider.listModels();
      expect(models.length).toBeGreaterThan(0);
      for (const info of models) expect(info.reference).toBe(`${provider.getProviderName()}:${info.name}`);
      expect(await provider.getDefaultModel()).toBeTruthy();
      expect(service.requests).toHaveLength(0);
    });
  });
}

interface Scene {
  service: SimulatedService;
  tap: WireTap;
  provider: LLMProvider;
  ask(request: Partial<ChatRequest>): ChatRequest;
}
