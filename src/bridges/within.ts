import { setTimeout as delay } from "node:timers/promises";

/**
 * What a promise resolves with, or `late` after so many milliseconds. Until then the process is kept alive, and not longer:
 * a wait that holds nothing open would end a process that has nothing else to do, without a word.
 */
export async function within<T, Late>(promise: Promise<T>, ms: number, late: Late): Promise<T | Late> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, delay(ms, late, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}
