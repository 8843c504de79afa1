import { setTimeout as delay } from "node:timers/promises";
import { readableLog } from "../../domain/present/agent-log.ts";
import { printable } from "../../std/text.ts";
import { clientOf, type Context, type ExitCode, type JsonOption } from "../context.ts";
import { leaveOnInterrupt, leftCode } from "../leave.ts";

interface LogsOptions extends JsonOption {
  readonly follow?: boolean;
}

const pauseMs = 300;

export async function logs(context: Context, [id = ""]: readonly string[], options: LogsOptions): Promise<ExitCode> {
  const client = clientOf(context);
  const leaving = leaveOnInterrupt();
  let subject = id;
  let after = 0;
  while (!leaving.signal.aborted) {
    const answer = await client.call("logs", { id: subject, after });
    // What was meant at first is meant until the end, whatever is begun meanwhile.
    subject = answer.id;
    const more = answer.next > after;
    if (options.json === true) {
      if (more || after === 0) context.output.line(JSON.stringify(answer));
    } else process.stdout.write(printable(readableLog(answer.text)));
    after = answer.next;
    if (!more && (answer.ended || options.follow !== true)) return 0;
    if (!more) await delay(pauseMs, undefined, { signal: leaving.signal }).catch(() => undefined);
  }
  return leftCode;
}
