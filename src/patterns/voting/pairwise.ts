/** Candidates compared two by two, from rankings that need not name all of them. */

export interface RankedBallot {
  voter: string;
  /** Best first. Those left out share the places after the last one named. */
  ranking: readonly string[];
  /** The voter's own candidate, which it may not rank: the ballot says nothing of it. */
  excluded?: string;
}

/** Two candidates, and how many ballots put each before the other. */
export interface Pair {
  candidates: readonly [string, string];
  votes: readonly [number, number];
}

/** Every two candidates once, counted on the ballots that could rank both and put one before the other. */
export function comparePairs(candidates: readonly string[], ballots: readonly RankedBallot[]): Pair[] {
  return candidates.flatMap((a, place) =>
    candidates.slice(place + 1).map((b): Pair => {
      const put = (one: string, before: string) =>
        ballots.filter((ballot) => prefers(ballot, one, before)).length;
      return { candidates: [a, b], votes: [put(a, b), put(b, a)] };
    }),
  );
}

/** A ballot on which one of the two was excluded prefers neither. */
export function prefers({ ranking, excluded }: RankedBallot, one: string, other: string): boolean {
  if (one === excluded || other === excluded) return false;
  const [place, otherPlace] = [ranking.indexOf(one), ranking.indexOf(other)];
  return place >= 0 && (otherPlace < 0 || place < otherPlace);
}

/** The one of them that beats every other of them. */
export function condorcetWinner(among: readonly string[], pairs: readonly Pair[]): string | undefined {
  return among.find((one) => among.every((other) => one === other || marginOf(one, other, pairs) > 0));
}

/** Copeland's score: a point for each candidate that it beats, half a one where neither beats the other. */
export function copelandScore(one: string, candidates: readonly string[], pairs: readonly Pair[]): number {
  return candidates
    .filter((other) => other !== one)
    .map((other) => (Math.sign(marginOf(one, other, pairs)) + 1) / 2)
    .reduce((sum, points) => sum + points, 0);
}

/**
 * The Smith set: the fewest candidates of whom each beats everyone outside (J. H. Smith, Econometrica 41, 1973).
 * Whoever has the highest Copeland score is in it, and with a member everyone whom that member does not beat.
 */
export function smithSet(candidates: readonly string[], pairs: readonly Pair[]): string[] {
  const scores = candidates.map((one) => copelandScore(one, candidates, pairs));
  const members = new Set(candidates.filter((_, place) => scores[place] === Math.max(...scores)));
  for (const member of members)
    for (const other of candidates) if (marginOf(member, other, pairs) <= 0) members.add(other);
  return candidates.filter((one) => members.has(one));
}

/**
 * How likely it is that two voters, who both put one of two candidates before the other, put the same one first:
 * 1 where all agree, ½ where they might have thrown dice, less where they are of opposite minds.
 *
 * For complete rankings it is (1 + u) / 2 with the coefficient of agreement u of Kendall and Babington Smith
 * (Biometrika 31, 1940, 324–345), which is Kendall's tau averaged over all pairs of voters. It needs only the counts
 * of each pair, so that ties and answers left out drop out by themselves. Kendall's W would need every voter to rank
 * the same candidates, and where each of three judges leaves out its own answer it would compare what no two of
 * them compared: there is nothing to agree on, and the result is undefined.
 */
export function agreementOf(pairs: readonly Pair[]): number | undefined {
  const twoOf = (count: number) => (count * (count - 1)) / 2;
  let [same, all] = [0, 0];
  for (const { votes } of pairs) {
    same += twoOf(votes[0]) + twoOf(votes[1]);
    all += twoOf(votes[0] + votes[1]);
  }
  return all === 0 ? undefined : same / all;
}

/** How many more ballots prefer the one than the other. */
function marginOf(one: string, other: string, pairs: readonly Pair[]): number {
  for (const { candidates, votes } of pairs) {
    if (candidates[0] === one && candidates[1] === other) return votes[0] - votes[1];
    if (candidates[0] === other && candidates[1] === one) return votes[1] - votes[0];
  }
  return 0;
}
