import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf } from "../../std/operational-error.ts";
import { within } from "../within.ts";

export interface CommandResult {
  readonly output: string;
  /** Null where a signal or the time limit ended it. */
  readonly exitCode: number | null;
  readonly truncated: boolean;
}

/** Runs commands of the agent, and knows every process group it started. */
export interface Shell {
  run(command: string, signal: AbortSignal): Promise<CommandResult>;
  /** Ends what commands left running: nothing of it may outlive the agent. */
  end(): Promise<void>;
}

/** Of what a command prints, its beginning and its end are kept, in characters. */
const maxHead = 40_000;
const maxTail = 40_000;
const timeoutMs = 600_000;
/** What was printed last may come a moment after the end; what runs on in the background holds the pipes for longer. */
const pipeGraceMs = 200;

export function makeShell(cwd: string, env: NodeJS.ProcessEnv): Shell {
  const groups = new Set<number>();
  return {
    async run(command, signal) {
      const child = spawn("/bin/sh", ["-c", command], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
      const { pid } = child;
      if (pid !== undefined) groups.add(pid);
      const output = keepEnds();
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (chunk: string) => output.add(chunk));
      const ended = new Promise<number | null>((resolve) => {
        child.once("error", (error) => {
          output.add(error.message);
          resolve(null);
        });
        child.once("exit", resolve);
      });
      const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const onLimit = () => {
        output.add(signal.aborted ? "\n(cancelled)\n" : `\n(ended after ${timeoutMs / 60_000} minutes)\n`);
        if (pid !== undefined) signalGroup(pid, "SIGKILL");
      };
      limit.addEventListener("abort", onLimit, { once: true });
      if (limit.aborted) onLimit();
      const exitCode = await ended;
      limit.removeEventListener("abort", onLimit);
      await within(closed, pipeGraceMs, null);
      // One more look at them: whoever had no time himself meanwhile has not read what was there all along.
      await new Promise((resolve) => setImmediate(resolve));
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
      return { ...output.kept(), exitCode };
    },
    async end() {
      const left = [...groups].filter((group) => signalGroup(group, "SIGTERM"));
      if (left.length === 0) return;
      await delay(pipeGraceMs);
      for (const group of left) signalGroup(group, "SIGKILL");
    },
  };
}

/** Whether the group still had a process. */
function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return false;
    throw error;
  }
}

function keepEnds() {
  let head = "";
  let tail = "";
  let dropped = false;
  return {
    add(chunk: string) {
      const room = maxHead - head.length;
      head += chunk.slice(0, Math.max(0, room));
      if (chunk.length <= room) return;
      tail += chunk.slice(Math.max(0, room));
      dropped ||= tail.length > maxTail;
      tail = tail.slice(-maxTail);
    },
    kept: () => ({ output: dropped ? `${head}\n(…)\n${tail}` : head + tail, truncated: dropped }),
  };
}
