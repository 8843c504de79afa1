import type { Context, ExitCode, JsonOption } from "../context.ts";
import { withClient } from "../context.ts";

export function cancel(context: Context, [run = ""]: readonly string[], options: JsonOption): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    const answer = await client.call("cancel", { run });
    context.output.line(options.json === true ? JSON.stringify(answer) : `${answer.run}: ${answer.message}`);
    return 0;
  });
}
