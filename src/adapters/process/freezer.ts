import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf } from "../../std/operational-error.ts";

/** Where version 2 is: alone, or beside the trees of version 1. */
const mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
const prefix = "nightcrew-";
const freezeName = "cgroup.freeze";
/** What comes faster than it can be moved, for longer than this, is given up on. */
const maxRounds = 20;
const removalRounds = 40;
const removalPauseMs = 25;

/**
 * Freezes processes by a control group (version 2): they and their parents do not notice, and what is frozen can still be
 * killed. The group is made when it is first needed: to join one takes a process longer than its start. Root may always make
 * one, others where a part of the tree was given to them, as systemd does with `Delegate=yes`.
 */
export class Freezer {
  private group: string | null = null;
  private own = false;
  /** Tried once, and not to be had. */
  private useless = false;
  private frozen = false;

  /** What `find` gives, the leader first, until nobody new is found. False where there can be no group: then nothing is frozen. */
  freeze(find: () => readonly number[]): boolean {
    const [leader] = find();
    if (leader === undefined || this.useless) return false;
    this.group ??= groupOfOurs(leader) ?? this.made();
    this.frozen = this.group !== null && tryTo(join(this.group, freezeName), "1");
    if (this.group !== null && this.frozen && (!this.own || moveAll(this.group, find))) return true;
    this.thaw();
    this.useless = true;
    return false;
  }

  /** False where nothing was frozen by it. */
  thaw(): boolean {
    if (this.group === null || !this.frozen) return false;
    this.frozen = false;
    return tryTo(join(this.group, freezeName), "0");
  }

  /** Once its leader is gone. A group of the sandbox's own is left as it was: what is still frozen in it could not end. */
  async close(): Promise<void> {
    if (this.group !== null && this.own) await removed(this.group);
    else this.thaw();
  }

  private made(): string | null {
    const folder = ownFolder();
    if (folder === null) return null;
    const group = join(folder, `${prefix}${process.pid}-${process.hrtime.bigint().toString(36)}`);
    if (!tryToMake(group)) return null;
    this.own = true;
    return group;
  }
}

/** Groups that a process left behind when it was killed, with all that is still frozen in them. */
export async function removeGroupsOf(pid: number): Promise<void> {
  const folder = ownFolder();
  if (folder === null) return;
  const left = readdirSync(folder).filter((name) => name.startsWith(`${prefix}${pid}-`));
  for (const name of left) await removed(join(folder, name));
}

/**
 * With whoever is still in it: what was in there when it was over hid from its supervisor. A group is busy until the kernel is
 * done with the last process in it, a moment after it is gone.
 */
async function removed(group: string): Promise<void> {
  tryTo(join(group, "cgroup.kill"), "1");
  for (let round = 0; round < removalRounds && !tryToRemove(group); round++) await delay(removalPauseMs);
}

/** Each is frozen as it comes in, and forks no more: it is over when nobody new is found. */
function moveAll(group: string, find: () => readonly number[]): boolean {
  const moved = new Set<number>();
  for (let round = 0; round < maxRounds; round++) {
    const found = find().filter((pid) => !moved.has(pid));
    if (found.length === 0) return true;
    for (const pid of found) {
      if (!tryTo(join(group, "cgroup.procs"), String(pid))) return false;
      moved.add(pid);
    }
  }
  return true;
}

/** One that a sandbox had the process join, with all that it starts. */
function groupOfOurs(pid: number): string | null {
  const folder = folderOf(String(pid));
  return folder !== null && basename(folder).startsWith(prefix) ? folder : null;
}

/** The group that this process is in. */
function ownFolder(): string | null {
  return folderOf("self");
}

function folderOf(pid: string): string | null {
  const mount = mounts.find((path) => existsSync(join(path, "cgroup.controllers")));
  if (mount === undefined) return null;
  const path = /^0::(\/.*)$/m.exec(readIfThere(`/proc/${pid}/cgroup`))?.[1];
  return path === undefined ? null : join(mount, path);
}

/** A process that is gone meanwhile needs no freezing. */
function tryTo(file: string, value: string): boolean {
  return attempt(() => writeFileSync(file, value), ["ESRCH"]);
}

function tryToMake(folder: string): boolean {
  return attempt(() => mkdirSync(folder), []);
}

function tryToRemove(folder: string): boolean {
  return attempt(() => rmdirSync(folder), ["ENOENT"]);
}

/** False where it is not allowed, not there, or not possible now; what is `fine` is as good as done. */
function attempt(act: () => void, fine: readonly string[]): boolean {
  try {
    act();
    return true;
  } catch (error) {
    const code = errnoOf(error) ?? "";
    if (fine.includes(code)) return true;
    if (["EACCES", "EPERM", "EROFS", "ENOENT", "EBUSY", "EINVAL", "EOPNOTSUPP"].includes(code)) return false;
    throw error;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES"].includes(errnoOf(error) ?? "")) return "";
    throw error;
  }
}
