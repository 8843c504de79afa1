import { describe, expect, it } from "vitest";
import type { Agent } from "./agent.ts";
import { isAbout, judgeCheck, judgeGate, judgeGo, withVerified, type Check, type CheckResult } from "./verdict.ts";
import type { TestCount } from "./test-count.ts";

const check = (kind: Check["kind"], name = "c"): Check => ({ name, run: "x", kind, timeoutMs: 1_000 });
const result = (exit: CheckResult["exit"], tests: TestCount | null = null, name = "c"): CheckResult => ({
  name,
  exit,
  durationMs: 5,
  tests,
  output: "",
});
const code = (value: number): CheckResult["exit"] => ({ kind: "code", code: value });
const ran = (passed: number, failed: number, skipped = 0): TestCount => ({ runner: "r", passed, failed, skipped });

describe("a check", () => {
  it.each<[string, Check["kind"], CheckResult["exit"], TestCount | null, string]>([
    ["command, exit 0, silent", "command", code(0), null, "pass"],
    ["command, exit 1", "command", code(1), null, "fail"],
    ["command, exit 126", "command", code(126), null, "blocked not-executable"],
    ["command, exit 127", "command", code(127), null, "blocked not-found"],
    ["command whose runner ran nothing", "command", code(0), ran(0, 0), "blocked no-test-ran"],
    ["command whose runner only skipped", "command", code(0), ran(0, 0, 4), "blocked no-test-ran"],
    ["test, exit 0, counted", "test", code(0), ran(3, 0), "pass"],
    ["test, exit 0, nothing recognised", "test", code(0), null, "blocked no-test-ran"],
    ["test, exit 1, counted", "test", code(1), ran(2, 1), "fail"],
    ["test, exit 1, nothing recognised", "test", code(1), null, "fail"],
    ["test, exit 5, ran nothing", "test", code(5), ran(0, 0), "blocked no-test-ran"],
    ["exit 0 though tests failed", "test", code(0), ran(2, 1), "fail"],
    ["ended by a signal", "command", { kind: "signal", signal: "SIGSEGV" }, null, "fail"],
    ["time limit", "command", { kind: "time-limit", limitMs: 1_000 }, null, "fail"],
    ["not started", "command", { kind: "not-started", detail: "no slot" }, null, "blocked not-started"],
    ["stopped", "command", { kind: "stopped" }, null, "blocked stopped"],
  ])("%s (%s)", (_, kind, exit, tests, expected) => {
    const verdict = judgeCheck(check(kind), result(exit, tests));
    expect(verdict.verdict === "blocked" ? `blocked ${verdict.cause}` : verdict.verdict).toBe(expected);
  });
});

