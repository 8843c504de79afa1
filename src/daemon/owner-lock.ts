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

/** Makes this process the only one that decides in a home. Rejects with `HomeInUse` while another one lives. */
export async function takeOwnership(home: string): Promise<Ownership> {
  const file = ownerFile(home);
  for (;;) {
    const generation = await file.take(JSON.stringify(ownIdentity()), (text) => ownerIn(text) === null);
    if (generation !== null) {
      return { generation, giveUp: () => file.giveUp(generation), holds: () => file.holds(generation) };
    }
    const owner = await livingOwner(home);
    if (owner !== null) throw new HomeInUse(owner);
  }
}

/** The living process that decides in the home, if there is one. */
export async function livingOwner(home: string): Promise<Owner | null> {
  return ownerIn((await ownerFile(home).latest())?.text ?? "");
}

/** Null for a generation that was given up, tells nobody, or somebody who is gone. */
function ownerIn(text: string): Owner | null {
  const owner = parseIdentity(text);
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
  const file = ownerFile(home);
  const found = await file.latest();
  const owner = found === null ? null : parseIdentity(found.text);
  if (found === null || owner === null) return null;
  const { generation } = found;
  return { pid: owner.pid, alive: isAlive(owner), generation, file: file.fileOf(generation) };
}
