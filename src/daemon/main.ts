import { closeSync, existsSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { findHome, type Home } from "../api/home.ts";
import { errorBody } from "../api/http.ts";
import { lockTimeoutMs } from "../api/lock-timeout.ts";
import { errnoOf, messageOf, OperationalError } from "../std/operational-error.ts";
import { crashAt } from "../adapters/process/crash-at.ts";
import { armCrashPoints, crashPoint } from "../engine/crash-point.ts";
import { isNoRoom } from "../adapters/files/no-room.ts";
import { FencedError } from "../adapters/store/fenced-error.ts";
import { Beat } from "./beat.ts";
import { DaemonLog, describe } from "./daemon-log.ts";
import { HomeInUse, livingOwner, type Ownership } from "./owner-lock.ts";
import type { Daemon } from "./start.ts";
import { homeUnwritable } from "./home-unwritable.ts";
import { endOwner, patience, takeHome } from "./take-over.ts";
import { parseTcpPlace } from "./tcp-place.ts";

/** Everything is let go within it, or the process just ends. */
const stopMs = 3_000;

/** The daemon's process. With `--tell`, file descriptor 3 is told in one line of JSON what came of starting it. */
export async function main(argv: readonly string[], version: string): Promise<void> {
  armCrashPoints(() => crashAt(process.env));
  const { values } = parseArgs({
    args: [...argv],
    options: {
      tell: { type: "boolean" },
      stop: { type: "boolean" },
      owner: { type: "boolean" },
      listen: { type: "string" },
    },
  });
  const tell = values.tell === true ? tellStarter : (): void => undefined;
  try {
    await begin(findHome(process.env));
  } catch (error) {
    const known = isNoRoom(error) ? homeUnwritable(findHome(process.env), error) : error;
    if (!(known instanceof OperationalError)) throw known;
    // Another one was faster, and answers: that is as good.
    if (known instanceof HomeInUse && values.tell === true) return tell({ running: known.owner.pid });
    tell({ error: errorBody(known) });
    process.stderr.write(`error: ${known.message}\n`);
    process.exit(known.exitCode);
  }

  async function begin(home: Home): Promise<void> {
    if (values.stop === true) tell({ stopped: await endOwner(home) });
    else if (values.owner === true) tell({ owner: (await livingOwner(home.folder))?.pid ?? null });
    else {
      const listen = values.listen === undefined ? null : parseTcpPlace(values.listen);
      const log = new DaemonLog(home.log);
      const ownership = await takeHome(home, patience(lockTimeoutMs(process.env)), (line) => log.line(line));
      crashPoint("daemon/locked");
      const beat = new Beat();
      const running = new Running({ home, ownership, log, beat });
      // Loaded once the home is ours: of many that start at once, all but one leave before it.
      const { startDaemon } = await import("./start.ts");
      const daemon = await startDaemon({
        home,
        ownership,
        version,
        log,
        beat,
        // All bundles lie in one folder.
        dist: __dirname,
        listen,
        forCommand: values.tell === true,
        onBug: (error) => running.failed(error),
      });
      running.started(daemon);
      tell({ ready: daemon.health });
    }
  }
}

function tellStarter(message: object): void {
  try {
    writeSync(3, `${JSON.stringify(message)}\n`);
  } catch (error) {
    // Whoever started this is gone; others will come.
    if (errnoOf(error) !== "EPIPE") throw error;
  }
  closeSync(3);
}

interface RunningParts {
  readonly home: Home;
  readonly ownership: Ownership;
  readonly log: DaemonLog;
  readonly beat: Beat;
}

/** The process's life behind its start: signals, the loss of its home, bugs. */
class Running {
  private readonly parts: RunningParts;
  private daemon: Daemon | null = null;
  private stopping = false;

  constructor(parts: RunningParts) {
    this.parts = parts;
    process.chdir(parts.home.folder);
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => void this.stop(name));
    // A terminal that is closed is none of its business.
    process.on("SIGHUP", () => undefined);
    process.on("uncaughtException", (error) => this.failed(error));
    process.on("unhandledRejection", (error) => this.failed(error));
  }

  started(daemon: Daemon): void {
    const { log, ownership } = this.parts;
    this.daemon = daemon;
    const { pid, generation, daemonVersion, listening } = daemon.health;
    log.line(
      `started: nightcrew ${daemonVersion}, process ${pid}, generation ${generation}${listening === null ? "" : `, on ${listening}`}`,
    );
    this.parts.beat.on(() => {
      if (ownership.holds()) return;
      // Where the home is gone nothing may be written any more, not even that.
      if (existsSync(this.parts.home.folder)) log.line(`process ${pid} ends: generation ${generation} was replaced`);
      process.exit(0);
    });
  }

  failed(error: unknown): void {
    if (this.stopping) return;
    if (error instanceof FencedError) {
      this.parts.log.line(`process ${process.pid} ends: ${error.message}`);
      process.exit(0);
    }
    if (isNoRoom(error)) {
      const { message, exitCode } = homeUnwritable(this.parts.home, error);
      this.parts.log.line(`ending: ${message}: ${messageOf(error)}`);
      process.exit(exitCode);
    }
    this.parts.log.line(`bug, ending: ${describe(error)}`);
    process.exit(70);
  }

  private async stop(why: string): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    const over = (more: string): void => {
      this.parts.log.line(`stopped: ${why}${more}`);
      process.exit(0);
    };
    setTimeout(over, stopMs, `, not all was closed within ${stopMs / 1_000} s`);
    await (this.daemon?.stop() ?? this.parts.ownership.giveUp());
    over("");
  }
}
