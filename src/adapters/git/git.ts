import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errnoOf } from "../../std/operational-error.ts";
import { dyingWithParent } from "../process/die-with-parent.ts";
import { signal } from "../process/end-processes.ts";
import { runCommand, type CommandResult } from "../process/run-command.ts";

/** What a pipe breaks with when its reader ends first. */
const readerEnded = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"]);

/** git ended in a way the caller did not allow for. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly code: number | null;
  readonly stderr: string;

  constructor(args: readonly string[], result: CommandResult) {
    const why = result.trouble ?? result.stderr.trim().split("\n").slice(-3).join("; ");
    super(`git ${args.find((arg) => !arg.startsWith("-")) ?? ""}: ${why === "" ? `exit code ${result.code}` : why}`);
    this.code = result.code;
    this.stderr = result.stderr;
  }
}

export interface GitPlace {
  /** Working directory; git finds the repository from there unless `gitDir` is given. */
  readonly cwd?: string;
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** `-c key=value` settings. */
  readonly settings?: readonly string[];
  /** It must not go on when this process is gone (`canDieWithParent`). */
  readonly diesWithParent?: boolean;
  /** Called now and then while it takes long: takes away what may hold it up. Must not reject. */
  readonly whileSlow?: () => Promise<void>;
}

export interface GitCall {
  readonly input?: string | Buffer;
  /** Exit codes that are answers, besides 0. */
  readonly allow?: readonly number[];
  /** Every end is an answer, also that there was none. */
  readonly whatever?: boolean;
  readonly timeoutMs?: number;
  /** Only so many bytes of the answer are wanted: git is ended then, and the answer is what came until then. */
  readonly cutAt?: number;
}

/**
 * Whether a git that packs objects, ours or somebody's gc, took the empty folder away in which this one was just to write:
 * git makes it only once. To write an object again changes nothing.
 */
function lostFolder({ code, stderr }: CommandResult): boolean {
  return code !== 0 && stderr.includes("unable to create temporary file: No such file or directory");
}

/** No hooks, no file-system monitor, no background maintenance: nothing of the user's or an agent's runs by our calls. */
const quiet: readonly string[] = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "advice.detachedHead=false",
  // Titles are UTF-8, whatever the repository's own commits are in.
  "i18n.commitEncoding=UTF-8",
];

export const quietSettings: readonly string[] = quiet.flatMap((setting) => ["-c", setting]);

/** All that an agent has committed goes through a pipe. */
const pipeMs = 600_000;

/** git at one place. Answers are exact: `-z` and plumbing formats are for the callers to choose. */
export class Git {
  private readonly program: readonly string[];
  private readonly prefix: readonly string[];
  private readonly env: NodeJS.ProcessEnv;
  private readonly cwd: string | undefined;
  private readonly whileSlow: (() => Promise<void>) | undefined;

  constructor(place: GitPlace) {
    // Inside a work tree git would take paths as relative to where this process happens to be.
    this.cwd = place.cwd ?? (place.workTree === undefined ? place.gitDir : undefined);
    this.whileSlow = place.whileSlow;
    this.program = place.diesWithParent === true ? dyingWithParent(["git"]) : ["git"];
    this.prefix = [
      ...(place.gitDir === undefined ? [] : [`--git-dir=${place.gitDir}`]),
      ...(place.workTree === undefined ? [] : [`--work-tree=${place.workTree}`]),
      ...quietSettings,
      ...(place.settings ?? []).flatMap((setting) => ["-c", setting]),
    ];
    this.env = { ...gitEnvironment(process.env), ...place.env };
  }

  async call(args: readonly string[], call: GitCall = {}): Promise<CommandResult> {
    const first = await this.run(args, call);
    const result = lostFolder(first) ? await this.run(args, call) : first;
    if (
      call.whatever === true ||
      result.cut ||
      result.code === 0 ||
      (result.code !== null && call.allow?.includes(result.code) === true)
    )
      return result;
    throw new GitError(args, result);
  }

  private async run(args: readonly string[], call: GitCall): Promise<CommandResult> {
    const [program = "git", ...before] = this.program;
    const running = runCommand(program, [...before, ...this.prefix, ...args], {
      env: this.env,
      ...(this.cwd === undefined ? {} : { cwd: this.cwd }),
      ...(call.input === undefined ? {} : { input: call.input }),
      ...(call.cutAt === undefined ? {} : { cutAt: call.cutAt }),
      ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
    });
    return this.whileSlow === undefined ? running : lookingMeanwhile(running, this.whileSlow);
  }

