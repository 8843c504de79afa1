/**
 * Whether two tasks may change the same. A number stands for what several may change: who has it collides with all that have
 * it, and with those that have it negated; these do not collide with each other by it.
 */
export function collide(a: readonly number[], b: readonly number[]): boolean {
  return collidingNumber(a, b) !== null;
}

/** A number of the first one by which they do; null: they do not. */
export function collidingNumber(a: readonly number[], b: readonly number[]): number | null {
  const other = new Set(b);
  return a.find((number) => (number > 0 && other.has(number)) || other.has(-number)) ?? null;
}

/** All numbers by which a task would collide with one that has these. */
export function collidingWith(shares: Iterable<number>): Set<number> {
  const found = new Set<number>();
  for (const number of shares) {
    found.add(Math.abs(number));
    if (number > 0) found.add(-number);
  }
  return found;
}
