import { visibleWidth } from '@earendil-works/pi-tui';
import { expect, onTestFinished, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/repl/command.ts';
import { commands, withPatterns } from '../../../src/cli/repl/commands.ts';
import { parseCommand } from '../../../src/cli/repl/parse-command.ts';
import { Failure } from '../../../src/conversation/failure.ts';
import { ConsoleDisplay } from '../../../src/display/console.ts';
import { richTypesetting } from '../../../src/display/rich-typesetting.ts';
import { InlineScreen } from '../../../src/display/screen/inline-screen.ts';
import { createTheme } from '../../../src/display/theme.ts';
import { HeadlessTerminal } from '../../support/headless-terminal.ts';
import { delegated, foretold } from '../../support/measured.ts';
import { CLAUDE, GEMINI, patternScene, QWEN } from '../../support/pattern-scene.ts';
import { never } from '../../support/scene.ts';

const LONG = 'Map or object for the registry of the files that are open, where the order has to be kept?';
const both = `-m ${CLAUDE} -m ${GEMINI} --synthesis none`;

/** What each command is asked, so that it says as much as it can; its name alone where left out. */
const ASKED: Record<string, string[]> = {
  model: ['/model', '/model ollama:nosuch-model-of-this-name:70b', `/model ${CLAUDE}`],
  panel: ['/panel', '/panel council sonnet flash', '/panel sonnet flash'],
  judge: ['/judge d3 perfect'],
  lessons: ['/lessons', '/lessons edit'],
  consult: ['/consult', `/consult ${both} ${LONG}`],
  delegate: ['/delegate', '/delegate --kind', `/delegate ${LONG}`],
  pattern: ['/pattern', '/pattern nosuch x'],
  help: ['/help', ...commands.map(({ name }) => `/help ${name}`)],
  quit: ['/quit now', '/qiut'],
};

/** A session in which something was said, measured and learnt, and the screen on which commands print. */
async function openScene(columns: number) {
  const { agent } = await patternScene({ claude: 'A map.', gemini: 'An object.', qwen: 'No.' });
  const { store } = await agent.local();
  for (let n = 0; n < 30; n++)
    store.addObservation(foretold(n < 15 ? 0.5 : 0.02, { model: QWEN, exchange: `e${n}` }));
  store.addDelegation(delegated({ model: QWEN, outcome: 'fixed' }));
  store.addShare('s1', 1_770_000_000_000, { localTokens: 1_234_567, remoteTokens: 45_678 });
  store.addLesson(`Ask for lists of at most ten lines, each with the file and the line. ${LONG}`, 1, QWEN);
  await agent.chat(LONG);
  const terminal = new HeadlessTerminal(columns, 24);
  const screen = new InlineScreen(terminal);
  screen.start();
  const theme = createTheme(8);
  const stage = { theme, typesetting: richTypesetting(theme), surface: screen, close: () => screen.stop() };
  const display = new ConsoleDisplay({ stage });
  onTestFinished(() => display.close());
  agent.display = display;
  const context: CommandContext = {
    agent,
    theme,
    commands: withPatterns(await agent.patternNames()),
    print: (lines) => display.showLines(lines),
    columns: () => columns,
    tell: (level, sentence) => display.tell(level, sentence),
    showProgress: (line) => display.showProgress(line),
    choose: async () => undefined,
    leave() {},
    signal: never,
  };
  const run = async (line: string) => {
    const asked = parseCommand(line, context.commands)!;
    if ('wrong' in asked) return display.tell('error', asked.wrong);
    try {
      await asked.command.run(asked.argument, context);
    } catch (thrown) {
      display.tell('error', Failure.from(thrown).message);
    }
  };
  return { terminal, screen, run };
}

test.each([80, 60])('no command says anything wider than %i columns', async (columns) => {
  const { terminal, screen, run } = await openScene(columns);
  let seen = 0;
  for (const { name } of commands) {
    for (const line of ASKED[name] ?? [`/${name}`]) {
      await run(line);
      screen.renderNow();
      const lines = await terminal.allLines();
      const wide = lines.slice(seen).filter((row) => visibleWidth(row) > columns);
      expect({ line, wide }).toEqual({ line, wide: [] });
      seen = lines.length;
    }
  }
  expect(seen).toBeGreaterThan(150);
});