  /**
   * What one git prints is the other's input, whatever its size. Rejects when either fails. A reader that has all it needs
   * may end before the pipe does: a pack says itself where it ends, and whether it is whole.
   */
  async pipe(
    from: { readonly args: readonly string[]; readonly input: string },
    into: Git,
    args: readonly string[],
  ): Promise<void> {
    const first = this.spawned(from.args);
    const second = into.spawned(args);
    first.child.stdin.end(from.input);
    const broken = await pipeline(first.child.stdout, second.child.stdin).then(
      () => null,
      (error: unknown) => error,
    );
    second.child.stdout.resume();
    const [wrote, read] = [await first.ended, await second.ended];
    // Whose reader is gone ends without a word: the reader's words say why.
    if (read.code !== 0 && wrote.stderr === "") throw new GitError(args, read);
    if (wrote.code !== 0) throw new GitError(from.args, wrote);
    if (read.code !== 0) throw new GitError(args, read);
    // Told last: where one of the two failed, its own words say more than the pipe that broke by it.
    if (broken !== null && !readerEnded.has(errnoOf(broken) ?? "")) throw broken;
  }

  private spawned(args: readonly string[]): { child: ChildProcessWithoutNullStreams; ended: Promise<CommandResult> } {
    const child = spawn("git", [...this.prefix, ...args], { cwd: this.cwd, env: this.env, detached: true });
    let stderr = "";
    let trouble: string | null = null;
    child.stderr.on("data", (chunk: Buffer) => (stderr = `${stderr}${chunk.toString()}`.slice(-4_000)));
    child.on("error", (error) => (trouble ??= error.message));
    child.stdin.on("error", () => undefined);
    const timer = setTimeout(() => {
      trouble ??= `no end within ${pipeMs} ms`;
      if (child.pid !== undefined) signal(-child.pid, "SIGKILL");
    }, pipeMs);
    const ended = new Promise<CommandResult>((resolve) => {
      child.on("close", (code) => {
        clearTimeout(timer);
        resolve({ code: trouble === null ? code : null, stdout: Buffer.alloc(0), stderr, trouble, cut: false });
      });
    });
    return { child, ended };
  }

  /** Standard output without the final line end. */
  async text(args: readonly string[], call: GitCall = {}): Promise<string> {
    return (await this.call(args, call)).stdout.toString().replace(/\n$/, "");
  }

  /** Null where git answers with one of `allow` (1 unless given). */
  async maybe(args: readonly string[], call: GitCall = {}): Promise<string | null> {
    const result = await this.call(args, { allow: [1], ...call });
    return result.code === 0 ? result.stdout.toString().replace(/\n$/, "") : null;
  }
}

/** Twice as long each time. */
const firstLookMs = 1_000;

async function lookingMeanwhile<T>(running: Promise<T>, look: () => Promise<void>): Promise<T> {
  let timer: NodeJS.Timeout | null = null;
  const lookIn = (waitMs: number): void => {
    timer = setTimeout(() => {
      void look().then(() => {
        if (timer !== null) lookIn(waitMs * 2);
      });
    }, waitMs);
  };
  lookIn(firstLookMs);
  try {
    return await running;
  } finally {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }
}

/** The caller's environment without the variables by which a surrounding git (a hook, a rebase) would redirect ours. */
export function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("GIT_")));
  return {
    ...clean,
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_EDITOR: "true",
    LC_ALL: "C",
    LANGUAGE: "C",
  };
}

/** For work trees agents wrote to: besides, nobody's global configuration, so that no filter or driver is defined. */
export const isolated: NodeJS.ProcessEnv = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
};

export interface CommitIdentity {
  readonly name: string;
  readonly email: string;
}

/** The NUL-separated parts of an answer. */
export function nulSeparated(text: string): string[] {
  return text.split("\0").filter((part) => part !== "");
}

/** What `update-ref` takes for "not there". */
export function zeroLike(commit: string): string {
  return "0".repeat(commit.length);
}

/** Whether a git directory is still where it was. */
export function isRepository(gitDir: string): boolean {
  return existsSync(join(gitDir, "HEAD"));
}
