import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { TimeLimit } from "../../domain/failure.ts";
import type { AgentLimits } from "../../domain/agent.ts";
import type { Ending } from "../../domain/judge-attempt.ts";
import { freezeAll, thawAll } from "./freeze.ts";
import { Freezer } from "./freezer.ts";
import { dyingWithParent } from "./die-with-parent.ts";
import { findProgram } from "./find-program.ts";
import { endAll, endLeftovers, type Owned } from "./end-processes.ts";

export interface SuperviseOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** `NAME=value` that is in `env` and in nobody else's. */
  readonly marker: string;
  readonly limits: TimeLimits;
  /** Written to its stdin; null: nothing. */
  readonly stdin: string | null;
  /** Its stdin stays open behind that, for `send`. */
  readonly converses: boolean;
  readonly onOutput: (chunk: Buffer, stream: "stdout" | "stderr") => void;
  readonly onStarted: (pid: number) => void;
}

export type TimeLimits = Pick<AgentLimits, "firstOutputMs" | "silenceMs" | "totalMs">;

export interface Supervised {
  /** Resolves when the command and everything it started are gone. Never rejects. */
  readonly ended: Promise<Ending>;
  stop(): void;
  /** As `stop`, for another reason. The first reason counts. */
  end(why: Ending): void;
  /** A line to its stdin; false where nobody reads it. */
  send(line: string): boolean;
  /** Closes its stdin: what it was told already it can still read. */
  endInput(): void;
  /** Stops everything it owns, and its time limits, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Milliseconds since it was last thawed; null where it was never frozen. */
  sinceThawMs(): number | null;
}

/** Pipes that a process nobody could end still holds are given up after this. */
const pipeGraceMs = 1_000;

/**
 * Runs a command nobody looks after: in a session and process group of its own, without a terminal, stdin closed, within
 * time limits; and leaves nothing of it running, whatever session it moved to.
 */
export function supervise(argv: readonly string[], options: SuperviseOptions): Supervised {
  if (findProgram(argv[0] ?? "", options.env["PATH"] ?? "", options.cwd) === null) return notStarted(argv[0] ?? "");
  const [command = "", ...args] = dyingWithParent(argv);
  // `detached` makes setsid(2): no controlling terminal, so not even /dev/tty can be asked.
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: [options.stdin === null && !options.converses ? "ignore" : "pipe", "pipe", "pipe"],
  });
  feed(child, options);
  const watch = new LimitWatch(options.limits, (limit) => interrupt({ kind: "limit", ...limit }));
  let interrupted: Ending | null = null;
  const over = new Promise<Ending>((resolve) => {
    child.once("error", (error) => resolve({ kind: "not-started", detail: error.message }));
    child.once("exit", (code, signal) =>
      resolve(code === null ? { kind: "signal", signal: signal ?? "unknown" } : { kind: "code", code }),
    );
  });
  const freezer = new Freezer();
  const owned = (): Owned => ({ leader: child.pid ?? null, marker: options.marker });
  let ending: Promise<unknown> = Promise.resolve();
  function interrupt(why: Ending): void {
    if (interrupted !== null || child.pid === undefined) return;
    interrupted = why;
    ending = endAll(owned(), freezer, over);
  }
  takeOutput(child, (chunk, stream) => {
    watch.sawOutput();
    options.onOutput(chunk, stream);
  });
  if (child.pid !== undefined) options.onStarted(child.pid);
  let thawedAt: number | null = null;
  let gone = false;
  return {
    ended: finish(),
    stop() {
      if (!gone) interrupt({ kind: "stopped" });
    },
    end(why) {
      if (!gone) interrupt(why);
    },
    send: (line) => options.converses && !gone && child.stdin?.writable === true && child.stdin.write(`${line}\n`),
    endInput: () => void child.stdin?.end(),
    freeze() {
      if (gone || interrupted !== null || child.pid === undefined) return;
      watch.pause();
      freezeAll(owned(), freezer);
    },
    thaw() {
      if (gone || interrupted !== null || child.pid === undefined) return;
      thawAll(owned(), freezer);
      watch.goOn();
      thawedAt = performance.now();
    },
    sinceThawMs: () => (thawedAt === null ? null : Math.round(performance.now() - thawedAt)),
  };

  async function finish(): Promise<Ending> {
    const own = await over;
    gone = true;
    watch.end();
    if (own.kind === "not-started") return own;
    await ending;
    await endLeftovers(owned());
    await freezer.close();
    await drained(child);
    return interrupted ?? own;
  }
}

