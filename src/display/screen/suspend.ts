interface Stoppable {
  stop(): void;
  start(): void;
}

const RETURN_MS = 50;

/** Gives the terminal back to the shell until the human brings Parley to the front again. */
export function suspend(screen: Stoppable): void {
  if (process.platform === 'win32') return;
  screen.stop();
  process.kill(0, 'SIGTSTP');
  // While nothing is under way only this timer keeps the process. It is due as soon as the process goes on; where
  // no shell could stop it, the screen comes back by itself.
  setTimeout(() => screen.start(), RETURN_MS);
}
