import { spawn, type ChildProcessByStdio } from "node:child_process";
import { readIfThere } from "../files/read-if-there.ts";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { isEnd, type ControlCommand, type Handoff, type JournalBody, type RunnerCommand } from "../../domain/job.ts";
import { LineSplitter, parseJsonObject } from "../../std/json-lines.ts";
import { messageOf } from "../../std/operational-error.ts";
import { namesIfThere } from "../files/names-if-there.ts";
import { endLeftovers, signal } from "../process/end-processes.ts";
import { removeGroupsOf } from "../process/freezer.ts";
import { isAlive, type Identity } from "../process/identity.ts";
import { bootId, startTimeOf } from "../process/process-table.ts";
import { removeControlGroups } from "../sandbox/control-group.ts";
import { claim, readClaim } from "./claim.ts";
import { sendControl } from "./control-client.ts";
import { JournalReader } from "./journal-reader.ts";

export type JobEnd = JournalBody | { readonly type: "lost"; readonly detail: string } | { readonly type: "stopped" };

/** What is wanted of a job by now, also before a runner has it. */
export interface Wish {
  stopped: boolean;
  frozen: boolean;
}

const adoptedPollMs = 250;
/** Idle runners kept for the next job. */
const maxIdle = 16;

interface Following {
  readonly reader: JournalReader;
  readonly onEntry: (body: JournalBody) => void;
  readonly resolve: (end: JobEnd) => void;
  /** Reads are one after another, so that entries come in order. */
  reading: Promise<void>;
}

interface Runner {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  folder: string | null;
}

/**
 * Runner processes on this machine, kept warm and re-used. A runner belongs to nobody: it goes on when this process is
 * gone, and is found again by the claim in the job's folder.
 */
export class RunnerPool {
  private readonly file: string;
  private readonly idle: Runner[] = [];
  private readonly all = new Set<Runner>();
  private readonly following = new Map<string, Following>();

  /** `file` is the bundled runner. */
  constructor(file: string) {
    this.file = file;
  }

  /** Starts runners ahead of need. */
  warm(count: number): void {
    while (this.all.size < count) this.idle.push(this.spawn());
  }

  /** Does the job, or follows it where it was begun before; resolves at its end. */
  async run(handoff: Omit<Handoff, "frozen">, wish: Wish, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    const { folder, control } = handoff;
    const claimed = await readClaim(folder);
    if (claimed !== null) return this.adopt(folder, claimed, onEntry);
    if (wish.stopped) {
      // Taken, so that a runner which a daemon that is gone had told finds it taken; where that one was faster, it is told.
      if (claim(folder)) return { type: "stopped" };
      await this.control(folder, control, { type: "stop" });
      return (await this.follow(folder, onEntry)) ?? { type: "stopped" };
    }
    const runner = this.idle.pop() ?? this.spawn();
    runner.folder = handoff.folder;
    const end = this.listen(handoff.folder, onEntry);
    send(runner, { type: "start", ...handoff, frozen: wish.frozen });
    return end;
  }

  /** Follows a job that somebody has claimed, to its end; null where nobody has. */
  async follow(folder: string, onEntry: (body: JournalBody) => void): Promise<JobEnd | null> {
    const claimed = await readClaim(folder);
    return claimed === null ? null : this.adopt(folder, claimed, onEntry);
  }

  /**
   * Tells the job in this folder, whoever runs it. False where its runner lives and did not answer: one that is to stop is
   * then ended in an orderly way, anything else has to be asked again.
   */
  async control(folder: string, socket: string, command: ControlCommand): Promise<boolean> {
    for (const runner of this.all) {
      if (runner.folder !== folder) continue;
      send(runner, { type: "control", folder, command });
      return true;
    }
    const claimed = await readClaim(folder);
    if (claimed === null || !isAlive(claimed) || (await sendControl(socket, command)) || !isAlive(claimed)) return true;
    if (command.type === "stop") signal(claimed.pid, "SIGTERM");
    return command.type === "stop";
  }

  /** Lets go: idle runners leave, busy ones finish what they have and leave. */
  close(): void {
    for (const runner of this.all) {
      runner.child.stdin.end();
      (runner.child.stdout as Socket).unref();
      runner.child.unref();
    }
  }

  private spawn(): Runner {
    const child = spawn(process.execPath, [this.file], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
    const runner: Runner = { child, folder: null };
    this.all.add(runner);
    const lines = new LineSplitter((line) => this.heard(runner, line));
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => lines.push(chunk));
    // A runner that has left cannot be written to; its exit says so.
    child.stdin.on("error", () => undefined);
    child.once("error", (error) => this.gone(runner, error.message));
    child.once("close", (code, name) => this.gone(runner, `it ended with ${name ?? `exit code ${code}`}`));
    return runner;
  }

