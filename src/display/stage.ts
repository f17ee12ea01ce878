import type { WriteStream } from 'node:tty';
import type { Environment } from '../environment.ts';
import { plainSurface, type Surface } from './surface.ts';
import { colourDepthOf, createTheme, type Theme } from './theme.ts';
import { plainTypesetting, type Typesetting } from './typesetting.ts';

/** What a console display works with. */
export interface Stage {
  theme: Theme;
  typesetting: Typesetting;
  surface: Surface;
  /** Gives the terminal back. */
  close(): void;
}

export interface OutputStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Columns of coloured output that does not go to a terminal. */
const USUAL_WIDTH = 100;

/**
 * The stage that suits a stream: lines as they are for a pipe or a file, at once; with colours and Markdown
 * where colours are wanted, on an inline screen where it is a terminal, once what that needs is loaded.
 */
export function openStage(
  stream: OutputStream,
  env: Environment,
  options: { colourSpeakers: boolean },
): Stage | Promise<Stage> {
  const theme = createTheme(colourDepthOf(stream, env), options);
  if (stream.isTTY && env.TERM !== 'dumb') return openScreen(stream as WriteStream, theme);
  if (theme.coloured) return openColouredStream(stream, env, theme);
  return { theme, typesetting: plainTypesetting, surface: plainSurface(stream), close() {} };
}

async function openColouredStream(stream: OutputStream, env: Environment, theme: Theme): Promise<Stage> {
  const { richTypesetting } = await import('./rich-typesetting.ts');
  const width = Number(env.COLUMNS) || USUAL_WIDTH;
  return { theme, typesetting: richTypesetting(theme), surface: plainSurface(stream, width), close() {} };
}

async function openScreen(stream: WriteStream, theme: Theme): Promise<Stage> {
  const [{ richTypesetting }, { InlineScreen, reflows }, { outputTerminal }, { stopOnExit }] =
    await Promise.all([
      import('./rich-typesetting.ts'),
      import('./screen/inline-screen.ts'),
      import('./screen/output-terminal.ts'),
      import('./screen/stop-on-exit.ts'),
    ]);
  const screen = new InlineScreen(outputTerminal(stream), { reflows: reflows(process.env) });
  screen.start();
  const close = stopOnExit(screen);
  return { theme, typesetting: richTypesetting(theme), surface: screen, close };
}
