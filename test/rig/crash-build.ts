import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const built = join(project, ".build", "crash");

/** The product built with its crash points, beside the real one and out of its way. */
export const crashingBinary = join(built, "bin", "nightcrew.js");

/** Vitest's global setup of the end-to-end tests: builds what is missing or older than its source. */
export default function buildWithCrashPoints(): void {
  const newest = Math.max(
    ...["src", "bin", "tsdown.config.ts", "package.json"].map((name) => newestIn(join(project, name))),
  );
  const daemon = join(built, "dist", "daemon.cjs");
  const runner = join(built, "dist", "runner.cjs");
  if ([daemon, runner, crashingBinary].every((file) => existsSync(file) && statSync(file).mtimeMs >= newest)) return;
  execFileSync(join(project, "node_modules", ".bin", "tsdown"), ["--logLevel", "silent"], {
    cwd: project,
    env: { ...process.env, NIGHTCREW_BUILD: "crash" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  cpSync(join(project, "bin"), join(built, "bin"), { recursive: true });
  cpSync(join(project, "package.json"), join(built, "package.json"));
}

function newestIn(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}
