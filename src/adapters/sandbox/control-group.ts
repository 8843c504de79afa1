import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf } from "../../std/operational-error.ts";

/** Control groups that a command joins before it starts; empty where this user may make none. */
export interface ControlGroup {
  readonly folders: readonly string[];
  /** The limits that somebody in them ran into, for people. */
  limitsReached(): readonly string[];
  /** Removes them, once nobody is in them any more. */
  close(): Promise<void>;
}

export interface GroupLimits {
  readonly memoryBytes: number | null;
  readonly maxProcesses: number | null;
}

const root = "/sys/fs/cgroup";
const removalRounds = 40;
const removalPauseMs = 25;

/**
 * Limits for all processes of a command together, whose sandbox has that folder. Root always may make control groups (unless a container's are read-only);
 * others only where a part of the tree was given to them, as systemd does for services with `Delegate=yes`.
 */
export function makeControlGroup(sandbox: string, limits: GroupLimits): ControlGroup {
  const settings = isUnified() ? unifiedSettings(limits) : separateSettings(limits);
  const made: string[] = [];
  const name = groupName(sandbox);
  for (const { folder, files } of settings) {
    const group = join(folder, name);
    if (files.length === 0 || !tryTo(() => mkdirSync(group))) continue;
    made.push(group);
    if (!files.every(([file, value]) => tryTo(() => writeFileSync(join(group, file), value)))) {
      tryTo(() => rmdirSync(group));
      made.pop();
    }
  }
  return { folders: made, limitsReached: () => reachedIn(made, limits), close: () => removed(made) };
}

/** Those of sandboxes whose supervisor was killed, by the folders they had. */
export async function removeControlGroups(sandboxes: readonly string[]): Promise<void> {
  const settings = isUnified() ? unifiedSettings(anyLimits) : separateSettings(anyLimits);
  const folders = sandboxes.flatMap((sandbox) => settings.map(({ folder }) => join(folder, groupName(sandbox))));
  await removed(folders.filter((folder) => existsSync(folder)));
}

const anyLimits: GroupLimits = { memoryBytes: 1, maxProcesses: 1 };

function groupName(sandbox: string): string {
  return `nightcrew-${basename(sandbox)}`;
}

type Files = readonly (readonly [string, string])[];

interface Settings {
  readonly folder: string;
  readonly files: Files;
}

function isUnified(): boolean {
  return existsSync(join(root, "cgroup.controllers"));
}

/** Version 2: a sibling of the group this process is in; where the parent has not got the controllers, nothing is limited. */
function unifiedSettings({ memoryBytes, maxProcesses }: GroupLimits): Settings[] {
  const own = /^0::(\/.*)$/m.exec(readIfAny("/proc/self/cgroup"))?.[1] ?? "/";
  const folder = join(root, own === "/" ? own : join(own, ".."));
  const controllers = readIfAny(join(folder, "cgroup.subtree_control")).trim().split(" ");
  const memory: Files = memoryBytes === null ? [] : [["memory.max", String(memoryBytes)]];
  const processes: Files = maxProcesses === null ? [] : [["pids.max", String(maxProcesses)]];
  return [
    {
      folder,
      files: [...(controllers.includes("memory") ? memory : []), ...(controllers.includes("pids") ? processes : [])],
    },
  ];
}

/** Version 1: a tree for every controller. */
function separateSettings({ memoryBytes, maxProcesses }: GroupLimits): Settings[] {
  return [
    {
      folder: join(root, "memory"),
      files: memoryBytes === null ? [] : [["memory.limit_in_bytes", String(memoryBytes)]],
    },
    { folder: join(root, "pids"), files: maxProcesses === null ? [] : [["pids.max", String(maxProcesses)]] },
  ];
}

/** False where it is not allowed or not there. */
function tryTo(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS", "ENOENT", "EEXIST", "EINVAL", "EBUSY"].includes(errnoOf(error) ?? ""))
      return false;
    throw error;
  }
}

/** A group is busy until the kernel is done with the last process in it, a moment after it is gone. */
async function removed(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (let round = 0; round < removalRounds && !tryTo(() => rmdirSync(folder)); round++) await delay(removalPauseMs);
  }
}

function reachedIn(folders: readonly string[], { memoryBytes, maxProcesses }: GroupLimits): string[] {
  const count = (file: string, pattern: RegExp): number =>
    folders.reduce((sum, folder) => sum + Number(pattern.exec(readIfAny(join(folder, file)))?.[1] ?? 0), 0);
  // Version 1 names the file of memory's events differently.
  const killed = count("memory.events", /^oom_kill (\d+)$/m) + count("memory.oom_control", /^oom_kill (\d+)$/m);
  return [
    ...(count("pids.events", /^max (\d+)$/m) > 0 ? [`${maxProcesses} processes`] : []),
    ...(killed > 0 ? [`${Math.round((memoryBytes ?? 0) / 1024 ** 2)} MiB of memory`] : []),
  ];
}

function readIfAny(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "EACCES"].includes(errnoOf(error) ?? "")) return "";
    throw error;
  }
}
