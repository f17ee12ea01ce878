import { expect, test } from 'vitest';
import type { EventOf } from '../../src/conversation/event.ts';
import { ChatDisplay, type DisplaySettings } from '../../src/display/chat-display.ts';
import { CLAUDE, exchangeOf, QWEN, tell } from '../support/told.ts';

/** A display as a user of the library would write one: only what it wants to show. */
class Notebook extends ChatDisplay {
  readonly notes: string[] = [];
  constructor(settings: Partial<DisplaySettings> = {}) {
    super(settings);
  }
  override showModelSwitch({ to }: EventOf<'model.switched'>): void {
    this.notes.push(`now ${to}`);
  }
  override showDelegation({ from, to, task }: EventOf<'delegation.started'>): void {
    this.notes.push(`${from} asks ${to}: ${task}`);
  }
  override showResponse({ message }: EventOf<'exchange.ended'>): void {
    const part = message?.parts[0];
    this.notes.push(part?.type === 'text' ? part.text : '');
  }
}

const happened = [
  { type: 'model.switched', to: CLAUDE, by: 'human' },
  {
    type: 'delegation.started',
    from: CLAUDE,
    to: QWEN,
    delegation: 'd1',
    kind: 'question',
    files: [] as string[],
    task: 'Count the files.',
  },
  ...exchangeOf('exchange-1', QWEN, ['Twelve', ' files.']),
] as const;

test('a display of one’s own shows what it overrides and is silent about the rest', () => {
  const notebook = new Notebook();
  tell(notebook, ...happened);
  expect(notebook.notes).toEqual([
    `now ${CLAUDE}`,
    `${CLAUDE} asks ${QWEN}: Count the files.`,
    'Twelve files.',
  ]);
});

test('the settings keep model switches and delegations from any display', () => {
  const notebook = new Notebook({ showModelSwitches: false, showDelegations: false });
  tell(notebook, ...happened);
  expect(notebook.notes).toEqual(['Twelve files.']);
});
