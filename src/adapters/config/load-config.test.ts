import { describe, expect, it } from "vitest";
import { parseConfig } from "./load-config.ts";

describe("a configuration", () => {
  it("has defaults, durations in milliseconds and nothing of its own", async () => {
    expect(await parseConfig("", "f")).toEqual({
      agents: {},
      budget: {},
      conflicts: {},
      grouping: {},
      lockFiles: [],
      planning: { off: false },
      trackers: { github: {} },
      queue: {},
      sandbox: { hosts: [], readable: [] },
      workspace: {},
    });
    const text =
      "agents:\n  a: {driver: command, command: [x, y], limits: {total: 1h30m, silence: 90}}\ngate: {checks: [{run: t, timeout: 250ms}]}\n";
    const limits = { total: 5_400_000, silence: 90_000 };
    const nothing = { args: [], env: [], capabilities: [], files: [], backups: [], cost: {}, hosts: [] };
    expect(await parseConfig(text, "f")).toEqual({
      agents: { a: { driver: "command", command: ["x", "y"], limits, ...nothing } },
      gate: { checks: [{ run: "t", timeout: 250 }], limits: {}, flaky: {} },
      budget: {},
      conflicts: {},
      grouping: {},
      lockFiles: [],
      planning: { off: false },
      queue: {},
      sandbox: { hosts: [], readable: [] },
      trackers: { github: {} },
      workspace: {},
    });
  });

  it.each([
    ["agents: [", "f:1:", "invalid-config"],
    ["workers: 0\n", "f:1:10", "workers"],
    ["\nworkerz: 3\n", "f:2:10", "did you mean workers?"],
    ["agents:\n  a: {driver: other, command: [x]}\n", "f:2:15", "agents.a.driver"],
    ["agents:\n  a:\n    driver: command\n    command: []\n", "f:4:14", "agents.a.command"],
    ["agents:\n  a:\n    driver: command\n    command: [x]\n    limits: {total: soon}\n", "f:5:21", "not a duration"],
    ["prices:\n  'gpt-5*x': {input: 1, output: 2}\n", "f:2", "the beginning of one with * behind it"],
    ["prices: {gpt-5: {input: 1}}\n", "f:1", "prices.gpt-5.output"],
    ["prices: {gpt-5: {input: -1, output: 2}}\n", "f:1", "prices.gpt-5.input"],
    ["prices: {gpt-5: {input: 1, output: 2, write: 3}}\n", "f:1", "write"],
    ["a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b]\n", "f", "alias"],
  ])("that is wrong says where and why: %j", async (text, where, why) => {
    const error = await parseConfig(text, "f").then(
      () => null,
      (thrown: unknown) => thrown as { message: string; why: string; code: string },
    );
    expect(error?.message).toContain(where);
    expect(`${error?.why} ${error?.code}`).toContain(why);
  });
});
