import { expect, it } from "vitest";
import { readableLog } from "./agent-log.ts";

it("shows the lines of an agent as words, and all others as they are", () => {
  const lines = [
    { type: "session", id: "s1" },
    { type: "turn" },
    { type: "progress", percent: 40, message: "tests" },
    { type: "tool", name: "edit", detail: "Write a.txt", state: "started" },
    { type: "permission", asked: "edit: Write a.txt", answer: "waiting" },
    { type: "tool", name: "edit", detail: "Write a.txt", state: "done" },
    { type: "tool", name: "run", state: "failed" },
    { type: "file", path: "a.txt" },
    { type: "usage", input_tokens: 3 },
    { type: "message", text: "done" },
    { type: "final", ok: true, message: "" },
    { type: "final", ok: false, message: "out of quota" },
    { type: "tool" },
    { type: "assistant", message: {} },
  ].map((line) => JSON.stringify(line));
  expect(readableLog(["plain", ...lines, "{half"].join("\n")).split("\n")).toEqual([
    "plain",
    "… 40 % tests",
    "· edit Write a.txt",
    "? edit: Write a.txt (waiting)",
    "· run (failed)",
    "· wrote a.txt",
    "» done",
    "= out of quota",
    '{"type":"tool"}',
    '{"type":"assistant","message":{}}',
    "{half",
  ]);
});