/** What cannot be found is told before anything is started: behind the helper it would be an exit code like any other. */
function notStarted(program: string): Supervised {
  const nothing = (): void => undefined;
  const ended = Promise.resolve<Ending>({ kind: "not-started", detail: `no such program: ${program}` });
  return {
    ended,
    stop: nothing,
    end: nothing,
    send: () => false,
    endInput: nothing,
    freeze: nothing,
    thaw: nothing,
    sinceThawMs: () => null,
  };
}

/** An agent that does not read what it is told breaks the pipe: that is its own affair. */
function feed({ stdin }: ChildProcess, options: Pick<SuperviseOptions, "stdin" | "converses">): void {
  if (stdin === null) return;
  stdin.on("error", () => undefined);
  if (options.stdin !== null) stdin.write(options.stdin);
  if (!options.converses) stdin.end();
}

/** So much of a turn of the event loop goes to output at most, and to what of it comes in one read. */
const turnMs = 8;

/**
 * Hands on what both streams bring, and lets everything else have its turn in between: of a pipe that is never empty the
 * loop itself would read megabytes before it looks at anything else. An agent that is faster waits for its pipe meanwhile.
 */
function takeOutput(
  { stdout, stderr }: ChildProcess,
  onOutput: (chunk: Buffer, stream: "stdout" | "stderr") => void,
): void {
  let spentMs = 0;
  const rest = (): void => {
    for (const stream of [stdout, stderr]) stream?.pause();
    setImmediate(() => {
      spentMs = 0;
      for (const stream of [stdout, stderr]) stream?.resume();
    });
  };
  for (const [stream, name] of [
    [stdout, "stdout"],
    [stderr, "stderr"],
  ] as const) {
    stream?.on("data", (chunk: Buffer) => {
      const startedAt = performance.now();
      onOutput(chunk, name);
      spentMs += performance.now() - startedAt;
      if (spentMs >= turnMs) rest();
    });
  }
}

/** Resolves when the pipes are closed: nobody is left to write, so that is at once but for what withstood SIGKILL. */
async function drained(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((pipe): pipe is Readable => pipe !== null && !pipe.closed);
  if (open.length === 0) return;
  const closed = Promise.all(open.map((pipe) => new Promise((resolve) => pipe.once("close", resolve))));
  const giveUp = new AbortController();
  await Promise.race([closed, delay(pipeGraceMs, undefined, { signal: giveUp.signal }).catch(() => undefined)]);
  giveUp.abort();
  for (const pipe of open) pipe.destroy();
}

/** One timer for three limits, set for the nearest deadline; output only moves a time stamp. */
class LimitWatch {
  private readonly limits: TimeLimits;
  private readonly onLimit: (limit: { limit: TimeLimit; limitMs: number }) => void;
  private startedAt = performance.now();
  private lastOutputAt: number | null = null;
  private pausedAt: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(limits: TimeLimits, onLimit: (limit: { limit: TimeLimit; limitMs: number }) => void) {
    this.limits = limits;
    this.onLimit = onLimit;
    this.arm();
  }

  sawOutput(): void {
    const first = this.lastOutputAt === null;
    this.lastOutputAt = performance.now();
    // The limit that counts from now on may be the nearer one.
    if (first && this.timer !== null) {
      clearTimeout(this.timer);
      this.arm();
    }
  }

  /** Time that passes until `goOn` counts for nothing. */
  pause(): void {
    if (this.pausedAt !== null) return;
    this.end();
    this.pausedAt = performance.now();
  }

  goOn(): void {
    if (this.pausedAt === null) return;
    const pausedMs = performance.now() - this.pausedAt;
    this.startedAt += pausedMs;
    if (this.lastOutputAt !== null) this.lastOutputAt = Math.min(this.lastOutputAt + pausedMs, performance.now());
    this.pausedAt = null;
    this.arm();
  }

  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private arm(): void {
    const next = this.deadlines().reduce((first, candidate) => (candidate.at < first.at ? candidate : first));
    const leftMs = next.at - performance.now();
    // setTimeout holds at most 2^31-1 ms; longer limits are looked at again by then.
    if (leftMs > 0) this.timer = setTimeout(() => this.arm(), Math.min(leftMs, 2 ** 31 - 1));
    else this.onLimit({ limit: next.limit, limitMs: next.limitMs });
  }

  private deadlines(): { at: number; limit: TimeLimit; limitMs: number }[] {
    const { firstOutputMs, silenceMs, totalMs } = this.limits;
    const total = { at: this.startedAt + totalMs, limit: "total" as const, limitMs: totalMs };
    if (this.lastOutputAt === null) {
      return [total, { at: this.startedAt + firstOutputMs, limit: "first-output", limitMs: firstOutputMs }];
    }
    return [total, { at: this.lastOutputAt + silenceMs, limit: "silence", limitMs: silenceMs }];
  }
}
