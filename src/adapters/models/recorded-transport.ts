import { appendFile } from "node:fs/promises";
import type { ModelReply, ModelRequest, Transport } from "./transport.ts";

/** One line of a record: what was asked and what came back, without headers that hold keys. */
export interface RecordedExchange {
  readonly at: number;
  readonly ms: number;
  readonly url: string;
  readonly body: string;
  /** Null: there was none. */
  readonly reply: ModelReply | null;
}

/** Of a body; what a model says is shorter. */
const maxKept = 1_000_000;

/** Writes every exchange down, redacted, so that what happened can be looked at and played again. */
export function recordedTransport(inner: Transport, file: string, redact: (text: string) => string): Transport {
  const kept = (text: string): string => redact(text).slice(0, maxKept);
  const write = async (request: ModelRequest, from: number, reply: ModelReply | null): Promise<void> => {
    const line: RecordedExchange = {
      at: from,
      ms: Date.now() - from,
      url: kept(request.url),
      body: kept(request.body),
      reply: reply === null ? null : { ...reply, body: kept(reply.body) },
    };
    await appendFile(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };
  return {
    async send(request, signal) {
      const from = Date.now();
      try {
        const reply = await inner.send(request, signal);
        await write(request, from, reply);
        return reply;
      } catch (error) {
        await write(request, from, null);
        throw error;
      }
    },
  };
}
