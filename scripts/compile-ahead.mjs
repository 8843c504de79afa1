// Runs commands once in a throw-away place and keeps the code V8 compiled for them beside the bundles, so that the next start
// need not compile it again: this process for the command line, the daemon it starts for itself. Code of another Node
// version is ignored by V8.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const require = createRequire(import.meta.url);
const { install, keep, dist } = require("../bin/compiled.js");

const { version } = require("../package.json");
const folder = mkdtempSync(join(tmpdir(), "nightcrew-build-"));
const mute = { write: () => true };
const [stdout, stderr] = [process.stdout.write, process.stderr.write];
try {
  const repository = join(folder, "repository");
  mkdirSync(repository);
  const git = (...args) =>
    execFileSync("git", ["-c", "user.name=Build", "-c", "user.email=build@example.org", ...args], { cwd: repository });
  git("init", "--quiet");
  writeFileSync(
    join(repository, "ROADMAP.md"),
    "## Phase 1: One\n\n- [ ] **A**\n  **Files**: `a`\n- [ ] B\n  Depends on: A\n",
  );
  writeFileSync(
    join(repository, "nightcrew.yaml"),
    "agents:\n  sh:\n    driver: command\n    command: [sh, -c, 'echo a > \"$NIGHTCREW_TASK\"']\n",
  );
  git("add", "--all");
  git("commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", "Start");
  process.env.NIGHTCREW_HOME = join(folder, "home");
  process.env.NIGHTCREW_KEEP_COMPILED = "1";
  process.chdir(repository);
  install();
  const { main } = require("../dist/main.cjs");
  process.stdout.write = mute.write;
  process.stderr.write = mute.write;
  for (const command of [
    "plan ROADMAP.md --gate none",
    "run ROADMAP.md --yes --gate none",
    "status",
    "tasks",
    "runs",
    "report",
    "logs 1.1",
    "doctor",
    "init --print",
    "daemon status --json",
  ]) {
    await main(command.split(" "), version);
  }
  await endDaemon(join(folder, "home", "owner.1"));
} finally {
  process.stdout.write = stdout;
  process.stderr.write = stderr;
  process.chdir(dist);
  rmSync(folder, { recursive: true, force: true });
}
keep();

async function endDaemon(lock) {
  const { pid } = JSON.parse(readFileSync(lock, "utf8"));
  process.kill(pid, "SIGTERM");
  // Its lock is given up, then it writes what it has compiled, then it is gone.
  for (let round = 0; round < 500 && isThere(pid); round++) await delay(10);
  if (!existsSync(join(dist, "daemon.cjs.compiled"))) throw new Error("the daemon kept no compiled code");
}

function isThere(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
    throw error;
  }
}
