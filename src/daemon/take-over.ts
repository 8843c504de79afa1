import { setTimeout as delay } from "node:timers/promises";
import type { Home } from "../api/home.ts";
import { longestComputingMs } from "../api/lock-timeout.ts";
import { askHealth } from "../api/socket-transport.ts";
import { signal } from "../adapters/process/end-processes.ts";
import { OperationalError } from "../std/operational-error.ts";
import { duration } from "../std/text.ts";
import { isAlive } from "../adapters/process/identity.ts";
import { cpuTimeOf, isBusy } from "../adapters/process/process-table.ts";
import { HomeInUse, livingOwner, takeOwnership, type Owner, type Ownership } from "./owner-lock.ts";

export interface Patience {
  /** A living owner that does not answer within it is not one any more. */
  readonly answerMs: number;
  /** For one that is not listening: it is still starting, or on its way out. */
  readonly listenMs: number;
  /** For one that is silent because it computes, in all. */
  readonly computingMs: number;
}

/** `lockMs`: what a person has said (`AGENT_LOCK_TIMEOUT`), or null. */
export function patience(lockMs: number | null): Patience {
  return { answerMs: lockMs ?? 5_000, listenMs: lockMs ?? 15_000, computingMs: longestComputingMs };
}

const pollMs = 40;
const leastWorkMs = 10;
const endMs = 5_000;

/**
 * Makes this process the owner of a home: at once where there is none or its process is gone. One that lives but does not
 * answer is killed first. Rejects with `HomeInUse` where another one answers.
 */
export async function takeHome(home: Home, wait: Patience, log: (line: string) => void): Promise<Ownership> {
  for (;;) {
    try {
      return await takeOwnership(home.folder);
    } catch (error) {
      if (!(error instanceof HomeInUse)) throw error;
      if (await answers(home, error.owner, wait)) throw error;
      // By now it may be gone, or another one is there.
      if (!(await isOwner(home, error.owner))) continue;
      const within = `did not answer within ${duration(wait.answerMs)}`;
      log(`process ${error.owner.pid} has the home and ${within}: it is killed and replaced`);
      signal(error.owner.pid, "SIGKILL");
      if (!(await ended(error.owner))) throw notEnded(error.owner);
    }
  }
}

/** Ends the daemon of a home and waits until it is gone. Null where there is none. */
export async function endOwner(home: Home): Promise<number | null> {
  const owner = await livingOwner(home.folder);
  if (owner === null) return null;
  signal(owner.pid, "SIGTERM");
  if (await ended(owner)) return owner.pid;
  signal(owner.pid, "SIGKILL");
  if (await ended(owner)) return owner.pid;
  throw notEnded(owner);
}

/** One that is at work, on a plan of thousands of tasks say, is no less there for being silent meanwhile. */
async function answers(home: Home, owner: Owner, wait: Patience): Promise<boolean> {
  const begun = performance.now();
  for (;;) {
    const since = performance.now();
    const before = cpuTimeOf(owner.pid);
    if (await answersInTime(home, owner, wait)) return true;
    const now = performance.now();
    if (now - begun >= wait.computingMs || !(await isOwner(home, owner))) return false;
    if (!isAtWork(owner, before, now - since)) return false;
  }
}

async function answersInTime(home: Home, owner: Owner, { answerMs, listenMs }: Patience): Promise<boolean> {
  const begun = performance.now();
  for (;;) {
    const asked = performance.now();
    if ((await askHealth(home.socket, answerMs)) !== null) return true;
    const now = performance.now();
    // Silent for all that time, or never listening: not answering either way.
    if (now - asked >= answerMs || now - begun >= listenMs) return false;
    if (!(await isOwner(home, owner))) return false;
    await delay(pollMs);
  }
}

/** It is at it, or has used a little of that time: many may share the machine. Idling takes less. */
function isAtWork({ pid }: Owner, before: number | null, ms: number): boolean {
  if (isBusy(pid)) return true;
  const used = (cpuTimeOf(pid) ?? 0) - (before ?? Infinity);
  return used >= Math.max(leastWorkMs, ms / 500);
}

async function isOwner(home: Home, { pid, startTime }: Owner): Promise<boolean> {
  const now = await livingOwner(home.folder);
  return now !== null && now.pid === pid && now.startTime === startTime;
}

async function ended(owner: Owner): Promise<boolean> {
  const deadline = performance.now() + endMs;
  while (isAlive(owner)) {
    if (performance.now() > deadline) return false;
    await delay(pollMs / 4);
  }
  return true;
}

function notEnded({ pid }: Owner): OperationalError {
  return new OperationalError({
    code: "daemon-not-ended",
    what: `The daemon of this home (process ${pid}) could not be ended`,
    next: `look at it: ps -fp ${pid}`,
  });
}
