// Makes the two commands of the README enough on a fresh clone: installs and builds what is missing or older than its source.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`error: Node ${process.versions.node} is too old\n  next: install Node 20.19 or newer`);
  process.exit(2);
}

const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const newestIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((newest, entry) => Math.max(newest, timeOf(join(entry.parentPath, entry.name))), 0);

function step(title, args) {
  console.error(title);
  // On Windows npm is a batch file, which only a shell runs.
  execFileSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
}

if (timeOf(join(root, "node_modules", ".package-lock.json")) < timeOf(join(root, "package-lock.json"))) {
  step("installing dependencies …", ["ci", "--no-audit", "--no-fund"]);
}
const sources = Math.max(
  newestIn(join(root, "src")),
  newestIn(join(root, "sim")),
  timeOf(join(root, "tsdown.config.ts")),
  timeOf(join(root, "package.json")),
);
const built = Math.min(
  ...[
    "main.cjs",
    "daemon.cjs",
    "runner.cjs",
    "source-reader.cjs",
    "store-backup.cjs",
    "code-graph.cjs",
    "grammars/tree-sitter-rust.wasm",
    "sim.cjs",
    "openapi.json",
    "main.cjs.compiled",
    "daemon.cjs.compiled",
  ].map((name) => timeOf(join(root, "dist", name))),
);
if (built < sources) step("building …", ["run", "--silent", "build"]);