describe("a gate", () => {
  const gate = { checks: [check("command", "a"), check("test", "b")] };

  it("passes when every check does, with their counts", () => {
    expect(judgeGate(gate, [result(code(0), null, "a"), result(code(0), ran(2, 0), "b")])).toEqual({
      verdict: "pass",
      checks: [
        { name: "a", durationMs: 5, tests: null, flaky: null, quarantined: null },
        { name: "b", durationMs: 5, tests: ran(2, 0), flaky: null, quarantined: null },
      ],
    });
  });

  it("names the first check that did not pass", () => {
    expect(judgeGate(gate, [result(code(3), null, "a")])).toMatchObject({
      verdict: "fail",
      check: "a",
      failure: { exit: "exit code 3" },
    });
  });

  describe("with a check that failed and was run again", () => {
    const again = (first: CheckResult, last: CheckResult): CheckResult => ({
      ...last,
      earlier: { failures: 1, durationMs: 7, first },
    });
    const failing = { ...result(code(1), ran(1, 1)), output: "first" };
    const one = { checks: [check("test")] };

    it("passes where it passed then, and says that it is flaky", () => {
      expect(judgeGate(one, [again(failing, result(code(0), ran(2, 0)))])).toEqual({
        verdict: "pass",
        checks: [
          {
            name: "c",
            durationMs: 12,
            tests: ran(2, 0),
            flaky: { failures: 1, exit: "exit code 1" },
            quarantined: null,
          },
        ],
      });
    });

    it("fails where it failed every time, and says how often", () => {
      expect(judgeGate(one, [again(failing, result({ kind: "signal", signal: "SIGKILL" }))])).toMatchObject({
        verdict: "fail",
        failure: { exit: "signal SIGKILL, 2 of 2 times" },
      });
    });

    it.each([
      ["was not found any more", result(code(127))],
      ["ran no test any more", result(code(0), null)],
    ])("fails where it %s: that it failed stays true", (_, last) => {
      expect(judgeGate(one, [again(failing, last)])).toMatchObject({
        verdict: "fail",
        failure: { exit: "exit code 1; it could not be run again", log: "first" },
      });
    });

    it("is stopped where it was stopped", () => {
      expect(judgeGate(one, [again(failing, result({ kind: "stopped" }))])).toMatchObject({
        verdict: "blocked",
        failure: { cause: "stopped" },
      });
    });
  });

  describe("with a check in quarantine", () => {
    const quarantined = { checks: [{ ...check("test", "a"), quarantined: true }, check("test", "b")] };
    const b = result(code(0), ran(2, 0), "b");

    it.each<[string, CheckResult, string]>([
      ["fails", result(code(1), ran(1, 1), "a"), "exit code 1"],
      ["runs no test", result(code(0), null, "a"), "no-test-ran"],
      ["is not there", result(code(127), null, "a"), "not-found"],
    ])("passes when that one %s, and says so", (_, a, exit) => {
      expect(judgeGate(quarantined, [a, b])).toMatchObject({
        verdict: "pass",
        checks: [{ name: "a", quarantined: { exit }, tests: null }, { name: "b" }],
      });
    });

    it("is blocked where nothing could be started, and fails when another check does", () => {
      const broken = result({ kind: "not-started", detail: "" }, null, "a");
      expect(judgeGate(quarantined, [broken, b])).toMatchObject({ verdict: "blocked", check: "a" });
      const failing = [result(code(0), ran(1, 0), "a"), result(code(1), null, "b")];
      expect(judgeGate(quarantined, failing)).toMatchObject({ verdict: "fail", check: "b" });
    });
  });

  it.each<[string, CheckResult[], string, string]>([
    ["stopped for one that failed", [result({ kind: "stopped" }, null, "a"), result(code(1), null, "b")], "fail", "b"],
    ["not begun for one that failed", [result(code(1), null, "b")], "fail", "b"],
    ["not found beside one that failed", [result(code(127), null, "a"), result(code(1), null, "b")], "fail", "b"],
    [
      "stopped for one not found",
      [result({ kind: "stopped" }, null, "a"), result(code(127), null, "b")],
      "blocked",
      "b",
    ],
    ["failing like another one", [result(code(1), null, "a"), result(code(2), null, "b")], "fail", "a"],
  ])("with checks side by side, one %s: names what says most", (_, results, verdict, name) => {
    expect(judgeGate(gate, results)).toMatchObject({ verdict, check: name });
  });

  it("shows the output of every check that failed", () => {
    const results = [result(code(1), null, "a"), result(code(2), null, "b")];
    const shown = results.map((one) => ({ ...one, output: `of ${one.name}` }));
    expect(judgeGate(gate, shown)).toMatchObject({ failure: { log: "of a\n\n“b” (exit code 2):\nof b" } });
  });

  it("is blocked by a check that got no network before any test ran; one that ran tests fails, and says so", () => {
    const offline = { ...result(code(1)), refused: "x.org:443" };
    const one = { checks: [check("command")] };
    expect(judgeGate(one, [offline])).toMatchObject({ verdict: "blocked", failure: { cause: "no-network" } });
    const exit = "exit code 1; the sandbox kept it from x.org:443";
    expect(judgeGate(one, [{ ...offline, tests: ran(1, 1) }])).toMatchObject({ verdict: "fail", failure: { exit } });
    expect(judgeGate(one, [{ ...offline, ...result(code(0)) }])).toMatchObject({ verdict: "pass" });
  });

  it("without a result for a check is blocked: could not run is not a pass", () => {
    expect(judgeGate(gate, [result(code(0), null, "a")])).toMatchObject({ verdict: "blocked", check: "b" });
    expect(judgeGate(gate, [])).toMatchObject({ verdict: "blocked", check: "a" });
  });
});

describe("a verdict that an agent has a part in", () => {
  const agent = { name: "judge" } as Agent;
  const verify: Check = {
    name: "verify",
    run: "agent judge",
    kind: "agent",
    timeoutMs: 1,
    verifier: { agent, prompt: null },
  };
  const gate = { checks: [check("command", "tests"), verify] };
  const passed = ["tests", "verify"].map((name) => ({
    name,
    durationMs: 1,
    tests: null,
    flaky: null,
    quarantined: null,
  }));

  it("is about the tasks it was asked about, and no others", () => {
    const checks = withVerified(gate, passed, ["run/1", "run/2"]);
    expect(checks.map(({ verified }) => verified)).toEqual([undefined, ["run/1", "run/2"]]);
    expect(isAbout(gate, checks, ["run/2"])).toBe(true);
    expect(isAbout(gate, checks, [])).toBe(true);
    expect(isAbout(gate, checks, ["run/2", "run/3"])).toBe(false);
    expect(isAbout(gate, passed, ["run/1"])).toBe(false);
    expect(isAbout({ checks: gate.checks.slice(0, 1) }, passed, ["run/1"])).toBe(true);
  });

  it("is none where it left nothing that could be run", () => {
    const go = { exit: { kind: "no-evidence", detail: "none" }, durationMs: 1, tests: null, output: "none" } as const;
    expect(judgeGo(verify, go)).toEqual({ verdict: "blocked", cause: "no-evidence", log: "none" });
    const failed = { ...go, exit: { kind: "evidence", commands: 3, failed: 1 } } as const;
    expect(judgeGo(verify, failed)).toMatchObject({ verdict: "fail", exit: "1 of 3 commands of evidence" });
  });
});
