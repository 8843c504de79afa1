import { spawn, type ChildProcess } from "node:child_process";
import { gitEnvironment } from "./git.ts";

/** A repository that takes longer is left for another time. */
const limitMs = 30 * 60_000;
const maxWaiting = 100;

/**
 * The maintenance git itself does after its own commands, where its settings (gc.auto, maintenance.auto, …) say that it is
 * time: our commands have it switched off, so that it is never in the way of a landing. One repository after another.
 */
export class Maintenance {
  private readonly onProblem: (repository: string, problem: string) => void;
  private readonly waiting = new Set<string>();
  private child: ChildProcess | null = null;
  private closed = false;

  constructor(onProblem: (repository: string, problem: string) => void) {
    this.onProblem = onProblem;
  }

  /** Must not throw. Asked for again while it waits, it is done once. */
  ask(repository: string): void {
    if (this.closed || this.waiting.size >= maxWaiting) return;
    this.waiting.add(repository);
    if (this.child === null) this.next();
  }

  /** Ends what goes on: git leaves the repository whole. */
  close(): void {
    this.closed = true;
    this.waiting.clear();
    this.child?.kill("SIGTERM");
  }

  private next(): void {
    const [repository] = this.waiting;
    if (repository === undefined || this.closed) return;
    this.waiting.delete(repository);
    // In the foreground, so that it is known when it ends. Hooks are left on: pre-auto-gc is how a person says "not now".
    const settings = ["gc.autoDetach=false", "maintenance.autoDetach=false", "core.fsmonitor=false"];
    const args = settings.flatMap((setting) => ["-c", setting]);
    const child = spawn("git", [`--git-dir=${repository}`, ...args, "maintenance", "run", "--auto", "--quiet"], {
      env: gitEnvironment(process.env),
      stdio: ["ignore", "ignore", "pipe"],
      timeout: limitMs,
      detached: true,
    });
    this.child = child;
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2_000)));
    child.once("error", (error) => this.over(repository, error.message));
    child.once("close", (code, signal) => {
      this.over(repository, code === 0 ? null : said.trim() || `it ended with ${signal ?? `exit code ${code}`}`);
    });
  }

  private over(repository: string, problem: string | null): void {
    if (this.child === null) return;
    this.child = null;
    if (problem !== null && !this.closed) this.onProblem(repository, problem);
    this.next();
  }
}