  private heard(runner: Runner, line: string): void {
    const message = parseJsonObject(line);
    const folder = message?.["folder"];
    if (typeof folder !== "string") return;
    const following = this.following.get(folder);
    if (following === undefined) return;
    if (message?.["event"] === "refused") {
      // A runner of an earlier decider was faster: what it does is what counts.
      this.release(runner);
      this.afterReading(folder, following, async () => {
        const claimed = await readClaim(folder);
        if (claimed !== null) await this.watch(folder, claimed);
      });
      return;
    }
    this.afterReading(folder, following, async () => {
      if (await this.readOn(folder)) this.release(runner);
    });
  }

  /** True when the end was read. */
  private async readOn(folder: string): Promise<boolean> {
    const following = this.following.get(folder);
    if (following === undefined) return false;
    for (const { body } of await following.reader.read()) {
      if (isEnd(body)) {
        this.finish(folder, body);
        return true;
      }
      following.onEntry(body);
    }
    return false;
  }

  private release(runner: Runner): void {
    runner.folder = null;
    // It may have ended just behind its job, before that was read: nobody would ever answer the next one.
    if (!this.all.has(runner)) return;
    if (this.idle.length < maxIdle) this.idle.push(runner);
    else runner.child.stdin.end();
  }

  private gone(runner: Runner, detail: string): void {
    if (!this.all.delete(runner)) return;
    const place = this.idle.indexOf(runner);
    if (place !== -1) this.idle.splice(place, 1);
    const { folder } = runner;
    const following = folder === null ? undefined : this.following.get(folder);
    if (folder === null || following === undefined) return;
    this.afterReading(folder, following, async () => {
      if (!(await this.readOn(folder))) await this.lost(folder, detail);
    });
  }

  private afterReading(folder: string, following: Following, step: () => Promise<void>): void {
    following.reading = following.reading
      .then(step)
      .catch((error: unknown) => this.finish(folder, { type: "lost", detail: `its journal: ${messageOf(error)}` }));
  }

  /** The agent must not outlive its runner: what carries the job's marker is ended before the loss is told. */
  private async lost(folder: string, detail: string): Promise<void> {
    const job = parseJsonObject((await readIfThere(join(folder, "job.json"))) ?? "");
    const id = job?.["id"];
    if (typeof id === "string") {
      const leader = await leaderOf(folder);
      await endLeftovers({ leader, marker: `NIGHTCREW_MARKER=${id}` });
    }
    this.finish(folder, { type: "lost", detail });
    await removeGroups(folder);
  }

  private listen(folder: string, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    return new Promise((resolve) => {
      const reader = new JournalReader(join(folder, "journal.jsonl"));
      this.following.set(folder, { reader, onEntry, resolve, reading: Promise.resolve() });
    });
  }

  private finish(folder: string, end: JobEnd): void {
    const following = this.following.get(folder);
    this.following.delete(folder);
    following?.resolve(end);
  }

  /** A job claimed by a process that is not ours: its journal is all there is to go by. */
  private async adopt(folder: string, claimed: Identity, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    const end = this.listen(folder, onEntry);
    await this.watch(folder, claimed);
    return end;
  }

  private async watch(folder: string, claimed: Identity): Promise<void> {
    for (;;) {
      const alive = isAlive(claimed);
      if (await this.readOn(folder)) return;
      if (!alive) return this.lost(folder, "it was not running any more");
      await delay(adoptedPollMs);
    }
  }
}

/** Control groups that nobody is left in, and nobody else would ever remove. */
async function removeGroups(folder: string): Promise<void> {
  const claimed = await readClaim(folder);
  if (claimed !== null && claimed.pid > 0) await removeGroupsOf(claimed.pid);
  await removeControlGroups(await namesIfThere(join(folder, "sandbox")));
}

function send(runner: Runner, command: RunnerCommand): void {
  runner.child.stdin.write(`${JSON.stringify(command)}\n`);
}

/**
 * The process group of the agent a lost runner had started, where it can only be that one: its leader still is the process
 * that was started, or is gone; a group keeps its number from being given to anybody else.
 */
async function leaderOf(folder: string): Promise<number | null> {
  if ((await readClaim(folder))?.bootId !== bootId()) return null;
  const entries = await new JournalReader(join(folder, "journal.jsonl")).read();
  const working = entries.map(({ body }) => body).findLast((body) => body.type === "working");
  if (working?.type !== "working") return null;
  const now = startTimeOf(working.pid);
  return now === null || now === working.startTime ? working.pid : null;
}
