import type { EventBody, ParleyEvent } from '../../src/conversation/event.ts';
import type { ChatDisplay } from '../../src/display/chat-display.ts';

export const CLAUDE = 'anthropic:claude-sonnet-5-5';
export const QWEN = 'ollama:qwen2.5-coder:7b';
export const GEMINI = 'gemini:gemini-3.5-flash';

type Told = EventBody & { at?: number; within?: string };

/** Tells a display what happened; a second passes between two events unless `at` says otherwise. */
export function tell(display: ChatDisplay, ...events: Told[]): void {
  let now = 1_700_000_000_000;
  for (const [seq, event] of events.entries()) {
    now = event.at ?? now + 1_000;
    display.handle({ ...event, seq: seq + 1, at: now, session: 'session' } as ParleyEvent);
  }
}

/** The events of an exchange in which a model says these pieces of text. */
export function exchangeOf(
  exchange: string,
  model: string,
  pieces: string[],
  more: Partial<Told> = {},
): Told[] {
  const text = pieces.join('');
  return [
    {
      type: 'exchange.started',
      exchange,
      model,
      attempt: 1,
      size: { messages: 1, characters: 10, tools: 0, tokens: 3 },
      within: more.within,
    },
    ...pieces.map(
      (piece): Told => ({
        type: 'exchange.delta',
        exchange,
        model,
        delta: { type: 'text', text: piece },
        within: more.within,
      }),
    ),
    {
      type: 'exchange.ended',
      exchange,
      model,
      message: { role: 'assistant', model, parts: [{ type: 'text', text }] },
      stop: 'end',
      usage: { inputTokens: 1_204, cacheReadTokens: 806, outputTokens: 93 },
      cost: 0.0041,
      seconds: 2.1,
      ...more,
    } as Told,
  ];
}
