import { Failure } from '../../../conversation/failure.ts';
import { wrapped } from '../../../display/wrap.ts';
import { columns, optionRows } from '../../help-columns.ts';
import type { Command, CommandContext } from '../command.ts';
import { parseCommand } from '../parse-command.ts';

/** What commands are about; those in no other group are patterns. */
const GROUPS: [string, string[]][] = [
  ['who leads', ['model', 'models', 'panel']],
  [
    'models together',
    ['consult', 'vote', 'refine', 'discuss', 'handoff', 'route', 'delegate', 'judge', 'resume'],
  ],
  ['local models', ['profile', 'calibrate', 'lessons']],
  ['this session', ['summary', 'cost', 'undo', 'clear', 'help', 'quit']],
];
const PATTERNS = 'your patterns';

const KEYS: [string, string][] = [
  ['enter', 'send; a model at work is told when it is done, models that talk at once'],
  ['shift-enter', 'a new line (also ctrl-j, or \\ before enter)'],
  ['@path', 'attach a file of this folder to your message'],
  ['esc', 'stop the work; twice on an empty line: leave (also ctrl-c)'],
  ['ctrl-o', 'show in full what was folded last: thinking, a long diff'],
  ['ctrl-z', 'put Parley aside; fg brings it back'],
];

export const help: Command = {
  name: 'help',
  argument: '[name]',
  summary: 'what there is, or more about one command',
  anytime: true,
  async complete({ commands }) {
    return commands.map(({ name, summary }) => ({ value: name, description: summary }));
  },
  run(name, context) {
    const lines = name === '' ? overview(context) : about(name, context);
    context.print(lines.map((line) => line.replace(/^ {2}\S+(?: \S+)*/, context.theme.strong)));
  },
};

function overview({ commands, columns: width }: CommandContext): string[] {
  const grouped = new Set(GROUPS.flatMap(([, names]) => names));
  const others = commands.map(({ name }) => name).filter((name) => !grouped.has(name));
  const groups = [...GROUPS.slice(0, 2), [PATTERNS, others], ...GROUPS.slice(2)] as typeof GROUPS;
  const rows = groups.map(([title, names]): [string, string] => [
    title,
    names.map((name) => `/${name}`).join(' '),
  ]);
  const more: [string, string] = ['more', '/help consult says what a command takes'];
  return [...columns([...rows, more], width() - 1), '', ...columns(KEYS, width() - 1)];
}

/** @throws {Failure} `usage` with the nearest names. */
function about(name: string, { commands, columns: width }: CommandContext): string[] {
  const asked = parseCommand(`/${name.replace(/^\//, '')}`, commands);
  if (!asked || 'wrong' in asked)
    throw new Failure('usage', asked?.wrong ?? `There is no command ${name}. /help lists them.`);
  const { argument, summary, options = {}, example } = asked.command;
  const call = [`/${asked.command.name}`, argument].filter(Boolean).join(' ');
  const rows = optionRows(options);
  return [
    ...columns([[call, summary]], width() - 1),
    ...(rows.length > 0 ? ['', ...columns(rows, width() - 1)] : []),
    ...(example ? ['', ...wrapped(`For instance: ${example}`, width() - 3).map((line) => `  ${line}`)] : []),
  ];
}
