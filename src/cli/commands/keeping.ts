import { resolve } from "node:path";
import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { showCleanup, showLocks } from "../output/keeping-text.ts";

interface CleanupOptions extends JsonOption {
  readonly dryRun?: boolean;
  readonly olderThan?: number;
}

export async function cleanup(context: Context, _args: readonly string[], options: CleanupOptions): Promise<ExitCode> {
  const { dryRun = false, olderThan } = options;
  const days = olderThan === undefined ? {} : { olderThanDays: olderThan };
  const answer = await askDaemon(context, "cleanup", { dryRun, ...days });
  if (options.json === true) context.output.line(JSON.stringify(answer));
  else showCleanup(answer, context.output);
  return 0;
}

interface ExportOptions extends JsonOption {
  readonly to?: string;
}

/** `export` is a word of the language. */
export async function exportRun(
  context: Context,
  [run]: readonly string[],
  { to, json }: ExportOptions,
): Promise<ExitCode> {
  const { output, cwd } = context;
  const answer = await askDaemon(context, "export", {
    ...(run === undefined ? {} : { run }),
    ...(to === undefined ? {} : { to: resolve(cwd, to) }),
  });
  if (json === true) output.line(JSON.stringify(answer));
  else output.line(`run ${answer.run}: ${answer.files.length} files in ${answer.folder}`);
  return 0;
}

export async function locks(context: Context, _args: readonly string[], options: JsonOption): Promise<ExitCode> {
  const answer = await askDaemon(context, "locks", {});
  if (options.json === true) context.output.line(JSON.stringify(answer));
  else showLocks(answer, Date.now(), context.output);
  return 0;
}
