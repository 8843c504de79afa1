import { join } from "node:path";
import { leaseStaleMs, type LeaseUse } from "../../domain/lease.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { namesIfThere } from "../files/names-if-there.ts";
import { GenerationFile } from "../process/generation-file.ts";
import { isAlive, parseIdentity, type Identity } from "../process/identity.ts";

/**
 * Leases of one repository: rights on names, each of which one process at a time has. They are beside its workspaces, and so
 * reach as far as the home does. The generation of a lease's file is its fencing token.
 */
export function leasesFolder(slots: string): string {
  return join(slots, "named-leases");
}

export interface LeaseHolder extends LeaseUse, Identity {
  /** The common git directory. */
  readonly repository: string;
  /** The command it is held for: it may outlive who took it. */
  readonly also?: Identity;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface FoundLease {
  readonly name: string;
  readonly token: number;
  readonly holder: LeaseHolder;
  /** Its process lives. */
  readonly alive: boolean;
  /** Anybody may take it. */
  readonly stale: boolean;
  readonly file: string;
}

/** As long as it is held nobody else gets it. */
export class NamedLease {
  readonly name: string;
  readonly token: number;
  private readonly file: GenerationFile;
  private readonly holder: LeaseHolder;

  constructor(folder: string, { name, token, holder }: Pick<FoundLease, "name" | "token" | "holder">) {
    this.name = name;
    this.token = token;
    this.holder = holder;
    this.file = new GenerationFile(folder, name);
  }

  /** False where somebody took it over: what is done under it does not count. */
  holds(): boolean {
    return this.file.holds(this.token);
  }

  /** A sign of life. `also`: it is held as long as that process lives, too. */
  renew(also: Identity | null = this.holder.also ?? null): void {
    this.file.replace(this.token, contentOf(also === null ? this.holder : { ...this.holder, also }));
  }

  release(): void {
    this.file.giveUp(this.token);
  }
}

/** The lease; or who has it. One whose process is gone, or has been silent for too long, is taken over at once. */
export async function takeLease(
  folder: string,
  name: string,
  holder: LeaseHolder,
): Promise<{ readonly lease: NamedLease } | { readonly by: FoundLease }> {
  const file = new GenerationFile(folder, name);
  for (;;) {
    const token = await file.take(contentOf(holder), isFree);
    if (token !== null) return { lease: new NamedLease(folder, { name, token, holder }) };
    const by = await readLease(folder, name);
    if (by?.stale === false) return { by };
  }
}

/** Null where nobody has it, alive or not. */
export async function readLease(folder: string, name: string): Promise<FoundLease | null> {
  const file = new GenerationFile(folder, name);
  const found = await file.latest();
  const holder = found === null ? null : holderIn(found.text);
  if (found === null || holder === null) return null;
  const { generation: token, text } = found;
  return { name, token, holder, alive: anyAlive(holder), stale: isFree(text), file: file.fileOf(token) };
}

export async function leasesIn(folder: string): Promise<FoundLease[]> {
  const names = (await namesIfThere(folder)).flatMap((file) => /^([^.]+)\.\d+$/.exec(file)?.[1] ?? []);
  const found: FoundLease[] = [];
  for (const name of [...new Set(names)].sort()) {
    const lease = await readLease(folder, name);
    if (lease !== null) found.push(lease);
  }
  return found;
}

function isFree(text: string): boolean {
  const holder = holderIn(text);
  if (holder === null || !anyAlive(holder)) return true;
  const { aliveAt } = parseJsonObject(text) ?? {};
  return typeof aliveAt !== "number" || sinceBootMs() - aliveAt > leaseStaleMs;
}

function anyAlive(holder: LeaseHolder): boolean {
  return isAlive(holder) || (holder.also !== undefined && isAlive(holder.also));
}

/** A clock that all processes of a boot share, and that stands still while the machine sleeps: nobody is late for that. */
function sinceBootMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function contentOf(holder: LeaseHolder): string {
  return JSON.stringify({ ...holder, aliveAt: sinceBootMs() });
}

function holderIn(text: string): LeaseHolder | null {
  const identity = parseIdentity(text);
  if (identity === null) return null;
  const { also: other, repository, since, run, task, attempt, agent, what } = parseJsonObject(text) ?? {};
  const also = typeof other === "object" ? parseIdentity(JSON.stringify(other)) : null;
  const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    ...identity,
    ...(also === null ? {} : { also }),
    repository: textOf(repository) ?? "",
    since: typeof since === "number" ? since : 0,
    run: textOf(run),
    task: textOf(task),
    attempt: typeof attempt === "number" ? attempt : null,
    agent: textOf(agent),
    what: textOf(what) ?? "",
  };
}
