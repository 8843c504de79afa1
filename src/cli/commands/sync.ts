import { clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";

export async function sync(context: Context, [run]: readonly string[], options: JsonOption): Promise<ExitCode> {
  const answer = await clientOf(context).call("sync", run === undefined ? {} : { run });
  context.output.line(options.json === true ? JSON.stringify(answer) : answer.message);
  return 0;
}
