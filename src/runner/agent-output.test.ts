import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reader } from "../adapters/agents/driver.ts";
import { agentLinesReader } from "../adapters/agents/drivers/agent-lines.ts";
import type { AgentEvent } from "../domain/agent-event.ts";
import { AgentLines } from "./agent-output.ts";

function eventsOf(reader: Reader, pieces: readonly Buffer[]): AgentEvent[] {
  const events: AgentEvent[] = [];
  const lines = new AgentLines(reader, (some) => void events.push(...some));
  for (const piece of pieces) lines.push(piece, "stdout");
  lines.end({ kind: "code", code: 0 });
  return events;
}

/** Of messages in a row only the last, and of progress. */
function told(events: readonly AgentEvent[]): AgentEvent[] {
  const isNews = (type: string): boolean => type === "message" || type === "progress";
  return events.filter(({ type }, at) => !isNews(type) || events[at + 1]?.type !== type);
}

/** The same without any shortcut: every line is decoded and parsed. */
function plainReader(): Reader {
  const reader = agentLinesReader();
  return { line: (text, cut) => reader.line(text, cut), errorLine: () => [], ended: () => [] };
}

const whole = fc.constantFrom(
  '{"type":"message","text":"one"}',
  '{"type": "message", "text": "two"}',
  '{"type":"message","text":"grüße \\" \\\\ \\n"}',
  '{"type":"message","text":"\\u001b[1mloud"}',
  '{"type":"message","text":""}',
  '{"type":"message","text":"cut off',
  '{"type":"message"} and more',
  '{"type":"messages","text":"three"}',
  '{"type":"message","text":"four","type":"turn"}',
  '{"type":"message","text":"five","\\u0074ype":"turn"}',
  '{"type":"message","text":"six","more":{"type":"turn"}}',
  '  {"text":"seven","type":"message"}',
  '{"type":"progress","percent":40}',
  '{"type": "progress", "percent": 50, "message": "half"}',
  '{"type":"progress","percent":6',
  '{"type":"progress","type":"message","text":"eight"}',
  '{"type":"turn"}',
  '{"type":"file","path":"a.txt"}',
  '[{"type":"turn"}]',
  "plain words",
  "",
);
const torn = fc.tuple(whole, fc.nat(60)).map(([line, length]) => line.slice(0, length));

describe("what an agent prints", () => {
  it("tells the same as if every line were read, but for news that other news of the kind follow", () => {
    const lines = fc.array(fc.oneof({ weight: 5, arbitrary: whole }, torn), { maxLength: 24 });
    fc.assert(
      fc.property(lines, fc.array(fc.nat(800), { maxLength: 6 }), (text, cuts) => {
        const bytes = Buffer.from(text.join("\n"));
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((place, at) => bytes.subarray(places[at], place));
        expect(told(eventsOf(agentLinesReader(), pieces))).toEqual(told(eventsOf(plainReader(), [bytes])));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is read once for all messages that come together", () => {
    const reader = agentLinesReader();
    let read = 0;
    const counting: Reader = { ...reader, line: (text, cut) => (read++, reader.line(text, cut)) };
    const block = Buffer.from('{"type":"message","text":"again"}\n'.repeat(1_000));
    expect(eventsOf(counting, [block, block])).toEqual([
      { type: "message", text: "again" },
      { type: "message", text: "again" },
    ]);
    expect(read).toBe(2);
  });
});
