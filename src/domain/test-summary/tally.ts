export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 };

export function addTallies(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** For runners that tell how many tests there were, and which of them did not pass. */
export function ofAll(all: number, failed: number, skipped: number): Tally {
  return { passed: Math.max(0, all - failed - skipped), failed, skipped };
}

/** Keeps sums exact where somebody printed absurd digits. */
const maxNumber = 999_999_999;

/** The sum of the numbers that a global pattern captures. */
export function sum(text: string, pattern: RegExp): number {
  let total = 0;
  for (const match of text.matchAll(pattern)) total += Math.min(Number(match[1]), maxNumber);
  return total;
}

/** How often a global pattern matches. */
export function occurrences(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

export function lastLine(text: string): string {
  return text.slice(text.lastIndexOf("\n") + 1);
}
