// The ground benchmarks stand on: one temporary folder, one clean environment, and no process left behind.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const project = path.resolve(import.meta.dirname, "../..");
const defaultTimeoutMs = 300_000;
const memoryFolder = "/dev/shm";
const roomBytes = 4 * 2 ** 30;
const graceMs = 5_000;
const sweepPauseMs = 100;

/** Makes the folder and what is in it for every benchmark: a home, and a copy of the build. */
export class Ground {
  constructor() {
    this.root = fs.mkdtempSync(path.join(fs.realpathSync(temporaryFolder()), "nightcrew-bench-"));
    this.home = path.join(this.root, "home");
    this.children = new Set();
    // autoDetach: a repacking git of the script's would go on in the background and be measured with what comes next.
    const config = "[user]\n\tname = Bench\n\temail = bench@example.com\n[gc]\n\tautoDetach = false\n";
    write(path.join(this.home, ".gitconfig"), config);
    this.binary = copyBuild(path.join(this.root, "product"));
  }

  /** Nothing of the caller's: with NODE_EXTRA_CA_CERTS alone, Node 20 takes more than twice as long to start. */
  environment(own = {}) {
    return { PATH: process.env.PATH, HOME: this.home, LANG: "C.UTF-8", ...own };
  }

  folder(name) {
    return fs.mkdtempSync(path.join(this.root, `${name}-`));
  }

  /**
   * Runs a command to its end and tells how long it took. Rejects when it fails (unless it `mayFail`) or takes longer than
   * its limit. `onLine` hears each line of its output at once.
   */
  run(
    command,
    args,
    { cwd = this.root, env = {}, input = null, mayFail = false, timeoutMs = defaultTimeoutMs, onLine = null } = {},
  ) {
    const { promise, resolve, reject } = withResolvers();
    const startedAt = performance.now();
    // A group of its own, so that it can be ended with all it started.
    const stdin = input === null ? "ignore" : "pipe";
    const options = { cwd, env: this.environment(env), detached: true, stdio: [stdin, "pipe", "pipe"] };
    const child = spawn(command, args, options);
    this.children.add(child);
    const output = { stdout: [], stderr: [] };
    for (const name of ["stdout", "stderr"]) child[name].on("data", (chunk) => output[name].push(chunk));
    if (onLine !== null) createInterface({ input: child.stdout }).on("line", onLine);
    const timer = setTimeout(() => endGroup(child), timeoutMs);
    child.once("error", reject);
    child.once("close", (code) => {
      const ms = performance.now() - startedAt;
      clearTimeout(timer);
      this.children.delete(child);
      const [stdout, stderr] = [output.stdout, output.stderr].map((chunks) => Buffer.concat(chunks).toString());
      if (code === 0 || (mayFail && code !== null)) resolve({ ms, stdout });
      else reject(new Error(failureText([command, ...args].join(" "), code, stderr || stdout)));
    });
    child.stdin?.end(input);
    return promise;
  }

  async git(args, how) {
    return (await this.run("git", args, how)).stdout.trim();
  }

  /** Ends whatever still runs, then removes everything. */
  async clear() {
    for (const child of this.children) endGroup(child);
    for (const pid of this.ownProcesses()) if (isDaemon(pid)) signal(pid, "SIGTERM");
    const killed = await this.sweep();
    if (killed.length > 0) console.error(`ended ${killed.length} processes that were left: ${killed.join(", ")}`);
    fs.rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Waits for processes on their way out, and kills those that are not. */
  async sweep() {
    const killed = new Set();
    const deadline = performance.now() + graceMs;
    for (let left = this.ownProcesses(); left.length > 0; left = this.ownProcesses()) {
      if (performance.now() > deadline) {
        for (const pid of left) if (signal(pid, "SIGKILL")) killed.add(pid);
        if (performance.now() > deadline + graceMs) break;
      }
      await delay(sweepPauseMs);
    }
    return [...killed];
  }

  /** Found by their HOME, which agents are given too; where there is no /proc, nobody can tell. */
  ownProcesses() {
    if (!fs.existsSync("/proc/self/environ")) return [];
    const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.filter((pid) => readOrNothing(`/proc/${pid}/environ`).includes(`HOME=${this.home}`)).map(Number);
  }
}

/**
 * In memory where that is possible and TMPDIR says nothing else. ext4 makes files up to 40 times more slowly for minutes
 * after many were deleted: the script that `noop` compares with deletes as many as it makes, and what comes next pays.
 */
function temporaryFolder() {
  if (process.env.TMPDIR !== undefined || !fs.existsSync(memoryFolder)) return os.tmpdir();
  const { bavail, bsize } = fs.statfsSync(memoryFolder);
  return bavail * bsize >= roomBytes ? memoryFolder : os.tmpdir();
}

/** So that somebody who builds meanwhile neither breaks nor changes what is measured. */
function copyBuild(to) {
  for (const name of ["bin", "dist", "package.json"]) {
    fs.cpSync(path.join(project, name), path.join(to, name), { recursive: true });
  }
  fs.symlinkSync(path.join(project, "node_modules"), path.join(to, "node_modules"));
  return path.join(to, "bin/nightcrew.js");
}

function isDaemon(pid) {
  return readOrNothing(`/proc/${pid}/cmdline`).includes("bin/daemon.js\0");
}

function endGroup(child) {
  if (child.pid === undefined) return;
  signal(-child.pid, "SIGTERM");
  setTimeout(() => signal(-child.pid, "SIGKILL"), graceMs).unref();
}

/** False when there is no such process any more. */
function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error.code === "ESRCH") return false;
    throw error;
  }
}

function readOrNothing(file) {
  try {
    return fs.readFileSync(file, "latin1");
  } catch (error) {
    // Gone meanwhile, or somebody else's.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(error.code)) return "";
    throw error;
  }
}

function failureText(what, code, said) {
  return `${what}\nended with ${code ?? "a signal (it may have taken too long)"}:\n${said.slice(-2_000)}`;
}

/** Promise.withResolvers, which Node has from 22 on. */
function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

export function write(file, text, mode = 0o644) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode });
  return file;
}

export function progress(text) {
  process.stderr.write(`${text}\n`);
}
