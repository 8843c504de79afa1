import { expect, it } from "vitest";
import { readOptions } from "./options.ts";

it("reads what it knows, and leaves what stands behind -- as it is", () => {
  const argv = ["--prompt-file", "p", "--max-turns=3", "--mode", "plan", "--", "agent", "--model", "x"];
  expect(readOptions(argv, ["mode"])).toMatchObject({
    promptFile: "p",
    maxTurns: 3,
    model: null,
    permissions: "allow",
    answerTimeoutMs: 600_000,
    own: { mode: "plan" },
    rest: ["agent", "--model", "x"],
  });
});

it.each([
  [[], "--prompt-file is missing"],
  [["--prompt-file", "p", "--permissions", "maybe"], "--permissions is one of allow, deny, ask"],
  [["--prompt-file", "p", "--max-turns", "1.5"], "--max-turns is a number of at least 1"],
  [["--prompt-file", "p", "--mode", "x"], "Unknown option '--mode'"],
  [["--prompt-file"], "argument missing"],
])("refuses %j", (argv, message) => {
  expect(() => readOptions(argv, [])).toThrow(message);
});
