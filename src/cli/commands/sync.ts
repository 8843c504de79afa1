import { askDaemon, type Context, type ExitCode, type JsonOption } from "../context.ts";

interface SyncOptions extends JsonOption {
  readonly dryRun?: boolean;
}

export async function sync(context: Context, [run]: readonly string[], options: SyncOptions): Promise<ExitCode> {
  const dry = options.dryRun === true ? { dry: true } : {};
  const answer = await askDaemon(context, "sync", { ...(run === undefined ? {} : { run }), ...dry });
  context.output.line(options.json === true ? JSON.stringify(answer) : answer.message);
  return 0;
}
