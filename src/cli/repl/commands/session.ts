import { wrapTextWithAnsi } from '@earendil-works/pi-tui';
import type { Command } from '../command.ts';

export const clear: Command = {
  name: 'clear',
  summary: 'begin a fresh conversation; files and costs stay',
  async run(_argument, { agent }) {
    await agent.clear();
  },
};

export const help: Command = {
  name: 'help',
  summary: 'this list',
  anytime: true,
  run(_argument, { commands, theme, print, columns }) {
    const calls = commands.map(({ name, argument }) => (argument ? `/${name} ${argument}` : `/${name}`));
    const entries: [string, string][] = [
      ...commands.map(({ summary }, place): [string, string] => [calls[place] ?? '', summary]),
      ['@path', 'attach a file of this folder to your message'],
      ...KEYS,
    ];
    const width = Math.max(...entries.map(([call]) => call.length));
    const room = Math.max(20, columns() - width - 5);
    print(
      entries.flatMap(([call, meaning]) =>
        wrapTextWithAnsi(meaning, room).map(
          (line, row) => `  ${theme.strong((row === 0 ? call : '').padEnd(width))}  ${line}`,
        ),
      ),
    );
  },
};

const KEYS: [string, string][] = [
  ['enter', 'send; a model at work is told when it is done, models that talk at once'],
  ['shift-enter', 'a new line (also ctrl-j, or \\ before enter)'],
  ['esc', 'stop the work; twice on an empty line: leave (also ctrl-c)'],
  ['ctrl-o', 'show in full what was folded last: thinking, a long diff'],
];

export const quit: Command = {
  name: 'quit',
  summary: 'leave (also ctrl-d on an empty line)',
  anytime: true,
  run(_argument, { leave }) {
    leave();
  },
};
