import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { findHome, type Home } from "../../api/home.ts";
import { askHealth } from "../../api/socket-transport.ts";
import type { HealthView } from "../../api/views.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { printable } from "../../std/text.ts";
import type { Context, ExitCode, JsonOption } from "../context.ts";
import { findOwner, startDaemon, stopDaemon } from "../daemon/start-daemon.ts";
import { leaveOnInterrupt, leftCode } from "../leave.ts";

export { install } from "./daemon-install.ts";

const answerMs = 2_000;
const pauseMs = 300;
const readBytes = 64 * 1024;

interface StartOptions extends JsonOption {
  readonly listen?: string;
}

export async function start(context: Context, _args: readonly string[], options: StartOptions): Promise<ExitCode> {
  const home = findHome(process.env);
  const { daemonFile } = context.program;
  const there = await askHealth(home.socket, answerMs);
  const told = there === null ? await startDaemon(home, daemonFile, listenArgs(options.listen)) : null;
  const health = there ?? told?.ready ?? (await askHealth(home.socket, answerMs));
  if (options.listen !== undefined && told?.ready === undefined) throw runsAlready(health);
  if (options.json === true) context.output.line(JSON.stringify(statusOf(home, health, null)));
  else {
    const how = told?.ready === undefined ? "runs already" : "started";
    const where = health?.listening == null ? "" : `, on http://${health.listening} (token: ${home.folder}/token)`;
    context.output.line(`${how}: process ${health?.pid ?? "unknown"}${where}`);
  }
  return 0;
}

function listenArgs(listen: string | undefined): string[] {
  return listen === undefined ? [] : [`--listen=${listen}`];
}

function runsAlready(health: HealthView | null): OperationalError {
  return new OperationalError({
    code: "daemon-running",
    what: `The daemon runs already (process ${health?.pid ?? "unknown"}), and where it listens is decided at its start`,
    next: "nightcrew daemon stop, then start it again; what is running goes on meanwhile",
  });
}

export async function stop(
  { program, output }: Context,
  _args: readonly string[],
  options: JsonOption,
): Promise<ExitCode> {
  const pid = await stopDaemon(findHome(process.env), program.daemonFile);
  if (options.json === true) output.line(JSON.stringify({ version: 1, stopped: pid }));
  else output.line(pid === null ? "no daemon was running" : `stopped: process ${pid}; runners and agents go on`);
  return 0;
}

/** Starts nothing. */
export async function status(
  { program, output }: Context,
  _args: readonly string[],
  options: JsonOption,
): Promise<ExitCode> {
  const home = findHome(process.env);
  const health = await askHealth(home.socket, answerMs);
  const silent = health === null && existsSync(home.socket) ? await findOwner(home, program.daemonFile) : null;
  if (options.json === true) output.line(JSON.stringify(statusOf(home, health, silent)));
  else if (health !== null) {
    const { pid, daemonVersion, generation, startedAt, listening } = health;
    output.line(`running: process ${pid}, nightcrew ${daemonVersion}, generation ${generation}`);
    output.line(`since:   ${new Date(startedAt).toISOString().slice(0, 16).replace("T", " ")} UTC`);
    output.line(`socket:  ${home.socket}`);
    if (listening !== null) output.line(`on:      http://${listening}`);
  } else if (silent === null) output.line("not running; the next command starts it");
  else output.line(`process ${silent} has this home and does not answer; the next command replaces it`);
  return 0;
}

function statusOf(home: Home, health: HealthView | null, silent: number | null): object {
  return {
    version: 1,
    pid: health?.pid ?? silent,
    answers: health !== null,
    daemonVersion: health?.daemonVersion ?? null,
    generation: health?.generation ?? null,
    startedAt: health?.startedAt ?? null,
    listening: health?.listening ?? null,
    home: home.folder,
    socket: home.socket,
    log: home.log,
  };
}

interface LogsOptions {
  readonly follow?: boolean;
}

export async function logs(_context: Context, _args: readonly string[], options: LogsOptions): Promise<ExitCode> {
  const { log } = findHome(process.env);
  const leaving = leaveOnInterrupt();
  let offset = 0;
  while (!leaving.signal.aborted) {
    const { bytes, size } = await readFrom(log, offset);
    // It was emptied: an older part is in daemon.log.1.
    if (size < offset) offset = 0;
    offset += bytes.length;
    process.stdout.write(printable(bytes.toString()));
    if (bytes.length > 0) continue;
    if (options.follow !== true) return 0;
    await Promise.race([delay(pauseMs), leaving.left]);
  }
  return leftCode;
}

async function readFrom(file: string, offset: number): Promise<{ readonly bytes: Buffer; readonly size: number }> {
  const handle = await open(file, "r").catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return null;
    throw error;
  });
  if (handle === null) return { bytes: Buffer.alloc(0), size: 0 };
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(readBytes), 0, readBytes, offset);
    return { bytes: buffer.subarray(0, bytesRead), size: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}
