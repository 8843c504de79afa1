import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { RepositoryPlace } from "../../domain/job.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { GitError } from "../git/git.ts";
import { isAlive, ownIdentity, parseIdentity } from "../process/identity.ts";
import { checkOut, cleanTo, moveTo, type SlotPaths } from "./slot.ts";

/**
 * A slot that nobody needs is cleaned ahead of time, and says in `ready` at which commit it is: whoever takes it has only
 * what changed since to write. `held` keeps the two apart: who takes a slot waits for who cleans it, which gives way.
 */
const pollMs = 2;
/** As long as git may take to clean it. */
const waitMs = 20 * 60_000;

export interface HeldSlot {
  letGo(): void;
}

/** For a job: there is one at a time in a slot, so that what is waited for is a cleaning, or a process that has died. */
export async function holdSlot(slot: SlotPaths): Promise<HeldSlot> {
  mkdirSync(dirname(slot.root), { recursive: true });
  const deadline = performance.now() + waitMs;
  for (;;) {
    const held = takeHold(slot);
    if (held !== null) return held;
    if (!(await isSlotHeld(slot))) await rm(heldFile(slot), { force: true });
    else if (performance.now() > deadline) throw new Error(`${slot.root} is held by another process`);
    else await delay(pollMs);
  }
}

/** Whether a living process has a job in it, or cleans it. */
async function isSlotHeld(slot: SlotPaths): Promise<boolean> {
  const holder = parseIdentity((await readIfThere(heldFile(slot))) ?? "");
  return holder !== null && isAlive(holder);
}

/** Brings a slot to a commit: by what differs where it is ready, else from whatever it is in. */
export async function checkOutReady(slot: SlotPaths, place: RepositoryPlace, commit: string): Promise<void> {
  const from = await takeReady(slot, place);
  if (from === null) return checkOut(slot, place, commit);
  try {
    if (from !== commit) await moveTo(slot, place, { from, to: commit });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    await checkOut(slot, place, commit);
  }
}

/** Off anybody's way. Does nothing where somebody has it, or it is gone. */
export async function makeReady(slot: SlotPaths, place: RepositoryPlace, commit: string): Promise<void> {
  let held: HeldSlot | null = null;
  try {
    held = takeHold(slot);
    // Work that could not be kept is still in it.
    if (held === null || (await readIfThere(slot.busy)) !== null) return;
    await cleanTo(slot, place, commit);
    writeFileSync(readyFile(slot), JSON.stringify({ commit, ...kindOf(place) }));
  } catch (error) {
    // Whoever takes it does it then, and is told if it cannot be done.
    if (!(error instanceof GitError) && errnoOf(error) === null) throw error;
  } finally {
    held?.letGo();
  }
}

/** The commit it is at, which it says once. */
async function takeReady(slot: SlotPaths, place: RepositoryPlace): Promise<string | null> {
  const text = await readIfThere(readyFile(slot));
  if (text === null) return null;
  await rm(readyFile(slot), { force: true });
  const { commit, repository, sparse, settings } = parseJsonObject(text) ?? {};
  const own = kindOf(place);
  const same = repository === own.repository && sparse === own.sparse && settings === own.settings;
  return same && typeof commit === "string" ? commit : null;
}

/** What else decides what a work tree looks like. */
function kindOf({ commonDir, sparse = [], settings }: RepositoryPlace): Record<string, string> {
  return { repository: commonDir, sparse: sparse.join("\0"), settings: settings.join("\0") };
}

const heldFile = ({ root }: SlotPaths): string => `${root}.held`;
const readyFile = ({ root }: SlotPaths): string => join(root, "ready");

/** Null where somebody has it. Appears whole. */
function takeHold(slot: SlotPaths): HeldSlot | null {
  const file = heldFile(slot);
  const prepared = `${file}-${process.pid}`;
  writeFileSync(prepared, JSON.stringify(ownIdentity()), { mode: 0o600 });
  try {
    linkSync(prepared, file);
    return { letGo: () => rmSync(file, { force: true }) };
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return null;
    throw error;
  } finally {
    rmSync(prepared, { force: true });
  }
}
