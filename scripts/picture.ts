/**
 * Makes the pictures of docs/: plays the demo in a real terminal (tmux), types what a human would type, and draws the
 * screen as it stands at the end. `npm run picture`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPTIONS, QUESTION } from '../src/demo/room.ts';
import { SCENES } from '../src/demo/scenes.ts';
import { drawScreen } from './screen-svg.ts';

const COLUMNS = 92;
const root = join(import.meta.dirname, '..');

interface Keyboard {
  /** Types a line and sends it. */
  say(line: string): void;
  press(key: string): void;
  /** Waits until the screen shows this. */
  shows(text: string | RegExp): Promise<void>;
}

await picture('screen', 60, 'Parley at work on a failing test', async (keys) => {
  await fixTheTest(keys);
  keys.say('/model ollama');
  await keys.shows('leads instead');
});

await picture(
  'talk',
  90,
  'Models at work together: a delegation, a vote, and who asked whom',
  async (keys) => {
    const { say, press, shows } = keys;
    await fixTheTest(keys);
    say('/clear');
    say(SCENES[2]!.task);
    await shows('test/format.test.js\n  → y');
    press('y');
    await shows(/It cost nothing\.[\s\S]* exchanges/);
    const options = OPTIONS.map((option) => `--option "${option}"`).join(' ');
    say(`/vote ${options} ${QUESTION}`);
    await shows('vote ended with dissent');
    say('/summary');
    await shows('vote: an error wins');
  },
);

/** The first scene, after which the tests pass. */
async function fixTheTest({ say, press, shows }: Keyboard): Promise<void> {
  say(SCENES[0]!.task);
  await shows('asks: npm test --silent\n  → y');
  press('s');
  await shows('asks: change src/duration.js\n  → y');
  press('y');
  await shows('5 exchanges');
}

/** @param play begins when the prompt is there. */
async function picture(
  name: string,
  rows: number,
  title: string,
  play: (keys: Keyboard) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-picture-'));
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const size = ['-x', String(COLUMNS), '-y', String(rows)];
  const command = `${process.execPath} ${join(root, 'src/main.ts')} demo --repl`;
  tmux('new-session', '-d', ...size, '-e', 'COLORTERM=truecolor', command);
  const shows = async (text: string | RegExp) => {
    for (let tries = 0; tries < 150; tries++) {
      if (tmux('capture-pane', '-p').search(text instanceof RegExp ? text : RegExp.escape(text)) >= 0) return;
      await sleep(100);
    }
    throw new Error(`The screen never showed "${text}":\n${tmux('capture-pane', '-p')}`);
  };
  const press = (key: string) => void tmux('send-keys', key);
  const say = (line: string) => {
    tmux('send-keys', '-l', line);
    press('Enter');
  };
  try {
    await shows('/help');
    await play({ say, press, shows });
    await sleep(300);
    const screen = tmux('capture-pane', '-e', '-p');
    writeFileSync(join(root, `docs/${name}.svg`), await drawScreen(screen, COLUMNS, title));
  } finally {
    tmux('kill-server');
    rmSync(folder, { recursive: true, force: true });
  }
}
