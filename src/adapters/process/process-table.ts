import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { errnoOf } from "../../std/operational-error.ts";

/** What /proc tells of processes. Where there is no /proc, everything here answers "unknown". */

/** Clock ticks since boot at which the process started; tells a re-used pid apart. Null when it is not there. */
export function startTimeOf(pid: number): string | null {
  const fields = statFields(pid);
  return fields === null || fields[0] === "Z" ? null : (fields[19] ?? null);
}

/** Of a clock tick, in milliseconds: /proc counts in hundredths of a second on every machine, proc(5). */
const tickMs = 10;

/** Processor time that a process has used so far, in milliseconds; null when it is not there. */
export function cpuTimeOf(pid: number): number | null {
  const fields = statFields(pid);
  return fields === null ? null : (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Whether it computes, or would if a processor were free (state R), or waits for a disk, where nobody can end it (D). */
export function isBusy(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state === "R" || state === "D";
}

/** Whether a process is the one that had this start time. Without /proc its pid is all there is to go by. */
export function isSameProcess(pid: number, startTime: string | null): boolean {
  if (bootId() !== null) return startTime !== null && startTimeOf(pid) === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return false;
    if (errnoOf(error) === "EPERM") return true;
    throw error;
  }
}

/** Differs after every boot; null where the platform does not say. */
export function bootId(): string | null {
  return readProc("/proc/sys/kernel/random/boot_id")?.trim() ?? null;
}

/** Pids of living processes whose environment holds `marker` as a whole entry. */
export function processesWithMarker(marker: string): number[] {
  return processIds().filter(
    (pid) => pid !== process.pid && hasEntry(readEnvironment(pid), marker) && startTimeOf(pid) !== null,
  );
}

/** Pids of all living descendants of `root`, nearest first. */
export function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of processIds()) {
    const parent = parentOf(pid);
    if (parent === null) continue;
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [pid]);
    else list.push(pid);
  }
  const found: number[] = [];
  const queue = [...(children.get(root) ?? [])];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    found.push(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** Whether a process group has a member that is not a zombie; zombies answer signals, but there is nothing to end. */
export function groupLives(group: number): boolean {
  return processIds().some((pid) => {
    const fields = statFields(pid);
    return fields !== null && fields[0] !== "Z" && Number(fields[2]) === group;
  });
}

function parentOf(pid: number): number | null {
  const fields = statFields(pid);
  return fields === null ? null : Number(fields[1]);
}

/** Fields of /proc/PID/stat from the third on (state, ppid, pgrp, …, starttime at 19); null when the process is gone. */
function statFields(pid: number): string[] | null {
  const stat = readProc(`/proc/${pid}/stat`);
  // The command name may hold spaces and parentheses; fields are counted from behind it, proc(5).
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Entries are separated by NUL; null for processes that are gone or not ours. */
function readEnvironment(pid: number): Buffer | null {
  return readProcBytes(`/proc/${pid}/environ`);
}

/** Most processes have nothing like the entry: only those that do are looked at closely. */
function hasEntry(environment: Buffer | null, entry: string): boolean {
  if (environment === null || !environment.includes(entry)) return false;
  return `\0${environment.toString("latin1")}\0`.includes(`\0${entry}\0`);
}

function readProc(file: string): string | null {
  return readProcBytes(file)?.toString() ?? null;
}

/** Re-used: a sweep reads a file of every process there is. */
const scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * Null for a process that is gone (ENOENT, ESRCH) or not ours to read (EACCES, EPERM). Valid until the next call. Without
 * asking for the size first, as `readFileSync` does: files in /proc have none.
 */
function readProcBytes(file: string): Buffer | null {
  try {
    const handle = openSync(file, "r");
    try {
      return readToEnd(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(errnoOf(error) ?? "")) return null;
    throw error;
  }
}

function readToEnd(handle: number): Buffer {
  const full: Buffer[] = [];
  let length = 0;
  for (;;) {
    const read = readSync(handle, scratch, length, scratch.length - length, null);
    length += read;
    if (read === 0) break;
    if (length < scratch.length) continue;
    full.push(Buffer.from(scratch));
    length = 0;
  }
  const last = scratch.subarray(0, length);
  return full.length === 0 ? last : Buffer.concat([...full, last]);
}
