import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { parseJsonObject } from "../std/json-lines.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import { bootId, startTimeOf } from "../adapters/process/process-table.ts";

interface Owner {
  readonly pid: number;
  readonly startTime: string | null;
  readonly bootId: string | null;
}

/** Makes this process the only one that decides in a home. Returns the function that gives it up. */
export async function takeOwnership(file: string): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const own = JSON.stringify({
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    bootId: bootId(),
  } satisfies Owner);
  const prepared = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFile(prepared, own, { mode: 0o600 });
  try {
    // link(2) makes the lock with its content in one step, and only where there is none.
    while (!(await linkIfAbsent(prepared, file))) await removeDeadOwner(file);
  } finally {
    await rm(prepared, { force: true });
  }
  return async () => {
    if ((await readLock(file)) === own) await rm(file, { force: true });
  };
}

/** Whether a living process decides in the home. */
export async function ownerAlive(file: string): Promise<boolean> {
  const owner = ownerOf((await readLock(file)) ?? "");
  return owner !== null && isAlive(owner);
}

async function readLock(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  });
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function removeDeadOwner(file: string): Promise<void> {
  const content = await readLock(file);
  if (content === null) return;
  const owner = ownerOf(content);
  if (owner !== null && isAlive(owner)) throw inUse(owner);
  // Moved aside first: of two that find the dead owner, one moves the file, the other starts over.
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readFile(aside, "utf8");
  // Between reading and moving somebody may have become the owner: then what was moved is theirs, and goes back.
  if (moved !== content) await linkIfAbsent(aside, file);
  await rm(aside, { force: true });
}

function ownerOf(content: string): Owner | null {
  const { pid, startTime, bootId: boot } = parseJsonObject(content) ?? {};
  if (typeof pid !== "number") return null;
  return {
    pid,
    startTime: typeof startTime === "string" ? startTime : null,
    bootId: typeof boot === "string" ? boot : null,
  };
}

/** A pid alone proves nothing: it is re-used, and after a boot all of them are. */
function isAlive(owner: Owner): boolean {
  return owner.bootId === bootId() && owner.startTime !== null && startTimeOf(owner.pid) === owner.startTime;
}

function inUse(owner: Owner): OperationalError {
  return new OperationalError({
    code: "home-in-use",
    what: `Another nightcrew is working in this home (process ${owner.pid})`,
    why: "one process at a time decides what runs and what lands",
    next: "wait for it (`nightcrew status` shows it), or use another home: NIGHTCREW_HOME=DIR nightcrew …",
  });
}
