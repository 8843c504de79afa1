import { realpathSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { parseJsonObject } from "../std/json-lines.ts";
import { OperationalError } from "../std/operational-error.ts";
import { GenerationFile } from "../adapters/process/generation-file.ts";
import { isAlive, ownIdentity, parseIdentity, type Identity } from "../adapters/process/identity.ts";

/** Who decides in a home: the process named in `owner.<generation>`, as long as it lives. */
export type Owner = Identity;

const ownerFile = (home: string): GenerationFile => new GenerationFile(home, "owner");

export interface Ownership {
  /** Grows with every owner; what an older one still writes is told apart by it. */
  readonly generation: number;
  giveUp(): void;
  /** False once the home is gone or somebody took over. Two system calls. */
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

/** Where a process has, or had, its home: a copy of a home tells of the process that has the other one. */
interface Place {
  readonly path: string;
  /** Device and inode of the folder, which stay when it is renamed. */
  readonly folder: string;
}

function placeOf(home: string): Place {
  const { dev, ino } = statSync(home, { bigint: true });
  return { path: realpathSync(home), folder: `${dev}:${ino}` };
}

/** Makes this process the only one that decides in a home. Rejects with `HomeInUse` while another one lives. */
export async function takeOwnership(home: string): Promise<Ownership> {
  const file = ownerFile(home);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const content = JSON.stringify({ ...ownIdentity(), home: placeOf(home) });
  for (;;) {
    const generation = await file.take(content, (text) => living(text) === null);
    if (generation !== null) {
      return { generation, giveUp: () => file.giveUp(generation), holds: () => file.holds(generation) };
    }
    const text = (await file.latest())?.text ?? "";
    const owner = living(text);
    if (owner === null) continue;
    const elsewhere = otherHome(text, home);
    throw elsewhere === null ? new HomeInUse(owner) : homeCopied(home, elsewhere, owner);
  }
}

/** The living process that decides in the home, if there is one. */
export async function livingOwner(home: string): Promise<Owner | null> {
  const text = (await ownerFile(home).latest())?.text ?? "";
  const owner = living(text);
  return owner === null || otherHome(text, home) !== null ? null : owner;
}

/** Null for a generation that was given up, tells nobody, or somebody who is gone. */
function living(text: string): Owner | null {
  const owner = parseIdentity(text);
  return owner !== null && isAlive(owner) ? owner : null;
}

/** Where the process works that is named, where that is not here; null also where it does not say. */
function otherHome(text: string, home: string): string | null {
  const { path, folder } = (parseJsonObject(text)?.["home"] ?? {}) as Partial<Place>;
  if (path === undefined) return null;
  const here = placeOf(home);
  return path === here.path || folder === here.folder ? null : path;
}

/** Its daemon is neither this home's, to be ended, nor one beside which the same runs could go on. */
function homeCopied(home: string, original: string, { pid }: Owner): OperationalError {
  const there = `NIGHTCREW_HOME=${JSON.stringify(original)} nightcrew`;
  return new OperationalError({
    code: "home-copied",
    what: `${home} is a copy of ${original}, whose daemon runs (process ${pid})`,
    why: "the runs of a home are done by one daemon; two would do them twice",
    next: `use that one: ${there} status\nor stop it before: ${there} daemon stop`,
  });
}

export interface CurrentOwner {
  readonly pid: number;
  readonly alive: boolean;
  readonly generation: number;
  readonly file: string;
}

/** Who is named as the home's owner, alive or not; null where nobody is. */
export async function currentOwner(home: string): Promise<CurrentOwner | null> {
  const file = ownerFile(home);
  const found = await file.latest();
  const owner = found === null ? null : parseIdentity(found.text);
  if (found === null || owner === null) return null;
  const { generation } = found;
  return {
    pid: owner.pid,
    alive: isAlive(owner) && otherHome(found.text, home) === null,
    generation,
    file: file.fileOf(generation),
  };
}
