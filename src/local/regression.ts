/**
 * Least squares on relative errors, with a prior and little ear for outliers: the one fit behind every forecast.
 *
 * Found is the θ that minimises  Σ wᵢ ρ((yᵢ − xᵢ·θ) / (σ yᵢ)) + Σ ((θₖ − μₖ) / (sₖ μₖ))²,  which is the mode of
 * the posterior for errors proportional to y and a normal prior on each coefficient (ridge regression towards μ;
 * Hoerl & Kennard 1970). ρ is Cauchy's, solved by iteratively reweighted least squares (Holland & Welsch 1977).
 * No coefficient may be negative: nothing gets faster by asking for more.
 */
export interface Sample {
  x: readonly number[];
  y: number;
  /** 1 for a fresh sample, less for an old one. */
  weight: number;
}

export interface Prior {
  /** Expected coefficients, above zero. */
  mean: readonly number[];
  /** Standard deviation of each, as a share of its mean. */
  spread: readonly number[];
}

export interface Fit {
  coefficients: number[];
  /** Of the coefficients, given σ. */
  covariance: number[][];
}

/** Cauchy's tuning constant: 95 % efficiency where there are no outliers. */
const CAUCHY = 2.385;
const ROUNDS = 6;
/** ln of the factor by which a sample has to be off to count for half, before the first fit. */
const ELSEWHERE = 1;

/** @param noise σ: the standard deviation of one sample's relative error. */
export function fitRelative(samples: readonly Sample[], prior: Prior, noise: number): Fit {
  const free = prior.mean.map((_, place) => place);
  for (;;) {
    const fit = fitFree(samples, prior, noise, free);
    const negative = free.filter((place) => fit.coefficients[place]! < 0);
    if (negative.length === 0) return fit;
    for (const place of negative) free.splice(free.indexOf(place), 1);
  }
}

function fitFree(samples: readonly Sample[], prior: Prior, noise: number, free: readonly number[]): Fit {
  const size = prior.mean.length;
  let theta = prior.mean.map((mean, place) => (free.includes(place) ? mean : 0));
  let covariance: number[][] = [];
  const usable = samples.filter(({ y }) => y > 0);
  const rounds = usable.length === 0 ? 1 : ROUNDS;
  const rough = weightedMedian(usable.map(({ x, y, weight }) => ({ value: y / dot(x, prior.mean), weight })));
  const trust = (y: number, expected: number) =>
    1 / (y ** 2 * (1 + ((y - expected) / (y * noise * CAUCHY)) ** 2));
  for (let round = 0; round < rounds; round++) {
    const matrix = free.map(() => free.map(() => 0));
    const right = free.map(() => 0);
    for (const [row, place] of free.entries()) {
      const precision = 1 / (prior.spread[place]! * prior.mean[place]!) ** 2;
      matrix[row]![row]! += precision;
      right[row]! += precision * prior.mean[place]!;
    }
    for (const { x, y, weight } of usable) {
      const scale =
        (weight * (round === 0 ? firstTrust(y, rough * dot(x, prior.mean)) : trust(y, dot(x, theta)))) /
        noise ** 2;
      for (const [row, place] of free.entries()) {
        right[row]! += scale * x[place]! * y;
        for (const [column, other] of free.entries()) matrix[row]![column]! += scale * x[place]! * x[other]!;
      }
    }
    const inverse = inverseOf(matrix);
    theta = Array.from({ length: size }, () => 0);
    for (const [row, place] of free.entries()) theta[place] = dot(inverse[row]!, right);
    covariance = spreadOut(inverse, free, size);
  }
  return { coefficients: theta, covariance };
}

/**
 * What a sample counts for before there is a fit to measure it by: the prior's shape, brought to the height of the
 * samples' middle, tells those that lie quite elsewhere. A time that is far too short would else outweigh all others.
 */
function firstTrust(y: number, expected: number): number {
  return 1 / (Math.max(y, expected) ** 2 * (1 + (Math.log(y / expected) / ELSEWHERE) ** 2));
}

/** The median, by weight; 1 of nothing. */
export function weightedMedian(values: readonly { value: number; weight: number }[]): number {
  const sorted = values.toSorted((a, b) => a.value - b.value);
  let left = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  for (const { value, weight } of sorted) {
    left -= weight;
    if (left < 0) return value;
  }
  return sorted.at(-1)?.value ?? 1;
}

/** Standard deviation of x·θ. */
export function uncertaintyAt({ covariance }: Fit, x: readonly number[]): number {
  return Math.sqrt(
    Math.max(
      0,
      dot(
        x,
        covariance.map((row) => dot(row, x)),
      ),
    ),
  );
}

export function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let place = 0; place < left.length; place++) sum += left[place]! * right[place]!;
  return sum;
}

function spreadOut(inverse: number[][], free: readonly number[], size: number): number[][] {
  const full = Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
  for (const [row, place] of free.entries()) {
    for (const [column, other] of free.entries()) full[place]![other] = inverse[row]![column]!;
  }
  return full;
}

/** Of a symmetric positive definite matrix, scaled first: its entries lie many orders of magnitude apart. */
function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const scale = matrix.map((row, place) => 1 / Math.sqrt(row[place]!));
  const size = matrix.length;
  const rows = matrix.map((row, place) => [
    ...row.map((value, column) => value * scale[place]! * scale[column]!),
    ...Array.from({ length: size }, (_, column) => (column === place ? 1 : 0)),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const pivotRow = rows[pivot]!;
    const divisor = pivotRow[pivot]!;
    for (let column = 0; column < 2 * size; column++) pivotRow[column]! /= divisor;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = rows[row]![pivot]!;
      for (let column = 0; column < 2 * size; column++) rows[row]![column]! -= factor * pivotRow[column]!;
    }
  }
  return rows.map((row, place) =>
    row.slice(size).map((value, column) => value * scale[place]! * scale[column]!),
  );
}
