import { CommanderError } from "commander";
import type { Connect } from "../api/client.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { ExitCode } from "./context.ts";
import { errorJson, showError } from "./output/error-text.ts";
import { terminalOutput } from "./output/terminal.ts";
import { makeProgram } from "./program.ts";

/** Whoever reads our output may leave: the terminal is closed, the pipe ends. The work goes on; the report is kept. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    });
  }
}

/** Runs one command line; the exit code is the contract's. Throws only bugs. */
export async function runCommandLine(argv: readonly string[], connect: Connect, version: string): Promise<number> {
  const output = terminalOutput();
  outliveReaders();
  let code: ExitCode = 0;
  const program = makeProgram({ connect, output, cwd: process.cwd() }, version, (value) => (code = value));
  program.exitOverride();
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed its own message: help and version end well, the rest is wrong usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof OperationalError)) throw error;
    if (argv.includes("--json")) output.line(errorJson(error));
    else showError(error, output);
    return error.exitCode;
  }
}
