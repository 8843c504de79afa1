// Runs commands once in a throw-away place and keeps the code V8 compiled for them beside the bundle, so that the next start
// need not compile it again. Code of another Node version is ignored by V8.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const { install, scripts, dist } = require("../bin/compiled.js");

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
  ]) {
    await main(command.split(" "), "0.0.0");
  }
} finally {
  process.stdout.write = stdout;
  process.stderr.write = stderr;
  process.chdir(dist);
  rmSync(folder, { recursive: true, force: true });
}
for (const [file, script] of scripts) writeFileSync(`${file}.compiled`, script.createCachedData());
