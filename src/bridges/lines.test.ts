import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { noUsage } from "../domain/agent-event.ts";
import { commandOf, eventLine, readCommands, type BridgeCommand } from "./lines.ts";

it.each([
  ['{"type":"message","id":"m1","text":"go on"}', { type: "message", id: "m1", text: "go on" }],
  ['{"type":"message","id":7,"text":"go on"}', { type: "message", id: "", text: "go on" }],
  ['{"type":"answer","question":"q","text":"yes"}', { type: "answer", question: "q", text: "yes" }],
  ['{"type":"answer","text":"yes"}', { type: "answer", question: "", text: "yes" }],
  [' {"type":"cancel","more":1} ', { type: "cancel" }],
  ['{"type":"message","text":" "}', null],
  ['{"type":"message"}', null],
  ['{"type":"answer","question":"q"}', null],
  ['{"type":"reboot"}', null],
  ['{"type":"cancel"', null],
  ["[]", null],
  ["", null],
])("reads the command in %s", (line, command) => {
  expect(commandOf(line)).toEqual(command);
});

it("writes events with names in snake case", () => {
  const usage = { ...noUsage, inputTokens: 3, cost: 0.1, currency: "USD" };
  expect(eventLine({ type: "usage", usage, basis: "session" })).toBe(
    '{"type":"usage","input_tokens":3,"cached_tokens":null,"output_tokens":null,"cost":0.1,"currency":"USD","model":null,"basis":"session"}',
  );
  expect(eventLine({ type: "limit", resetsAt: 5, message: "m" })).toBe('{"type":"limit","resets_at":5,"message":"m"}');
  expect(eventLine({ type: "final", ok: true })).toBe(
    '{"type":"final","ok":true,"cause":null,"status":null,"message":""}',
  );
  expect(eventLine({ type: "message", text: "a\nb" })).not.toContain("\n");
});

it("reads commands from pieces, and tells of lines that are none and of the end", async () => {
  const heard: (BridgeCommand | string)[] = [];
  const stream = Readable.from(['{"type":"can', 'cel"}\n\nrubbish\n', '{"type":"message","text":"é"}']);
  await new Promise<void>((resolve) => {
    readCommands(stream, {
      obey: (command) => heard.push(command),
      misunderstood: () => heard.push("misunderstood"),
      ended: resolve,
    });
  });
  expect(heard).toEqual([{ type: "cancel" }, "misunderstood", { type: "message", id: "", text: "é" }]);
});
