/** Requests for a reply under way, by server: several providers may lead to one. */
const underWay = new Map<string, Set<Ticket>>();

/** What one request saw of the others at its server. */
export interface Company {
  /** The most that were under way at once while it was, itself included. */
  parallelRequests: number;
  /** Those that were under way when it was sent. */
  requestsAhead: number;
  /** The most that were being answered at once, itself included: the server has at least so many slots. */
  answeredAtOnce: number;
}

interface Ticket extends Company {
  answered: boolean;
}

export function countUnderWay(host: string): number {
  return underWay.get(host)?.size ?? 0;
}

/** Counts a request in. `begin` says that its first token came, `leave` counts it out; `company` goes on until then. */
export function enter(host: string): { company: Company; begin(): void; leave(): void } {
  const all = underWay.get(host) ?? new Set();
  underWay.set(host, all);
  const company = { parallelRequests: 1, requestsAhead: all.size, answeredAtOnce: 0, answered: false };
  all.add(company);
  const look = () => {
    const answered = [...all].filter((ticket) => ticket.answered);
    for (const ticket of all) ticket.parallelRequests = Math.max(ticket.parallelRequests, all.size);
    for (const ticket of answered) ticket.answeredAtOnce = Math.max(ticket.answeredAtOnce, answered.length);
  };
  look();
  return {
    company,
    begin() {
      company.answered = true;
      look();
    },
    leave() {
      all.delete(company);
      if (all.size === 0) underWay.delete(host);
    },
  };
}
