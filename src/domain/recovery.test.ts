import { describe, expect, it } from "vitest";
import type { Failure } from "./failure.ts";
import { recover } from "./recovery.ts";
import type { CountedFailure } from "./rows.ts";

const exit = (code: number): Failure => ({ reason: "agent-exit", code, signal: null, log: "" });
const lost: Failure = { reason: "runner-lost", detail: "killed" };
const history = (counts: boolean, ...failures: Failure[]): CountedFailure[] =>
  failures.map((failure, index) => ({ attempt: index + 1, agent: "a", failure, counts }));
const three = { maxAttempts: 3, excused: false, waits: true, onConflict: "reopen" as const, others: false };

const refused = (...paths: string[]): Failure => ({
  reason: "policy-violated",
  findings: paths.map((path, line) => ({ rule: "deleted-tests", level: "fail", path, line, what: `${line} fewer` })),
  more: 0,
});

describe("a conflict with what landed meanwhile", () => {
  const conflict: Failure = { reason: "conflict", paths: ["a"], tip: "t" };
  it.each([
    ["reopen", { kind: "retry", afterMs: 0, counts: true }],
    ["resolve", { kind: "retry", afterMs: 0, counts: true }],
    ["block", { kind: "hold" }],
    ["stop", { kind: "hold" }],
    ["skip", { kind: "give-up", counts: true }],
  ] as const)("%s", (onConflict, expected) => {
    expect(recover(conflict, [], { ...three, onConflict })).toEqual(expected);
  });
});

describe("recovery", () => {
  it("a change that the policy refuses is made again, and not for ever where the same rules refuse the same files", () => {
    expect(recover(refused("a"), [], three)).toEqual({ kind: "retry", afterMs: 0, counts: true });
    const five = { ...three, maxAttempts: 5 };
    const same = history(true, refused("a", "b"), refused("b", "a", "a"));
    expect(recover(refused("a", "b"), same, five)).toEqual({ kind: "give-up", counts: true });
    expect(recover(refused("c"), same, five)).toMatchObject({ kind: "retry" });
  });

  it.each<[string, Failure]>([
    ["agent exit", exit(1)],
    ["nothing changed", { reason: "nothing-changed", claim: null, log: "" }],
    ["time limit", { reason: "time-limit", limit: "total", limitMs: 1, log: "" }],
    ["nested repository", { reason: "nested-repository", paths: ["n"] }],
    ["conflict", { reason: "conflict", paths: ["a"], tip: "t" }],
    ["failed check", { reason: "check-failed", check: "tests", exit: "exit code 1", log: "" }],
  ])("%s: tried again at once, given up at the third", (_, failure) => {
    expect(recover(failure, [], three)).toEqual({ kind: "retry", afterMs: 0, counts: true });
    expect(recover(failure, history(true, exit(9)), three)).toEqual({ kind: "retry", afterMs: 0, counts: true });
    expect(recover(failure, history(true, exit(8), exit(9)), three)).toEqual({ kind: "give-up", counts: true });
  });

  it.each<Failure>([
    { reason: "gate-blocked", check: "tests", cause: "not-found", log: "" },
    { reason: "red-base", check: "tests", log: "" },
    { reason: "landing-refused", detail: "" },
  ])("$reason: held, whatever came before", (failure) => {
    expect(recover(failure, history(true, exit(1), exit(2), exit(3)), three)).toEqual({ kind: "hold" });
  });

  it("the machine's faults are tried again with growing pauses and never counted, but not for ever", () => {
    const pauses = [0, 1, 2, 3, 4].map((count) =>
      recover(lost, history(false, ...Array<Failure>(count).fill(lost)), three),
    );
    expect(pauses).toEqual(
      [1_000, 2_000, 4_000, 8_000, 16_000].map((afterMs) => ({ kind: "retry", afterMs, counts: false })),
    );
    expect(recover(lost, history(false, lost, lost, lost, lost, lost), three)).toEqual({
      kind: "give-up",
      counts: false,
    });
  });

  it("uncounted failures take nothing from the agent's attempts", () => {
    expect(recover(exit(1), history(false, lost, lost, lost), three)).toMatchObject({ kind: "retry" });
  });

  it("the same failure three times ends it, whatever the budget", () => {
    const ten = { ...three, maxAttempts: 10 };
    expect(recover(exit(1), history(true, exit(1), exit(1)), ten)).toMatchObject({ kind: "give-up" });
    expect(recover(exit(1), history(true, exit(2), exit(1)), ten)).toMatchObject({ kind: "retry" });
  });

  it("a command that cannot be started is not started again", () => {
    expect(recover({ reason: "agent-not-started", command: "x", detail: "ENOENT" }, [], three)).toEqual({
      kind: "give-up",
      counts: true,
    });
  });

  it.each<Failure>([
    { reason: "agent-not-started", command: "x", detail: "ENOENT" },
    { reason: "agent-failed", cause: "unauthorized", status: 401, message: "", log: "" },
    { reason: "agent-failed", cause: "unknown-model", status: 404, message: "", log: "" },
  ])("%j: left to another agent where there is one, and no attempt is used up", (failure) => {
    const others = { ...three, maxAttempts: 1, others: true };
    expect(recover(failure, [], others)).toEqual({ kind: "retry", afterMs: 0, counts: false });
    expect(recover(failure, [], three)).toEqual({ kind: "give-up", counts: true });
    expect(recover(lost, history(false, failure, failure), three)).toMatchObject({ afterMs: 1_000 });
  });

  it("does not count what was done to the agent", () => {
    const failure = { reason: "agent-exit", code: 1, signal: null, log: "" } as const;
    expect(recover(failure, [], { ...three, maxAttempts: 1, excused: true })).toEqual({
      kind: "retry",
      afterMs: 1_000,
      counts: false,
    });
  });
});
