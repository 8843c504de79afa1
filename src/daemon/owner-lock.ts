import { existsSync } from "node:fs";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import { namesIfThere } from "../adapters/files/names-if-there.ts";
import { replaceFileQuickly } from "../adapters/files/replace-file.ts";
import { readIfThere } from "../adapters/files/read-if-there.ts";
import { isAlive, ownIdentity, parseIdentity, type Identity } from "../adapters/process/identity.ts";

/**
 * Who decides in a home: the file `owner.<generation>` with the highest generation, as long as the process named in it
 * lives. Taking over makes the next generation's file, in one step with its content (link(2)), and only one can make it.
 * A generation is never used twice: giving up marks the file, and only a higher one lets it go.
 */
export type Owner = Identity;

const lockName = /^owner\.(\d+)$/;
const lockFile = (generation: number): string => `owner.${generation}`;

export interface Ownership {
  /** Grows with every owner; what an older one still writes is told apart by it. */
  readonly generation: number;
  giveUp(): Promise<void>;
  /** False once the home is gone or somebody took over: the next generation is the one after this. Two system calls. */
  holds(): boolean;
}

/** A living process has the home. */
export class HomeInUse extends OperationalError {
  readonly owner: Owner;

  constructor(owner: Owner) {
    super({
      code: "home-in-use",
      what: `Another nightcrew is working in this home (process ${owner.pid})`,
      why: "one process at a time decides what runs and what lands",
      next: "nightcrew daemon stop, or use another home: NIGHTCREW_HOME=DIR nightcrew …",
    });
    this.owner = owner;
  }
}

/** Makes this process the only one that decides in a home. Rejects with `HomeInUse` while another one lives. */
export async function takeOwnership(home: string): Promise<Ownership> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const owner = ownIdentity();
  const prepared = join(home, `.owner-${randomBytes(6).toString("hex")}`);
  try {
    await writeFile(prepared, JSON.stringify(owner), { mode: 0o600 });
    for (;;) {
      const generation = await tryToTake(home, prepared);
      if (generation === null) continue;
      const isHighest = async (): Promise<boolean> => (await generations(home)).at(-1) === generation;
      const isThere = (other: number): boolean => existsSync(join(home, lockFile(other)));
      const holds = (): boolean => isThere(generation) && !isThere(generation + 1);
      const giveUp = async (): Promise<void> => {
        if (await isHighest()) replaceFileQuickly(join(home, lockFile(generation)), "{}");
      };
      return { generation, giveUp, holds };
    }
  } finally {
    await rm(prepared, { force: true });
  }
}

/** The living process that decides in the home, if there is one. */
export async function livingOwner(home: string): Promise<Owner | null> {
  const highest = (await generations(home)).at(-1);
  const owner = highest === undefined ? null : await readOwner(home, highest);
  return owner !== null && isAlive(owner) ? owner : null;
}

export interface CurrentOwner {
  readonly pid: number;
  readonly alive: boolean;
  readonly generation: number;
  readonly file: string;
}

/** Who is named as the home's owner, alive or not; null where nobody is. */
export async function currentOwner(home: string): Promise<CurrentOwner | null> {
  const generation = (await generations(home)).at(-1);
  const owner = generation === undefined ? null : await readOwner(home, generation);
  if (generation === undefined || owner === null) return null;
  return { pid: owner.pid, alive: isAlive(owner), generation, file: join(home, lockFile(generation)) };
}

/** The generation that was taken; null when somebody else was faster and it has to be looked at again. */
async function tryToTake(home: string, prepared: string): Promise<number | null> {
  const highest = (await generations(home)).at(-1) ?? 0;
  const owner = highest === 0 ? null : await readOwner(home, highest);
  if (owner !== null && isAlive(owner)) throw new HomeInUse(owner);
  const next = highest + 1;
  if (!(await linkIfAbsent(prepared, join(home, lockFile(next))))) return null;
  const now = await generations(home);
  if (now.at(-1) !== next) {
    // What was looked at was an old state: this generation had come and gone already.
    await rm(join(home, lockFile(next)), { force: true });
    return null;
  }
  for (const older of now.slice(0, -1)) await rm(join(home, lockFile(older)), { force: true });
  return next;
}

/** In ascending order. */
async function generations(home: string): Promise<number[]> {
  const names = await namesIfThere(home);
  const found = names.map((name) => lockName.exec(name)?.[1]).filter((generation) => generation !== undefined);
  return found.map(Number).sort((a, b) => a - b);
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

/** Null for a generation that was given up, is gone, or tells nobody. */
async function readOwner(home: string, generation: number): Promise<Owner | null> {
  return parseIdentity((await readIfThere(join(home, lockFile(generation)))) ?? "");
}
