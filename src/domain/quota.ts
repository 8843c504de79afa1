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

/** A limit that comes so long after its clock had run out is another one. */
const anotherAfterMs = 30 * minute;
/** A time that was told and has passed by so little was right: the provider is asked again soon, once. */
const justPassedMs = 10 * minute;

/**
 * Until the time that was told. Where none was, longer each time in a row; agents that are refused while the clock is running
 * say nothing new.
 */
export function parked(
  provider: string,
  { until, message }: { readonly until: number | null; readonly message: string },
  before: QuotaRow | undefined,
  now: number,
): QuotaRow {
  if (until !== null && until > now && until - now <= farthestMs)
    return { provider, until: Math.max(until, now + shortestWaitMs), strikes: 0, message };
  if (before !== undefined && before.until > now) return before;
  const inRow = before !== undefined && now - before.until < anotherAfterMs ? before.strikes : 0;
  const passed = until !== null && now - until >= 0 && now - until <= justPassedMs;
  const guessMs = Math.min(longestGuessMs, firstWaitMs * 2 ** inRow);
  return { provider, until: now + (passed && inRow === 0 ? shortestWaitMs : guessMs), strikes: inRow + 1, message };
}

/** The clock of a provider, where it is running. */
export function parkedUntil(quotas: readonly QuotaRow[], provider: string, now: number): number | null {
  const row = quotas.find((candidate) => candidate.provider === provider);
  return row === undefined || row.until <= now ? null : row.until;
}
