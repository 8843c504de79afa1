/** A provider account that takes no more work for a while: one clock for all agents that use it. */
export interface QuotaRow {
  readonly provider: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Limits in a row without a time being told. */
  readonly strikes: number;
  readonly message: string;
}

const minute = 60_000;
const firstWaitMs = 15 * minute;
/** Asked again sooner, a provider only says the same. */
const shortestWaitMs = minute / 2;
const longestGuessMs = 4 * 60 * minute;
/** Nobody says so far ahead: such a time was misread. */
const farthestMs = 8 * 24 * 60 * minute;

/** Until the time that was told; where none was, longer each time. */
export function parked(
  provider: string,
  { until, message }: { readonly until: number | null; readonly message: string },
  before: QuotaRow | undefined,
  now: number,
): QuotaRow {
  if (until !== null && until > now && until - now <= farthestMs)
    return { provider, until: Math.max(until, now + shortestWaitMs), strikes: 0, message };
  const strikes = (before?.strikes ?? 0) + 1;
  const waitMs = Math.min(longestGuessMs, firstWaitMs * 2 ** (strikes - 1));
  return { provider, until: now + waitMs, strikes, message };
}

/** The clock of a provider, where it is running. */
export function parkedUntil(quotas: readonly QuotaRow[], provider: string, now: number): number | null {
  const row = quotas.find((candidate) => candidate.provider === provider);
  return row === undefined || row.until <= now ? null : row.until;
}
