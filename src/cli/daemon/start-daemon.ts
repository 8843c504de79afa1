import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Home } from "../../api/home.ts";
import { errorOf } from "../../api/http.ts";
import { lockTimeoutMs, longestComputingMs } from "../../api/lock-timeout.ts";
import type { HealthView } from "../../api/views.ts";
import { homeUnusable } from "./home-unusable.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";

/** Besides the time that a daemon which holds the home is given to answer. */
const startMs = 30_000;

/** What the daemon's program tells once, on the pipe it was given. */
interface Told {
  readonly ready?: HealthView;
  /** Another daemon was there first, and answers; its pid. */
  readonly running?: number;
  /** Of `--stop`; null where none was there. */
  readonly stopped?: number | null;
  /** Of `--owner`; null where there is none. */
  readonly owner?: number | null;
  readonly error?: Readonly<Record<string, unknown>>;
}

/** Resolves when a daemon answers: the one that was started here, or the one that was faster. */
export async function startDaemon(home: Home, daemonFile: string, args: readonly string[] = []): Promise<Told> {
  const log = openLog(home);
  try {
    return await ask(home, [daemonFile, "--tell", ...args], log);
  } finally {
    closeSync(log);
  }
}

/** Ends the home's daemon; its pid, or null where there was none. */
export async function stopDaemon(home: Home, daemonFile: string): Promise<number | null> {
  return (await ask(home, [daemonFile, "--tell", "--stop"], "ignore")).stopped ?? null;
}

/** The living process that has the home, whether it answers or not. */
export async function findOwner(home: Home, daemonFile: string): Promise<number | null> {
  return (await ask(home, [daemonFile, "--tell", "--owner"], "ignore")).owner ?? null;
}

function openLog({ folder, log }: Home): number {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return openSync(log, "a", 0o600);
  } catch (error) {
    throw errnoOf(error) === null ? error : homeUnusable(folder, error);
  }
}

/** In a session of its own, without anything of this process's terminal and pipes but the one it tells by. */
async function ask(home: Home, argv: readonly string[], log: number | "ignore"): Promise<Told> {
  const waitMs = startMs + longestComputingMs + (lockTimeoutMs(process.env) ?? 0);
  const child = spawn(process.execPath, [...argv], {
    cwd: log === "ignore" ? "/" : home.folder,
    // Whole, for it was meant from this process's folder.
    env: { ...process.env, NIGHTCREW_HOME: home.folder },
    detached: true,
    stdio: ["ignore", log, log, "pipe"],
  });
  child.unref();
  const pipe = child.stdio[3] as Readable;
  const text = await told(pipe, waitMs);
  pipe.destroy();
  const answer = parseJsonObject(text ?? "") as Told | null;
  if (answer?.error !== undefined) throw errorOf(answer.error);
  if (answer !== null) return answer;
  throw new OperationalError({
    code: "daemon-not-started",
    what:
      text === null ? `The daemon was not ready within ${waitMs / 1_000} s` : "The daemon ended while it was starting",
    next: `look at its log: ${home.log}`,
    exitCode: 70,
  });
}

/** All that comes until the end; null where it does not end in time. */
function told(pipe: Readable, waitMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    const timer = setTimeout(() => resolve(null), waitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve(text);
    };
    pipe.setEncoding("utf8");
    pipe.on("data", (chunk: string) => (text += chunk));
    pipe.once("end", end);
    pipe.once("error", end);
  });
}
