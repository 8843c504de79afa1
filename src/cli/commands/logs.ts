import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../../api/client.ts";
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
  const follow = options.follow === true;
  let stop: Stop | null = null;
  let subject = id;
  let after = 0;
  try {
    for (;;) {
      const asked = client.call("logs", { id: subject, after });
      const answer = await (stop === null ? asked : Promise.race([asked, stop.stopped]));
      // What was meant at first is meant until the end, whatever is begun meanwhile.
      subject = answer.id;
      // Before anybody is told of it: who then stops the daemon is heard.
      if (follow && stop === null) {
        stop = watchForStop(client, subject);
        await Promise.race([stop.watching, stop.stopped]);
      }
      const more = answer.next > after;
      if (options.json === true) {
        // The end is told, also where nothing more was said before it.
        if (more || after === 0 || answer.ended) context.output.line(JSON.stringify(answer));
      } else process.stdout.write(printable(readableLog(answer.text)));
      after = answer.next;
      if (!more && (answer.ended || !follow)) return 0;
      if (!more) await Promise.race([delay(pauseMs), stop?.stopped, leaving.left]);
      if (leaving.signal.aborted) return leftCode;
    }
  } finally {
    leaving.end();
    stop?.end();
  }
}

interface Stop {
  /** Resolves when nothing can be missed any more. */
  readonly watching: Promise<void>;
  /** Rejects when a person stops the daemon: the next question would start another one. */
  readonly stopped: Promise<never>;
  end(): void;
}

/** The run's feed behind all events there will ever be: nothing comes on it but its end. */
function watchForStop(client: Client, subject: string): Stop {
  const [run = ""] = subject.split("/");
  const over = new AbortController();
  let opened = (): void => undefined;
  const watching = new Promise<void>((resolve) => (opened = resolve));
  const stopped = new Promise<never>((_, reject) => {
    const quiet = { run, after: Number.MAX_SAFE_INTEGER, onEvents: () => undefined, signal: over.signal };
    client.follow({ ...quiet, onOpen: () => opened() }).then(() => opened(), reject);
  });
  // Between two waits nobody listens.
  stopped.catch(() => undefined);
  return { watching, stopped, end: () => over.abort() };
}
