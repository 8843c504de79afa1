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
