import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { namesIfThere } from "../files/names-if-there.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { isAlive, parseIdentity } from "../process/identity.ts";
import { takeFile } from "../process/take-file.ts";

const pollMs = 50;

/**
 * Who may make a set, among all runners of a home: a file that appears whole, numbered. One whose holder has died is never
 * removed to be taken, which two could do at once, but passed by with the next number.
 */
export async function takeMakingLock(kept: string, key: string): Promise<{ release(): Promise<void> } | null> {
  await mkdir(kept, { recursive: true, mode: 0o700 });
  const highest = await highestLock(kept, key);
  if (highest > 0 && (await isHeld(lockFile(kept, key, highest)))) return null;
  const number = highest + 1;
  if (!takeFile(lockFile(kept, key, number))) return null;
  return {
    release: async () => {
      // Its own last: as long as it is there, the numbers below are nobody's.
      for (let old = 1; old <= number; old++) await rm(lockFile(kept, key, old), { force: true });
    },
  };
}

/** Resolves when nobody who lives makes it any more, or `goesOn` says no. */
export async function untilMade(kept: string, key: string, goesOn: () => boolean): Promise<void> {
  for (;;) {
    const highest = await highestLock(kept, key);
    if (highest === 0 || !goesOn() || !(await isHeld(lockFile(kept, key, highest)))) return;
    await delay(pollMs);
  }
}

function lockFile(kept: string, key: string, number: number): string {
  return join(kept, `${key}.lock.${number}`);
}

async function highestLock(kept: string, key: string): Promise<number> {
  const prefix = `${key}.lock.`;
  const numbers = (await namesIfThere(kept))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((number) => Number.isInteger(number));
  return Math.max(0, ...numbers);
}

async function isHeld(file: string): Promise<boolean> {
  const holder = parseIdentity((await readIfThere(file)) ?? "");
  return holder !== null && isAlive(holder);
}
