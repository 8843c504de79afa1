import { runCommandLine } from "./cli/main.ts";

/** The binary: the command line, connected to a daemon in its own process. Returns the exit code. */
export function main(argv: readonly string[], version: string): Promise<number> {
  return runCommandLine(argv, async () => (await import("./daemon/in-process.ts")).connectInProcess(), version);
}
