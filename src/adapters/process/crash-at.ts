import { existsSync, writeFileSync } from "node:fs";
import type { CrashPoint } from "../../engine/crash-point.ts";
import { errnoOf } from "../../std/operational-error.ts";

/**
 * For test builds: has this process die at the crash point that its environment names, at the n-th time it is reached, as
 * by `kill -9`. Of all processes with this environment one dies, once: the one that makes the file `NIGHTCREW_CRASH_MARK`.
 */
export function crashAt(env: NodeJS.ProcessEnv): ((name: CrashPoint) => void) | undefined {
  const { NIGHTCREW_CRASH_AT: at, NIGHTCREW_CRASH_MARK: mark } = env;
  if (at === undefined || mark === undefined) return undefined;
  const [wanted, times = "1"] = at.split(":");
  let left = Number(times);
  return (name) => {
    if (name !== wanted || --left !== 0 || !makeMark(mark)) return;
    process.kill(process.pid, "SIGKILL");
    // The signal is there at the latest when a system call returns.
    for (;;) existsSync(mark);
  };
}

function makeMark(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid}`, { flag: "wx" });
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}
