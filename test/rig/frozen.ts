import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether a process that is there does nothing: it was stopped, or its control group is frozen. */
export function isFrozen(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("T")) return true;
  const group = groupFolder(pid);
  return group !== null && /^frozen 1$/m.test(read(join(group, "cgroup.events")));
}

/** The control group (version 2) of a process; null where there is none. */
export function groupFolder(pid: number): string | null {
  const mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
  const mount = mounts.find((folder) => existsSync(join(folder, "cgroup.controllers")));
  const path = /^0::(\/.*)$/m.exec(read(`/proc/${pid}/cgroup`))?.[1];
  return mount === undefined || path === undefined ? null : join(mount, path);
}

/** Control groups that a process made for what it froze. */
export function groupsOf(pid: number): string[] {
  const folder = groupFolder(process.pid);
  const names = folder === null || !existsSync(folder) ? [] : readdirSync(folder);
  return names.filter((name) => name.startsWith(`nightcrew-${pid}-`));
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (["ENOENT", "ESRCH", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
