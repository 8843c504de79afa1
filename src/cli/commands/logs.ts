import { setTimeout as delay } from "node:timers/promises";
import { readableLog } from "../../domain/present/agent-log.ts";
import { printable } from "../../std/text.ts";
import type { Context, ExitCode, JsonOption } from "../context.ts";
import { withClient } from "../context.ts";

interface LogsOptions extends JsonOption {
  readonly follow?: boolean;
}

const pauseMs = 300;

export function logs(context: Context, [id = ""]: readonly string[], options: LogsOptions): Promise<ExitCode> {
  return withClient(context, async (client): Promise<ExitCode> => {
    let after = 0;
    for (;;) {
      const answer = await client.call("logs", { id, after });
      if (options.json === true) context.output.line(JSON.stringify(answer));
      else process.stdout.write(printable(readableLog(answer.text)));
      const more = answer.next > after;
      after = answer.next;
      if (!more && (answer.ended || options.follow !== true)) return 0;
      if (!more) await delay(pauseMs);
    }
  });
}
