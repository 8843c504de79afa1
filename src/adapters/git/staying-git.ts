import { spawn, type ChildProcessByStdio } from "node:child_process";
import { statSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { gitEnvironment, quietSettings } from "./git.ts";

export interface StayingGitEvents {
  readonly onOutput: (chunk: Buffer) => void;
  /** It is gone, with what it said last; the next `write` starts another. */
  readonly onEnd: (error: Error) => void;
}

/**
 * One git that stays and answers one line after another. It ends when this process does, and keeps it from ending only
 * while it is held.
 */
export class StayingGit {
  private readonly gitDir: string;
  private readonly args: readonly string[];
  private readonly events: StayingGitEvents;
  private child: ChildProcessByStdio<Writable, Readable, Readable> | null = null;
  private place: string | null = null;

  constructor(gitDir: string, args: readonly string[], events: StayingGitEvents) {
    this.gitDir = gitDir;
    this.args = args;
    this.events = events;
  }

  /**
   * Starts it where it is not running, and holds it. `first`: nothing is awaited from it, so that one that answers for a
   * repository which is not at that place any more can be replaced.
   */
  write(text: string, first: boolean): void {
    if (first && this.child !== null && placeOf(this.gitDir) !== this.place) this.kill();
    const child = (this.child ??= this.start());
    hold(child, true);
    child.stdin.write(text);
  }

  /** Nothing is awaited from it. */
  release(): void {
    if (this.child !== null) hold(this.child, false);
  }

  kill(): void {
    const { child } = this;
    this.child = null;
    child?.kill();
    if (child !== null) hold(child, false);
  }

  private start(): ChildProcessByStdio<Writable, Readable, Readable> {
    this.place = placeOf(this.gitDir);
    const child = spawn("git", [`--git-dir=${this.gitDir}`, ...quietSettings, ...this.args], {
      cwd: this.gitDir,
      env: gitEnvironment(process.env),
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (this.child === child) this.events.onOutput(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-4_000)));
    // Its end is told by `close`.
    child.stdin.on("error", () => undefined);
    const over = (why: string): void => {
      if (this.child !== child) return;
      this.child = null;
      this.events.onEnd(new Error(why));
    };
    child.once("error", (error) => over(error.message));
    child.once("close", () => over(said.trim() === "" ? `git ${this.args[0] ?? ""} ended` : said.trim()));
    return child;
  }
}

/** Differs for a folder that was removed and made again under the same name. */
function placeOf(folder: string): string | null {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}:${found.birthtimeMs}`;
}

function hold(child: ChildProcessByStdio<Writable, Readable, Readable>, on: boolean): void {
  for (const pipe of [child.stdin, child.stdout, child.stderr] as unknown as Socket[]) {
    if (on) pipe.ref();
    else pipe.unref();
  }
  if (on) child.ref();
  else child.unref();
}
