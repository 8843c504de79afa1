import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InitView } from "../api/views.ts";
import { detectGate, type DetectedCheck } from "../adapters/config/detect-gate.ts";
import { detectLockFiles, type DetectedLockFile } from "../adapters/config/detect-lock-files.ts";
import { configName } from "../adapters/config/load-config.ts";
import { openRoot } from "../adapters/config/root-files.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import { findProgram } from "../adapters/process/find-program.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";

/** Writes a first nightcrew.yaml from what the project shows; never over one that is there, unless forced. */
export async function initProject(request: {
  readonly cwd: string;
  readonly write: boolean;
  readonly force: boolean;
}): Promise<InitView> {
  const { checkout } = await openRepository(request.cwd);
  const file = join(checkout, configName);
  const { checks, notes } = await detectGate(
    checkout,
    (program) => findProgram(program, process.env["PATH"] ?? "", checkout) !== null,
  );
  const lockFiles = detectLockFiles(await openRoot(checkout, () => true));
  const text = configText(checks, notes) + lockFilesText(lockFiles);
  if (request.write) await writeNew(file, text, request.force);
  return { version: 1, file, text, written: request.write };
}

async function writeNew(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    throw new OperationalError({
      code: "config-exists",
      what: `There is a configuration already: ${file}`,
      next: "edit it; `nightcrew init --print` shows what would be written, `--force` writes it over",
    });
  }
}

function configText(checks: readonly DetectedCheck[], notes: readonly string[]): string {
  return `# How nightcrew works on this repository. Read when a run is submitted; later edits reach the next run.

# Tasks worked on at once, and attempts of a task before it is left for you.
workers: 4
attempts: 3

# Who does the work. A command runs in a work tree of its own, without a terminal; it finds its task in the file
# $NIGHTCREW_TASK_FILE, and what it leaves in the work tree is what counts.
#agents:
#  my-agent:
#    driver: command
#    command: [sh, -c, 'my-agent --message-file "$NIGHTCREW_TASK_FILE"']
#    env: [MY_AGENT_API_KEY]
#    limits: {firstOutput: 15m, silence: 20m, total: 2h}

# What must pass on the merged tree before anything lands.
${gateText(checks, notes)}`;
}

function lockFilesText(found: readonly DetectedLockFile[]): string {
  if (found.length === 0) return "";
  const lines = found.map(({ path, run }) => `#  - {path: ${path}, run: ${JSON.stringify(run)}}\n`).join("");
  return `
# Made anew by their tool where two changes both changed them, instead of being a conflict, or merged as text. The tool runs in
# the sandbox: a registry that it needs belongs to sandbox: {hosts: […]}.
#lockFiles:
${lines}`;
}

function gateText(checks: readonly DetectedCheck[], notes: readonly string[]): string {
  const noteLines = notes.map((note) => `# ${note.replace(/\s+/g, " ")}\n`).join("");
  if (checks.length === 0) {
    return `${noteLines}# None was found in this project's files.
#gate:
#  checks:
#    - {name: tests, run: make test, timeout: 10m, kind: test}
`;
  }
  const lines = checks.map(
    ({ name, run, kind, junit }) =>
      `    - {name: ${JSON.stringify(name)}, run: ${JSON.stringify(run)}, kind: ${kind}${junit === undefined ? "" : `, junit: ${JSON.stringify(junit)}`}}`,
  );
  return `${noteLines}gate:\n  checks:\n${lines.join("\n")}\n`;
}
