/** Requests for a reply under way, by server: several providers may lead to one. */
const underWay = new Map<string, number>();

export function countUnderWay(host: string): number {
  return underWay.get(host) ?? 0;
}

/** Counts a request in; `parallelRequests` has it included, `leave` counts it out again. */
export function enter(host: string): { parallelRequests: number; leave(): void } {
  const parallelRequests = (underWay.get(host) ?? 0) + 1;
  underWay.set(host, parallelRequests);
  return {
    parallelRequests,
    leave() {
      const left = (underWay.get(host) ?? 1) - 1;
      if (left > 0) underWay.set(host, left);
      else underWay.delete(host);
    },
  };
}
