import { clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";

export async function cancel(context: Context, [run = ""]: readonly string[], options: JsonOption): Promise<ExitCode> {
  const answer = await clientOf(context).call("cancel", { run });
  context.output.line(options.json === true ? JSON.stringify(answer) : `${answer.run}: ${answer.message}`);
  return 0;
}
