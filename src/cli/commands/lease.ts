import { spawn } from "node:child_process";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../../api/client.ts";
import { lockTimeoutMs } from "../../api/lock-timeout.ts";
import { leaseBeatMs, leaseName, leaseNameText, leasesEnvironment } from "../../domain/lease.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { duration, singleLine } from "../../std/text.ts";
import { clientOf, type Context } from "../context.ts";

interface LeaseOptions {
  readonly wait?: number;
}

interface Held {
  readonly client: Client;
  readonly subject: { readonly cwd: string; readonly name: string; readonly pid: number };
  readonly token: number;
}

const defaultWaitMs = 60_000;
const pollMs = 250;

/** Runs a command while nobody else has the lease; ends as it ends. */
export async function lease(context: Context, words: readonly string[], { wait }: LeaseOptions): Promise<number> {
  const [name = "", ...command] = words;
  if (!leaseName.test(name)) throw badName(name);
  if (command.length === 0) throw withoutCommand(name);
  const waitMs = wait === undefined ? (lockTimeoutMs(process.env) ?? defaultWaitMs) : wait * 1_000;
  const held = await take(context, { name, command, waitMs });
  const renewing = setInterval(() => void renew(held), leaseBeatMs).unref();
  try {
    const env = { ...process.env, ...leasesEnvironment([{ name, token: held.token }]) };
    const code = await runCommand(command, env, (also) => void renew(held, also));
    const { held: still } = await held.client.call("leaseRelease", { ...held.subject, token: held.token });
    if (still) return code;
    context.output.note(
      `the lease ${name} was taken over by somebody else meanwhile: what was done under it may be torn`,
    );
    return code === 0 ? 1 : code;
  } finally {
    clearInterval(renewing);
  }
}

interface Wanted {
  readonly name: string;
  readonly command: readonly string[];
  readonly waitMs: number;
}

async function take(context: Context, { name, command, waitMs }: Wanted): Promise<Held> {
  const client = clientOf(context);
  const subject = { cwd: context.cwd, name, pid: process.pid };
  const what = singleLine(command.join(" "), 200);
  const until = performance.now() + waitMs;
  let told = false;
  for (;;) {
    const { token, by } = await client.call("leaseTake", { ...subject, what });
    if (token !== null) return { client, subject, token };
    if (performance.now() >= until) throw isHeld(name, by ?? "somebody", waitMs);
    if (!told) context.output.note(`waiting for the lease ${name}: it is held by ${by ?? "somebody"}`);
    told = true;
    await delay(pollMs);
  }
}

/**
 * Whatever becomes of this process, it is held as long as the command, `also`, runs. Where no daemon answers now, one does the
 * next time; whether it is still held is asked at the end.
 */
async function renew({ client, subject, token }: Held, also?: number): Promise<void> {
  try {
    await client.call("leaseRenew", { ...subject, token, ...(also === undefined ? {} : { also }) });
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
  }
}

/** The exit code as a shell has it. Ctrl-C reaches the command by the terminal; a plain signal is handed on. */
function runCommand(
  [program = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  onStarted: (pid: number) => void,
): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env });
  if (child.pid !== undefined) onStarted(child.pid);
  const handOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => undefined;
  process.on("SIGTERM", handOn).on("SIGHUP", handOn).on("SIGINT", ignore);
  return new Promise<number>((resolve, reject) => {
    child.on("error", (error) => {
      const missing = errnoOf(error) === "ENOENT" || errnoOf(error) === "EACCES";
      reject(missing ? notStarted(program, error.message) : error);
    });
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }).finally(() => process.off("SIGTERM", handOn).off("SIGHUP", handOn).off("SIGINT", ignore));
}

function badName(name: string): OperationalError {
  return new OperationalError({
    code: "bad-lease",
    what: `Not a name of a lease: ${singleLine(name, 80)}`,
    why: leaseNameText,
    next: "nightcrew lease NAME -- COMMAND",
  });
}

function withoutCommand(name: string): OperationalError {
  return new OperationalError({
    code: "usage",
    what: "No command was given",
    why: "a lease is held as long as a command runs",
    next: `nightcrew lease ${name} -- COMMAND; who holds it: nightcrew locks`,
  });
}

function isHeld(name: string, by: string, waitMs: number): OperationalError {
  return new OperationalError({
    code: "lease-held",
    what: `The lease ${name} was not to be had within ${duration(waitMs)}`,
    why: `it is held by ${by}`,
    next: `nightcrew locks; to wait longer: nightcrew lease ${name} --wait SECONDS -- COMMAND`,
  });
}

function notStarted(program: string, why: string): OperationalError {
  return new OperationalError({
    code: "not-started",
    what: `The command could not be started: ${program}`,
    why,
    next: "check its name and PATH",
  });
}
