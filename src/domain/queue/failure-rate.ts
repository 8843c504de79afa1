/** How often changes are red by their own fault, with what is long ago counting less. */
export interface FailureRate {
  readonly red: number;
  readonly judged: number;
}

/** One change less of weight for each hundred that came after. */
const memory = 0.99;
/** Before anything is known: one in twenty, as if seen on ten changes. */
const assumed: FailureRate = { red: 0.5, judged: 10 };

export const unknownRate: FailureRate = { red: 0, judged: 0 };

export function countRed(rate: FailureRate, isRed: boolean): FailureRate {
  return { red: rate.red * memory + (isRed ? 1 : 0), judged: rate.judged * memory + 1 };
}

/** Between 0 and 1, neither of them: strategies take its logarithm. */
export function estimate({ red, judged }: FailureRate): number {
  return Math.min(0.9, Math.max(0.002, (red + assumed.red) / (judged + assumed.judged)));
}

/** What is known so far of changes that are still being judged. */
export interface Evidence {
  readonly green: number;
  readonly red: number;
  /** Sizes of lots in each of which at least one is red. */
  readonly failing: readonly number[];
}

/** More steps change nothing that matters. */
const steps = 8;

/** How many are red in a lot that failed depends on how many are red at all, and that on it: found by turns. */
export function estimateWith(rate: FailureRate, { green, red, failing }: Evidence): number {
  const judged = rate.judged + green + red + failing.reduce((sum, size) => sum + size, 0);
  let share = estimate(rate);
  for (let step = 0; step < steps; step++) {
    const given = share;
    const redOf = (size: number): number => (size * given) / (1 - Math.pow(1 - given, size));
    share = estimate({ red: rate.red + red + failing.reduce((sum, size) => sum + redOf(size), 0), judged });
  }
  return share;
}
