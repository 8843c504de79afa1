import { CommanderError, type Command } from "commander";
import { OperationalError } from "../std/operational-error.ts";
import type { Program } from "./context.ts";
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
export async function runCommandLine(argv: readonly string[], own: Program): Promise<number> {
  const output = terminalOutput();
  outliveReaders();
  let code = 0;
  const program = makeProgram({ program: own, output, cwd: process.cwd() }, (value) => (code = value));
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride();
    // What commander has to say about wrong usage is shown like every other error.
    command.configureOutput({ writeErr: () => undefined });
  }
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    const known = error instanceof CommanderError ? usageError(error, argv, program) : error;
    if (known === null) return 0;
    if (!(known instanceof OperationalError)) throw known;
    if (argv.includes("--json")) output.line(errorJson(known));
    else showError(known, output);
    return known.exitCode;
  }
}

/** Null for help and version, which were asked for and have been shown. */
function usageError(error: CommanderError, argv: readonly string[], program: Command): OperationalError | null {
  if (error.exitCode === 0) return null;
  const [said = "", ...why] = error.message.replace(/^error: /, "").split("\n");
  // Help on what there is not: commander only prints its help.
  const unknown = argv[0] === "help" && argv[1] !== undefined ? `unknown command '${argv[1]}'` : "No command was given";
  const named = program.commands.find((command) => command.name() === argv[0]);
  return new OperationalError({
    code: "usage",
    what: said === "(outputHelp)" ? unknown : said,
    ...(why.length > 0 ? { why: why.join("\n").replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?") } : {}),
    next: named === undefined ? "nightcrew --help" : `nightcrew ${named.name()} --help`,
  });
}
