const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

interface Dispatcher {
  dispatch(options: object, handler: object): boolean;
}

/** A server sends the request on to another address, where the key does not belong. */
export class Redirected extends Error {
  readonly statusCode: number;
  /** Without the query. */
  readonly location: string;

  constructor(statusCode: number, location: string) {
    super(`redirected to ${location}`);
    this.statusCode = statusCode;
    this.location = location;
  }
}

/**
 * Node's `fetch` without its own limit of 300 s on silence, before the headers and after: a model that loads,
 * reads or thinks may take longer, and how long to wait is the engine's to decide. It follows no redirect.
 */
export const patientFetch: typeof fetch = async (input, init) => {
  const dispatcher = (globalThis as Record<symbol, Dispatcher | undefined>)[GLOBAL_DISPATCHER];
  const patient = dispatcher && {
    dispatch: (options: object, handler: object) =>
      dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
  };
  const options = { ...init, redirect: 'manual', ...(patient && { dispatcher: patient }) } as RequestInit;
  const response = await fetch(input, options);
  const location = response.headers.get('location');
  if (response.status < 300 || response.status >= 400 || location === null) return response;
  await response.body?.cancel();
  throw new Redirected(response.status, placeOf(location, response.url));
};

function placeOf(location: string, base: string): string {
  if (!URL.canParse(location, base)) return 'another address';
  const { origin, pathname } = new URL(location, base);
  return origin + pathname;
}
