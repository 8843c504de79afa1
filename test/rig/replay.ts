import { readFileSync } from "node:fs";
import type { RecordedExchange } from "../../src/adapters/models/recorded-transport.ts";
import type { Transport } from "../../src/adapters/models/transport.ts";

/** Answers as was recorded, in order; each question has to be the one that was asked then. */
export function replayTransport(file: string): Transport {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const recorded = lines.map((line) => JSON.parse(line) as RecordedExchange);
  return {
    async send({ url, body }) {
      const next = recorded.shift();
      if (next === undefined) throw new Error(`nothing is recorded any more, and ${url} was asked`);
      if (next.url !== url || next.body !== body) throw new Error(`another question was recorded: ${next.body}`);
      if (next.reply === null) throw new Error("no reply was recorded");
      return next.reply;
    },
  };
}
