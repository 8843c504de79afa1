import type { DriverJob } from "../driver.ts";
import { isSessionId } from "./said.ts";

/** A flag with its value, joined, so that no value is taken for a flag; nothing where there is no value. */
export function option(flag: string, value: string | number | null): readonly string[] {
  return value === null ? [] : [`${flag}=${value}`];
}

/** As two arguments, for programs that do not know the joined form. */
export function spaced(flag: string, value: string | number | null): readonly string[] {
  return value === null ? [] : [flag, String(value)];
}

/** The session to go on with; null also for a text that is none: agents tell them, and they become arguments. */
export function resumed(job: DriverJob): string | null {
  return job.resume !== null && isSessionId(job.resume) ? job.resume : null;
}

/** The first thing in a program's output that looks like a version. */
export function firstVersion(output: string): string | null {
  return /\b\d+\.\d+\.\d+(?:[-+.][\w.-]+)?/.exec(output.slice(0, 4_000))?.[0] ?? null;
}

/** A path below the attempt's own folder. */
export function inScratch(job: DriverJob, name: string): string {
  return `${job.scratch}/${name}`;
}

/** The first of these variables that is set; its name, never its value, may be written to a file or an argument. */
export function keyName(job: DriverJob, names: readonly [string, ...string[]]): string {
  return names.find((name) => (job.environment[name] ?? "") !== "") ?? names[0];
}

/** Asked of an agent that takes a prompt neither by file nor by stdin: an argument has at most 128 KiB. */
export function promptPointer(job: DriverJob): string {
  return `Your task is in the file ${job.promptFile}. Read all of it, then do what it asks, in the current folder.`;
}
