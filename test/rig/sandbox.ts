import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { request, type RequestOptions } from "node:http";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  type Dirent,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test as base } from "vitest";

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Whether a command can be run in a terminal here. */
export function hasTerminals(): boolean {
  return spawnSync("script", ["-qec", "true", "/dev/null"], { stdio: "ignore" }).status === 0;
}
export const binary = join(project, "bin", "nightcrew.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout holds the text. */
  saw(text: string): Promise<void>;
  /** What it printed until now. */
  stdout(): string;
}

/** A command in a terminal. */
export interface Typed extends Started {
  write(text: string): void;
}

export interface Answered {
  readonly status: number;
  readonly text: string;
  /** The object it is, or an empty one. */
  readonly json: Record<string, unknown>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its stdin, which is closed from the start where there is nothing. */
  readonly stdin?: string;
}

/** One test's own world: a temporary folder with a HOME, a nightcrew home and repositories, and nothing of the user's. */
export class Sandbox {
  readonly root: string;
  readonly home: string;
  readonly env: Record<string, string>;
  /** The command that is run; another build of it for crash points. */
  program = binary;
  /** What starts it; nothing as a rule. */
  launcher: readonly string[] = [];
  private readonly repositories: Repository[] = [];

  constructor() {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "nightcrew-test-")));
    this.home = join(this.root, "home");
    const user = join(this.root, "user");
    mkdirSync(user);
    mkdirSync(join(this.root, "tmp"));
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: user,
      TMPDIR: join(this.root, "tmp"),
      LANG: "C.UTF-8",
      TZ: "UTC",
      NIGHTCREW_HOME: this.home,
      // Puppets and their sockets are outside; what the sandbox does has tests of its own.
      NIGHTCREW_SANDBOX: "none",
    };
    this.write(
      "user/.gitconfig",
      '[user]\n\tname = Test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n',
    );
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  write(name: string, content: string | Buffer): string {
    const file = this.path(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** Removes what a program of others left in a folder of this world. */
  empty(name: string): void {
    rmSync(this.path(name), { recursive: true, force: true, maxRetries: 5 });
    mkdirSync(this.path(name));
  }

  /** Every file below a folder; what goes while it is looked at is passed over, there may be a daemon at work. */
  files(folder: string, wanted = (entry: Dirent): boolean => entry.isFile()): string[] {
    return filesBelow(folder, readdirSync(folder, { withFileTypes: true }), wanted);
  }

  /** Every file below a folder with what is in it, byte for byte. */
  contents(folder: string): [file: string, text: string][] {
    return this.files(folder).flatMap((file) => {
      const text = unlessGone(() => readFileSync(file, "latin1"));
      return text === null ? [] : [[file, text]];
    });
  }

  /** Bytes. */
  sizeOf(file: string): number {
    return statSync(file).size;
  }

  /** Files of this name anywhere below a folder. */
  find(folder: string, name: string): string[] {
    return this.files(folder).filter((file) => basename(file) === name);
  }

  /** A repository with one commit of these files. */
  repository(
    files: Readonly<Record<string, string | Buffer>>,
    name = "repo",
    initArgs: readonly string[] = [],
  ): Repository {
    const path = this.path(name);
    mkdirSync(path, { recursive: true });
    const repository = new Repository(this, path);
    this.repositories.push(repository);
    repository.git("init", "--quiet", ...initArgs);
    repository.commit(files, "Start");
    return repository;
  }

  /** The newest run of the home. */
  newestRun(): string {
    // Beside them there may be `latest`.
    const folder = join(this.home, "runs");
    const runs = readdirSync(folder).filter((name) => /^\d{8}-\d{6}-/.test(name));
    // Of two in one second the names do not tell.
    const born = new Map(runs.map((name) => [name, statSync(join(folder, name)).birthtimeMs]));
    const order = (one: string, other: string): number =>
      one.slice(0, 15).localeCompare(other.slice(0, 15)) || (born.get(one) ?? 0) - (born.get(other) ?? 0);
    return runs.sort(order).at(-1) ?? "none";
  }

  /** Runs nightcrew to its end. */
  async nightcrew(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  start(args: readonly string[], options: StartOptions = {}): Started {
    const [program = "", ...words] = [...this.launcher, process.execPath, this.program, ...args];
    const child = spawn(program, words, {
      cwd: options.cwd ?? this.root,
      env: { ...this.env, ...options.env },
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    // Who has heard enough may leave before all was said.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.stdin);
    return followed(child);
  }

  /** The same in a terminal of its own, which shows what is typed too; `write` types. Needs the program `script`. */
  startInTerminal(args: readonly string[], options: StartOptions = {}): Typed {
    const words = [process.execPath, this.program, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const child = spawn("script", ["-qec", words.join(" "), "/dev/null"], {
      cwd: options.cwd ?? this.root,
      env: { ...this.env, TERM: "dumb", SHELL: "/bin/sh", ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    return { ...followed(child), write: (text) => void child.stdin.write(text) };
  }

  /** The daemons of this world's homes. */
  daemons(): number[] {
    // The same program also ends and looks for daemons.
    return this.processes().filter((pid) =>
      /bin\/daemon\.js\0(?!--tell\0--(stop|owner))/.test(readProc(`/proc/${pid}/cmdline`)),
    );
  }

  /** The daemon of the sandbox's own home. */
  async daemonPid(): Promise<number> {
    const { stdout } = await this.nightcrew(["daemon", "status", "--json"]);
    const { pid } = JSON.parse(stdout) as { pid: number | null };
    if (pid === null) throw new Error("no daemon is running");
    return pid;
  }

  /** Asks the daemon's API. */
  api(path: string, body?: unknown, options: RequestOptions = {}): Promise<Answered> {
    const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const method = body === undefined ? "GET" : "POST";
    return asked({ socketPath: join(this.home, "daemon.sock"), path, method, ...options }, text);
  }

  /** Ends the daemons, and gives what is still there when runners had time to leave. */
  async left(): Promise<number[]> {
    const daemons = this.daemons();
    for (const pid of daemons) kill(pid, "SIGTERM");
    const deadline = Date.now() + goneWithinMs;
    // To look at one process is cheap, to look for all is not.
    while (daemons.some((pid) => !isZombie(pid)) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    while (this.processes().length > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    return this.processes();
  }

  /** What nobody will ever remove, once all processes are gone: sockets of jobs, temporary files, git's work trees. */
  litter(): string[] {
    const below = (folder: string): string[] => (existsSync(folder) ? this.files(folder, () => true) : []);
    const temporary = /^(\.owner-|\.claim-)|\.tmp$/;
    const inHome = below(this.home).filter((file) => !file.startsWith(join(this.home, "workspaces")));
    return [
      ...below(this.path("tmp")),
      ...below(join(this.home, "ctl")),
      ...inHome.filter((file) => temporary.test(basename(file))),
      ...this.repositories.flatMap((repository) => repository.workTreesIn(this.home)),
    ];
  }

  /** Living processes that carry this world's HOME in their environment: ours, runners, agents and what they started. */
  processes(): number[] {
    const marker = `HOME=${this.path("user")}\0`;
    return pids().filter((pid) => environmentOf(pid).includes(marker) && !isZombie(pid));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function followed(child: ChildProcess): Started {
  let stdout = "";
  let stderr = "";
  const waiting: { text: string; resolve: () => void }[] = [];
  const look = (): void => {
    for (const one of waiting.filter(({ text }) => stdout.includes(text))) one.resolve();
  };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    look();
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const saw = async (text: string): Promise<void> => {
    const seen = new Promise<void>((resolve) => waiting.push({ text, resolve }));
    look();
    const over = ended.then((result) => {
      if (!result.stdout.includes(text))
        throw new Error(`ended without “${text}”:\n${result.stdout}\n${result.stderr}`);
    });
    await Promise.race([seen, over]);
  };
  return { child, ended, saw, stdout: () => stdout };
}

/** One request and its whole answer. */
export function asked(options: RequestOptions, body: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.once("end", () => {
        const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
        resolve({ status: answer.statusCode ?? 0, text, json });
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** Folders that others remove meanwhile have nothing in them: readdir's own recursion would fail at one. */
function filesBelow(folder: string, entries: readonly Dirent[], wanted: (entry: Dirent) => boolean): string[] {
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    const below = entry.isDirectory() ? filesBelow(path, entriesIn(path), wanted) : [];
    return [...(wanted(entry) ? [path] : []), ...below];
  });
}

function entriesIn(folder: string): Dirent[] {
  return unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];
}

function pids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Empty for processes that are gone or not ours. */
function environmentOf(pid: number): string {
  return readProc(`/proc/${pid}/environ`);
}

function isZombie(pid: number): boolean {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat === "" || stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
}

/** Null where it is not there any more. */
function unlessGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

function readProc(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}

export class Repository {
  readonly path: string;
  private readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox, path: string) {
    this.sandbox = sandbox;
    this.path = path;
  }

  git(...args: readonly string[]): string {
    return execFileSync("git", [...args], {
      cwd: this.path,
      env: this.sandbox.env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trimEnd();
  }

  /** Work trees that git knows of, below a folder. */
  workTreesIn(folder: string): string[] {
    if (!existsSync(join(this.path, ".git", "worktrees"))) return [];
    const lines = this.git("worktree", "list", "--porcelain").split("\n");
    return lines.filter((line) => line.startsWith(`worktree ${folder}`));
  }

  /** A file that is there is replaced at once: whoever watches it sees no half of it. */
  write(name: string, content: string | Buffer): void {
    const file = join(this.path, name);
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isFile() !== true) {
      mkdirSync(dirname(file), { recursive: true });
      return writeFileSync(file, content);
    }
    const whole = this.sandbox.write("whole", content);
    chmodSync(whole, found.mode);
    renameSync(whole, file);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  commit(files: Readonly<Record<string, string | Buffer>>, message: string): void {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", message);
  }

  /** Merges of single tasks, oldest first: each is its task's landing, whether it landed alone or with others. */
  landings(range = "main"): string[] {
    const format = "--format=%H %(trailers:key=Nightcrew-Task,valueonly,separator=%x2C)";
    const lines = this.git("log", "--reverse", "--topo-order", "--merges", format, range).split("\n");
    return lines.flatMap((line) => (/^[0-9a-f]+ \S/.test(line) ? [line.split(" ")[0] ?? ""] : []));
  }

  /** Content of a file at a commit, exactly. */
  show(revision: string, name: string): string {
    return execFileSync("git", ["show", `${revision}:${name}`], {
      cwd: this.path,
      env: this.sandbox.env,
      encoding: "utf8",
    });
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.sandbox.nightcrew(args, { cwd: this.path, env });
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
    return this.sandbox.start(args, { cwd: this.path, env });
  }
}

/** nightcrew.yaml with one agent, `sh`, that runs a shell script in its work tree. */
export function config(script: string, more = ""): string {
  return `agents:\n  sh:\n    driver: command\n    command: [sh, -c, ${JSON.stringify(script)}]\n${more}`;
}

/** Gate of the tests: passes while there is no file `broken`. Counts as a test run. */
export const gate = `gate:\n  checks:\n    - {name: tests, run: 'test ! -e broken && echo "3 passed, 0 failed"', kind: test}\n`;

/** Validation that every change of {@link breaksInTurn} breaks. */
export const noneIsLate = 'test -z "$(ls | grep late)"';

/**
 * Agent whose change breaks the validated target by a file of its own, and is made when those of the tasks above are
 * taken back: whatever waits for whatever, they break it one after the other. The third halts the queue.
 */
export const breaksInTurn = (sandbox: Sandbox): string => `above=$((NIGHTCREW_TASK < 4 ? NIGHTCREW_TASK - 1 : 3))
until [ "$(git -C ${sandbox.root}/repo rev-list --count --grep='^Revert' main)" -ge $above ]; do sleep 0.02; done
touch "late-$NIGHTCREW_TASK"`;

/** The JSON lines a command printed. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The JSON lines of a file that somebody may be writing to: one that is not whole yet is none. */
export function jsonLinesIn(file: string): Record<string, unknown>[] {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return jsonLines(text.slice(0, text.lastIndexOf("\n") + 1));
}

/** How long what a test started may take to be gone after its last command ended. */
const goneWithinMs = 15_000;

/** A test that leaks a process, a socket, a temporary file or a work tree fails; the world is removed in any case. */
export const test = base.extend<{ sandbox: Sandbox }>({
  // oxlint-disable-next-line no-empty-pattern -- the fixture's signature
  sandbox: async ({}, use) => {
    const sandbox = new Sandbox();
    try {
      await use(sandbox);
      const left = await sandbox.left();
      if (left.length > 0) throw new Error(`the test left processes behind: ${left.map(commandOf).join(", ")}`);
      const litter = sandbox.litter();
      if (litter.length > 0) throw new Error(`the test left behind: ${litter.join(", ")}`);
    } finally {
      for (const pid of sandbox.processes()) kill(pid, "SIGKILL");
      sandbox.remove();
    }
  },
});

/** Resolves once the check holds; a bound on waiting for other processes, not a pause. */
export async function eventually(
  check: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The letter of /proc/PID/stat: `T` for one that was stopped; empty where it is gone. */
export function processState(pid: number): string {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3);
}

/** Whether a process is there and no zombie. */
export function isThere(pid: number): boolean {
  return !isZombie(pid);
}

function commandOf(pid: number): string {
  return `${pid} (${readProc(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim()})`;
}
