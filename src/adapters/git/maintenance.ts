import { spawn, type ChildProcess } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import { namesIfThere } from "../files/names-if-there.ts";
import { runCommand } from "../process/run-command.ts";
import { errnoOf, messageOf } from "../../std/operational-error.ts";
import { gitEnvironment } from "./git.ts";

/** A repository that takes longer is left for another time. */
const limitMs = 30 * 60_000;
const maxWaiting = 100;
/** Agents and landings go before it. */
const niceness = 10;

/**
 * `whole`: all that git itself does after its own commands, where its settings say that it is time; it may prune, so not
 * while work goes on. `beside-work`: objects and refs are packed, and a graph of the commits is kept for finding what
 * branches have in common, also while others read and write; nothing that is reached from nowhere is removed.
 */
export type Care = "whole" | "beside-work";

/** Where only whole packs are added, so many are brought together, under an index over all of them. */
const manyPacks = 20;

/**
 * Every git that begins looks through all packs for an object that is in none of them. Each pack has at least twice as many
 * objects as the next smaller one: few are left however much lands, and large ones are seldom written anew. What git
 * does by itself from 2.54 on (git-maintenance(1), `geometric`).
 */
const geometricRepack = ["repack", "--quiet", "-d", "--geometric=2", "--no-write-bitmap-index"];

/**
 * git's own maintenance, as far as the repository's settings (gc.auto, maintenance.auto, …) want it: our commands have it
 * switched off, so that it is never in the way of a landing. One repository after another.
 */
export class Maintenance {
  private readonly onProblem: (repository: string, problem: string) => void;
  private readonly waiting = new Map<string, Care>();
  private child: ChildProcess | null = null;
  private working: Promise<void> | null = null;
  private closed = false;

  constructor(onProblem: (repository: string, problem: string) => void) {
    this.onProblem = onProblem;
  }

  /** Must not throw. Asked for again while it waits, it is done once, as whole as anybody wants it. */
  ask(repository: string, care: Care): void {
    if (this.closed || this.waiting.size >= maxWaiting) return;
    if (this.waiting.get(repository) !== "whole") this.waiting.set(repository, care);
    this.working ??= this.work();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.working;
  }

  /** Ends what goes on: git leaves the repository whole. */
  close(): void {
    this.closed = true;
    this.waiting.clear();
    this.child?.kill("SIGTERM");
  }

  private async work(): Promise<void> {
    for (let next = this.take(); next !== null; next = this.take()) {
      const [repository, care] = next;
      const problem = await this.maintain(repository, care).catch(messageOf);
      if (problem !== null && !this.closed) this.onProblem(repository, problem);
    }
    this.working = null;
  }

  private take(): [string, Care] | null {
    const [next] = this.waiting;
    if (next === undefined || this.closed) return null;
    this.waiting.delete(next[0]);
    return next;
  }

  /** What went wrong, or null. */
  private async maintain(repository: string, care: Care): Promise<string | null> {
    if (!(await isWanted(repository))) return null;
    const commands = care === "whole" ? [maintenanceRun("--auto")] : await besideWork(repository);
    const problems: string[] = [];
    // What keeps one from being done is no reason to leave the others.
    for (const command of commands) {
      const problem = this.closed ? null : await this.run(repository, care, command);
      if (problem !== null) problems.push(problem);
    }
    return problems.length === 0 ? null : problems.join("\n");
  }

  private run(repository: string, care: Care, command: readonly string[]): Promise<string | null> {
    // In the foreground, so that it is known when it ends. Hooks are left on: pre-auto-gc is how a person says "not now".
    const settings = ["gc.autoDetach=false", "maintenance.autoDetach=false", "core.fsmonitor=false"];
    if (care === "beside-work") settings.push("pack.threads=1");
    const args = [`--git-dir=${repository}`, ...settings.flatMap((setting) => ["-c", setting])];
    return new Promise((resolve) => {
      const child = spawn("git", [...args, ...command], {
        env: gitEnvironment(process.env),
        stdio: ["ignore", "ignore", "pipe"],
        timeout: limitMs,
        detached: true,
      });
      this.child = child;
      lower(child);
      let said = "";
      child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2_000)));
      const over = (problem: string | null): void => {
        this.child = null;
        resolve(problem);
      };
      child.once("error", (error) => over(error.message));
      child.once("close", (code, signal) => {
        over(code === 0 ? null : said.trim() || `it ended with ${signal ?? `exit code ${code}`}`);
      });
    });
  }
}

function maintenanceRun(...what: readonly string[]): string[] {
  return ["maintenance", "run", "--quiet", ...what];
}

async function besideWork(repository: string): Promise<string[][]> {
  const tasks = ["--task=pack-refs", "--task=commit-graph"];
  const packs = await namesIfThere(join(repository, "objects", "pack"));
  if (await mayRoll(repository, packs)) return [maintenanceRun(...tasks), geometricRepack];
  const repack =
    packs.filter((name) => name.endsWith(".pack")).length >= manyPacks ? ["--task=incremental-repack"] : [];
  return [maintenanceRun("--task=loose-objects", ...tasks, ...repack)];
}

/**
 * Whether packs may be brought together one by one. Up to 2.40 git takes those of other repositories for its own, up to 2.52
 * it mixes what a partial clone may leave out with what it may not; and an index over all packs is somebody's own order.
 */
async function mayRoll(repository: string, packs: readonly string[]): Promise<boolean> {
  if (packs.some((name) => name.startsWith("multi-pack-index") || name.endsWith(".promisor"))) return false;
  return !(await namesIfThere(join(repository, "objects", "info"))).includes("alternates");
}

/** `maintenance.auto=false` and `gc.auto=0` are how a person tells git to leave a repository as it is. */
async function isWanted(repository: string): Promise<boolean> {
  const [automatic, threshold] = await Promise.all([
    setting(repository, "bool", "maintenance.auto"),
    setting(repository, "int", "gc.auto"),
  ]);
  return automatic !== "false" && (threshold === null || Number(threshold) > 0);
}

/** Null where it is not set; git refuses values that are none, and so does this. */
async function setting(repository: string, type: "bool" | "int", name: string): Promise<string | null> {
  const args = [`--git-dir=${repository}`, "config", `--type=${type}`, "--get", name];
  const { code, stdout, stderr, trouble } = await runCommand("git", args, { env: gitEnvironment(process.env) });
  if (code === 0) return stdout.toString().trim();
  if (code === 1) return null;
  throw new Error(trouble ?? stderr.trim());
}

function lower({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch (error) {
    // It is over already, or may not be made less urgent: it is done all the same.
    if (errnoOf(error) === null) throw error;
  }
}
