/** Requests for a reply under way, by server: several providers may lead to one. */
const underWay = new Map<string, Set<Ticket>>();

/** Of two that are sent so soon after each other, either may be served first. */
const SAME_MOMENT_MS = 50;

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
  const isAhead = (one: Ticket, of: Ticket) =>
    one.model === of.model && of.sentAt - one.sentAt >= SAME_MOMENT_MS;
  const ticket: Ticket = { parallelRequests: 1, requestsAhead: 0, model, sentAt: now };
  ticket.requestsAhead = [...all].filter((one) => isAhead(one, ticket)).length;
  all.add(ticket);
  for (const one of all) one.parallelRequests = Math.max(one.parallelRequests, all.size);
  return {
    company: ticket,
    leave(then) {
      for (const one of all) if (isAhead(ticket, one)) one.aheadSeconds ??= (then - one.sentAt) / 1000;
      all.delete(ticket);
      if (all.size === 0) underWay.delete(host);
    },
  };
}
