import { StringDecoder } from "node:string_decoder";
import type { Reader } from "../adapters/agents/driver.ts";
import type { AgentEvent } from "../domain/agent-event.ts";
import type { Ending } from "../domain/judge-attempt.ts";
import { LineSplitter } from "../std/json-lines.ts";
import { ObjectLines, type Replaced } from "./object-lines.ts";

/** A longer line is cut, and its rest is only log. */
const maxLine = 1024 * 1024;

/** Cuts both streams of an agent into lines for the driver's reader. */
export class AgentLines {
  private readonly reader: Reader;
  private readonly take: (events: readonly AgentEvent[]) => void;
  private readonly streams: Record<"stdout" | "stderr", ByteLines>;

  constructor(reader: Reader, take: (events: readonly AgentEvent[]) => void) {
    this.reader = reader;
    this.take = take;
    this.streams = {
      stdout: linesFor(reader, (line, cut) => take(reader.line(line, cut)), newsOf(reader, take)),
      stderr: linesFor(reader, (line) => take(reader.errorLine(line))),
    };
  }

  push(chunk: Buffer, name: "stdout" | "stderr"): void {
    this.streams[name].push(chunk);
  }

  end(ending: Ending): void {
    for (const lines of Object.values(this.streams)) lines.end();
    if (ending.kind === "code") this.take(this.reader.ended({ code: ending.code, signal: null }));
    if (ending.kind === "signal") this.take(this.reader.ended({ code: null, signal: ending.signal }));
  }
}

interface ByteLines {
  push(chunk: Buffer): void;
  end(): void;
}

type OnLine = (line: string, cut: boolean) => void;

function linesFor({ objectsOnly }: Reader, onLine: OnLine, replaced?: Replaced): ByteLines {
  return objectsOnly === true ? new ObjectLines(onLine, maxLine, replaced) : allLines(onLine);
}

/** What an agent says takes the place of what it said before, and so does its progress. */
function newsOf(reader: Reader, take: (events: readonly AgentEvent[]) => void): Replaced | undefined {
  const kindOf = reader.newsOf;
  if (kindOf === undefined) return undefined;
  return {
    kindOf,
    onLast: (line) => {
      const events = reader.line(line, false);
      take(events);
      return events.length > 0;
    },
  };
}

function allLines(onLine: OnLine): ByteLines {
  const decoder = new StringDecoder("utf8");
  const lines = new LineSplitter(onLine, maxLine);
  return {
    push: (chunk) => lines.push(decoder.write(chunk)),
    end: () => {
      lines.push(decoder.end());
      lines.end();
    },
  };
}
