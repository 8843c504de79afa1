import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findHome } from "../../api/home.ts";
import { stopFileName } from "../../domain/job.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { homeUnusable } from "../daemon/home-unusable.ts";
import type { Context, ExitCode, JsonOption } from "../context.ts";

interface StopOptions extends JsonOption {
  readonly all?: boolean;
}

/** Asks nobody: the file is what counts, also where no daemon answers. */
export async function stop({ output }: Context, _args: readonly string[], options: StopOptions): Promise<ExitCode> {
  if (options.all !== true) {
    throw new OperationalError({
      code: "no-subject",
      what: "stop is for everything at once",
      next: "nightcrew stop --all; for one task or run: nightcrew pause ID, nightcrew cancel ID",
    });
  }
  const { folder } = findHome(process.env);
  const file = join(folder, stopFileName);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(file, "", { mode: 0o600 });
  } catch (error) {
    throw errnoOf(error) === null ? error : homeUnusable(folder, error);
  }
  if (options.json === true) output.line(JSON.stringify({ version: 1, stopped: true, file }));
  else output.line("Everything is being stopped; what agents left is kept. Go on: nightcrew resume --all");
  return 0;
}
