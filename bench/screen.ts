/**
 * What the screen costs while four models write 100 tokens a second each: bytes, frames and CPU time as a share of
 * real time. The clock is the benchmark's own, so that ten seconds of conversation are drawn as fast as they can be.
 * `node bench/screen.ts [seconds]`
 */
import type { Terminal } from '@earendil-works/pi-tui';
import type { EventBody, ParleyEvent } from '../src/conversation/event.ts';
import { ConsoleDisplay } from '../src/display/console.ts';
import { richTypesetting } from '../src/display/rich-typesetting.ts';
import { InlineScreen } from '../src/display/screen/inline-screen.ts';
import { createTheme } from '../src/display/theme.ts';

const SECONDS = Number(process.argv[2] ?? 10);
const TOKENS_PER_SECOND = 100;
const FRAMES_PER_SECOND = 30;
const TOKEN_CHARACTERS = 4;
const MODELS = ['anthropic:claude-sonnet-5-5', 'gemini:gemini-3.5-flash', 'openai:gpt-5', 'ollama:qwen3:8b'];
const SIZES = [
  [80, 24],
  [200, 50],
] as const;

const PASSAGE = `## What I would do

The cache should be invalidated when the file changes on disk, because a stale entry is worse than a slow one:
**correctness first**, and 漢字かな交じり文 is as wide as it is. See \`src/cache.ts\`.

- read the modification time before the content
- keep both in one entry

\`\`\`ts
export function isFresh(entry: Entry, stat: Stats): boolean {
  return entry.mtimeMs === stat.mtimeMs && entry.size === stat.size;
}
\`\`\`

`;

/** A terminal that only counts. */
class CountingTerminal implements Terminal {
  readonly columns: number;
  readonly rows: number;
  readonly kittyProtocolActive = false;
  bytes = 0;
  writes = 0;
  longest = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(data: string): void {
    const size = Buffer.byteLength(data);
    this.bytes += size;
    this.writes += 1;
    this.longest = Math.max(this.longest, size);
  }

  start(): void {}
  stop(): void {}
  drainInput = () => Promise.resolve();
  moveBy(): void {}
  hideCursor(): void {}
  showCursor(): void {}
  clearLine(): void {}
  clearFromCursor(): void {}
  clearScreen(): void {}
  setTitle(): void {}
  setProgress(): void {}
}

/** Plays a consultation; the models end one after the other. */
async function play(columns: number, rows: number, seconds: number) {
  let now = 1_700_000_000_000;
  let seq = 0;
  const terminal = new CountingTerminal(columns, rows);
  const screen = new InlineScreen(terminal);
  screen.addChild({ render: () => ['', '> prompt', 'status'], invalidate() {} });
  const theme = createTheme(8);
  const stage = { theme, typesetting: richTypesetting(theme), surface: screen, close: () => screen.stop() };
  const display = new ConsoleDisplay({ stage, now: () => now });
  const emit = (event: EventBody) =>
    display.handle({ ...event, seq: ++seq, at: now, session: 'bench', within: 'c1' } as ParleyEvent);

  screen.start();
  const before = process.cpuUsage();
  for (const [n, model] of MODELS.entries())
    emit({
      type: 'exchange.started',
      exchange: `e${n}`,
      model,
      attempt: 1,
      size: { messages: 1, characters: 10, tools: 0, tokens: 3 },
    });
  const ticks = seconds * TOKENS_PER_SECOND;
  let drawnAt = now;
  for (let tick = 0; tick < ticks; tick++) {
    now += 1000 / TOKENS_PER_SECOND;
    for (const [n, model] of MODELS.entries()) {
      const at = ((tick + n * 17) * TOKEN_CHARACTERS) % PASSAGE.length;
      const text = PASSAGE.slice(at, at + TOKEN_CHARACTERS);
      emit({ type: 'exchange.delta', exchange: `e${n}`, model, delta: { type: 'text', text } });
    }
    if (now - drawnAt < 1000 / FRAMES_PER_SECOND) continue;
    drawnAt += 1000 / FRAMES_PER_SECOND;
    screen.renderNow();
    // Colours that were asked for arrive between two frames.
    if (tick % TOKENS_PER_SECOND === 0) await new Promise(setImmediate);
  }
  for (const [n, model] of MODELS.entries())
    emit({ type: 'exchange.ended', exchange: `e${n}`, model, seconds });
  await display.close();
  const { user, system } = process.cpuUsage(before);
  return { terminal, cpuSeconds: (user + system) / 1e6 };
}

// The first one pays for loading and compiling.
await play(100, 30, 2);
console.log(`four models, ${TOKENS_PER_SECOND} tokens a second each, ${SECONDS} s`);
for (const [columns, rows] of SIZES) {
  const { terminal, cpuSeconds } = await play(columns, rows, SECONDS);
  const figures = [
    `${terminal.writes} frames (${(terminal.writes / SECONDS).toFixed(1)}/s)`,
    `${(terminal.bytes / 1024).toFixed(0)} kB (${(terminal.bytes / 1024 / SECONDS).toFixed(0)} kB/s)`,
    `longest frame ${(terminal.longest / 1024).toFixed(1)} kB`,
    `CPU ${((100 * cpuSeconds) / SECONDS).toFixed(1)} % of real time`,
  ];
  console.log(`${columns}x${rows}: ${figures.join(', ')}`);
}
