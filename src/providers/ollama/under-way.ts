/** Requests for a reply under way, by server: several providers may lead to one. */
const underWay = new Map<string, Set<Ticket>>();

/** What one request saw of the others at its server. */
export interface Company {
  /** The most that were under way at once while it was, itself included. */
  parallelRequests: number;
  /** To the same model: those that were under way when it was sent. */
  requestsAhead: number;
  /** From sending until the first of these had ended, seconds; undefined where none has yet. */
  aheadSeconds?: number;
}

interface Ticket extends Company {
  model: string;
  /** Milliseconds. */
  sentAt: number;
}

export function countUnderWay(host: string): number {
  return underWay.get(host)?.size ?? 0;
}

/**
 * Counts a request in, and with `leave` out; `company` is kept up to date until then.
 * @param now milliseconds of our clock.
 */
export function enter(
  host: string,
  model: string,
  now: number,
): { company: Company; leave(now: number): void } {
  const all = underWay.get(host) ?? new Set();
  underWay.set(host, all);
  const requestsAhead = [...all].filter((one) => one.model === model).length;
  const ticket: Ticket = { parallelRequests: 1, requestsAhead, model, sentAt: now };
  all.add(ticket);
  for (const one of all) one.parallelRequests = Math.max(one.parallelRequests, all.size);
  return {
    company: ticket,
    leave(then) {
      // Those that were sent later stand behind it.
      const behind = [...all].slice([...all].indexOf(ticket));
      for (const one of behind)
        if (one.model === model && one.requestsAhead > 0) one.aheadSeconds ??= (then - one.sentAt) / 1000;
      all.delete(ticket);
      if (all.size === 0) underWay.delete(host);
    },
  };
}
