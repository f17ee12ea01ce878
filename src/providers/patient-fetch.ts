const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

interface Dispatcher {
  dispatch(options: object, handler: object): boolean;
}

/**
 * Node's `fetch` without its own limit of 300 s on silence, before the headers and after: a model that loads,
 * reads or thinks may take longer, and how long to wait is the engine's to decide.
 */
export const patientFetch: typeof fetch = (input, init) => {
  const dispatcher = (globalThis as Record<symbol, Dispatcher | undefined>)[GLOBAL_DISPATCHER];
  if (!dispatcher) return fetch(input, init);
  const patient: Dispatcher = {
    dispatch: (options, handler) =>
      dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
  };
  return fetch(input, { ...init, dispatcher: patient } as RequestInit);
};
