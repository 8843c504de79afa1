import { join } from "node:path";
import { runCommandLine } from "./cli/main.ts";

/** The binary: the command line, and where the daemon is that it starts when there is none. Returns the exit code. */
export function main(argv: readonly string[], version: string): Promise<number> {
  return runCommandLine(argv, { version, daemonFile: join(__dirname, "..", "bin", "daemon.js") });
}
