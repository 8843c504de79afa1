// Drives the bundle of the runner as the daemon does: over its stdin, one job after another, by files in a folder.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { baseHistory } from "./base-history.mjs";
import { write } from "./ground.mjs";

const files = 110;
const hour = 3_600_000;
const limits = { firstOutputMs: hour, silenceMs: hour, totalMs: hour, turns: null, repeats: 1_000_000 };

/** Wall clock, in milliseconds, finer than Date.now. */
export const now = () => performance.timeOrigin + performance.now();

/** A repository, one workspace for all jobs, and the runners that were started. */
export class Runners {
  constructor(ground) {
    this.ground = ground;
    this.root = ground.folder("runners");
    this.bundle = path.join(path.dirname(ground.binary), "../dist/runner.cjs");
    this.home = path.join(this.root, "home");
    this.count = 0;
    fs.mkdirSync(path.join(this.home, "ctl"), { recursive: true });
  }

  async prepare() {
    const repository = path.join(this.root, "repository");
    await this.ground.git(["init", "-q", "-b", "main", repository]);
    await this.ground.git(["fast-import", "--quiet"], { cwd: repository, input: baseHistory(files) });
    this.commonDir = path.join(repository, ".git");
    this.base = await this.ground.git(["rev-parse", "main"], { cwd: repository });
  }

  script(name, text) {
    return write(path.join(this.root, `${name}.sh`), `#!/usr/bin/env bash\n${text}`, 0o755);
  }

  /** A runner that waits for jobs. `probe` is a file for what `probe.cjs` sees in it. */
  start({ probe = null } = {}) {
    const hook = path.join(import.meta.dirname, "probe.cjs");
    const args = probe === null ? [this.bundle] : ["--require", hook, this.bundle];
    const env = this.ground.environment(probe === null ? {} : { BENCH_PROBE: probe });
    const child = spawn(process.execPath, args, { env, detached: true, stdio: ["pipe", "pipe", "inherit"] });
    const runner = { child, onWord: () => undefined, onEnd: () => undefined };
    child.once("close", () => runner.onEnd());
    createInterface({ input: child.stdout }).on("line", () => runner.onWord());
    return runner;
  }

  /** Lets it finish, and resolves when it is gone. */
  leave({ child }) {
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.stdin.end();
    return gone;
  }

  /** Starts a job; what comes of it are promises of journal entries by their type, and `log`, the agent's output. */
  hand(runner, command, { sandbox = "none", hosts = [] } = {}) {
    const number = ++this.count;
    const id = `bench-${process.pid}-${number}`;
    const folder = path.join(this.home, "runs", "bench", "attempts", `task-${number}`);
    write(path.join(folder, "job.json"), JSON.stringify(this.job({ id, number, command, sandbox, hosts })));
    const handoff = {
      folder,
      slot: path.join(this.home, "workspaces", "bench", "slot-1"),
      repository: { commonDir: this.commonDir, objectFormat: "sha1", settings: [] },
      control: path.join(this.home, "ctl", String(number)),
      stopFile: path.join(this.home, "stop"),
      frozen: false,
      environment: this.ground.environment(),
    };
    const entry = follow(runner, path.join(folder, "journal.jsonl"));
    const handedAt = now();
    runner.child.stdin.write(`${JSON.stringify({ type: "start", ...handoff })}\n`);
    const log = () => fs.readFileSync(path.join(folder, "agent.log"), "latin1");
    return { id, folder, handedAt, entry, log };
  }

  stop(runner, { folder }) {
    const command = { type: "control", folder, command: { type: "stop" } };
    runner.child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  job({ id, number, command, sandbox, hosts }) {
    const agent = { name: "bench", driver: "command", command, args: [], model: null, endpoint: null, env: [], limits };
    const rest = { capabilities: [], files: [], maxConcurrent: null, backups: [], provider: "bench", resumes: false };
    const cost = { perAttempt: null, perMillion: null };
    return {
      protocol: 2,
      kind: "attempt",
      id,
      run: "bench",
      task: `task-${number}`,
      number: 1,
      agent: { ...agent, ...rest, cost, hosts: [], permissions: "allow" },
      resume: null,
      leftUsd: null,
      sandbox: { name: sandbox, hosts: [], readable: [this.root] },
      hosts,
      base: this.base,
      start: this.base,
      branch: `bench/task-${number}`,
      taskText: "# Nothing to do\n",
      commit: { subject: "Bench", trailers: [], name: "Bench", email: "bench@example.com", at: 1_700_000_000 },
      protectedPaths: [],
    };
  }
}

/** Resolves with the entry of a type in the journal; rejects when the runner goes, or the job ends, without it. */
function follow(runner, file) {
  return (type) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const bodies = entriesOf(file).map(({ body }) => body);
        const found = bodies.find((body) => body.type === type);
        if (found !== undefined) resolve(found);
        else if (bodies.some((body) => body.type === "attempt-ended")) reject(new Error(`the job ended: ${file}`));
      };
      runner.onWord = look;
      runner.onEnd = () => reject(new Error("the runner has left"));
      look();
    });
}

function entriesOf(file) {
  if (!fs.existsSync(file)) return [];
  const text = fs.readFileSync(file, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole.split("\n").flatMap((entry) => (entry === "" ? [] : [JSON.parse(entry)]));
}
