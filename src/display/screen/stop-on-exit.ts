import { constants } from 'node:os';

interface Stoppable {
  stop(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * However the process ends, the terminal is given back first: its modes, its cursor, the line below what was
 * printed. A signal that nobody else listens to then ends the process, in order: commands that run end with it.
 * @returns stops it now, once.
 */
export function stopOnExit(screen: Stoppable): () => void {
  let running = true;
  const stop = () => {
    if (!running) return;
    running = false;
    process.off('exit', stop).off('uncaughtExceptionMonitor', stop);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    screen.stop();
  };
  const onSignal = (signal: NodeJS.Signals) => {
    const alone = process.listenerCount(signal) === 1;
    if (!alone && signal === 'SIGINT') return;
    stop();
    if (alone) process.exit(128 + constants.signals[signal]);
  };
  process.on('exit', stop).on('uncaughtExceptionMonitor', stop);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return stop;
}
