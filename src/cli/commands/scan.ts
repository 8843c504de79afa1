import type { ImportsView } from "../../api/views.ts";
import { plural, singleLine } from "../../std/text.ts";
import { OperationalError } from "../../std/operational-error.ts";
import type { Output } from "../output/terminal.ts";
import { projectText } from "../../domain/present/project-text.ts";
import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";

interface ScanOptions extends JsonOption {
  readonly target?: string;
  readonly importersOf?: readonly string[];
  readonly steps?: number;
}

const shownChars = 8_000;

export async function scan(context: Context, _args: readonly string[], options: ScanOptions): Promise<ExitCode> {
  const { output, cwd } = context;
  const { target, importersOf, steps } = options;
  if (steps !== undefined && importersOf === undefined) throw stepsOfNothing();
  const answer = await askDaemon(context, "scan", {
    cwd,
    ...(target === undefined ? {} : { target }),
    ...(importersOf === undefined ? {} : { importersOf: [...importersOf] }),
    ...(steps === undefined ? {} : { steps }),
  });
  if (options.json === true) output.line(JSON.stringify(answer));
  else if (answer.imports === null)
    for (const line of projectText(answer.project, shownChars).split("\n")) output.line(line);
  else showImporters(answer.imports, output);
  return 0;
}

function stepsOfNothing(): OperationalError {
  return new OperationalError({
    code: "usage",
    what: "--steps: no file is named",
    why: "it says how far is looked for those that import a file",
    next: "nightcrew scan --importers-of FILE --steps N",
  });
}

function showImporters({ importers, files, imports, skipped }: ImportsView, output: Output): void {
  for (const [path, found] of Object.entries(importers)) {
    output.line(
      `${singleLine(path)}: ${found.length === 0 ? "nothing is known to import it" : plural(found.length, "file")}`,
    );
    for (const file of found) output.line(`  ${singleLine(file, 300)}`);
  }
  output.line(`${plural(imports, "import")} between files of the repository, in ${plural(files, "file")}`);
  for (const { path, why } of skipped.slice(0, 10)) output.line(`not read: ${singleLine(path)} (${why})`);
  if (skipped.length > 10) output.line(`… and ${skipped.length - 10} more`);
}
