import { describe, expect, it } from "vitest";
import type { AgentEvent } from "./agent-event.ts";
import { judgeAttempt, type Ending, type Evidence } from "./judge-attempt.ts";

const evidence: Evidence = {
  ending: { kind: "code", code: 0 },
  final: null,
  saysFinal: true,
  limit: null,
  hasWork: true,
  nested: [],
  log: "the log",
  program: "agent",
};
const ok = { type: "final", ok: true } as const;

function failed(
  cause: Extract<AgentEvent, { type: "final"; ok: false }>["cause"],
  status: number | null = null,
): Evidence["final"] {
  return { type: "final", ok: false, cause, status, message: "why" };
}

const judged = (own: Partial<Evidence>): unknown => judgeAttempt({ ...evidence, ...own });
const code = (value: number): Ending => ({ kind: "code", code: value });

describe("an agent that says when it has finished", () => {
  it.each([0, 1, 53, 145])("is done by its word and its work, whatever its exit code: %i", (exit) => {
    expect(judged({ ending: code(exit), final: ok })).toEqual({ kind: "done" });
    expect(judged({ ending: code(exit), final: ok, hasWork: false })).toEqual({ kind: "nothing-changed" });
  });

  it("is not done without that word, exit code 0 or not", () => {
    expect(judged({})).toMatchObject({ kind: "partial", failure: { reason: "no-final", exit: "exit code 0" } });
    expect(judged({ hasWork: false })).toMatchObject({ kind: "failed", failure: { reason: "no-final" } });
    expect(judged({ ending: code(2) })).toMatchObject({ kind: "partial", failure: { reason: "agent-exit", code: 2 } });
    expect(judged({ ending: { kind: "signal", signal: "SIGKILL" } })).toMatchObject({ failure: { signal: "SIGKILL" } });
  });

  it("has failed by the cause that it names, and what it left is kept", () => {
    expect(judged({ final: failed("endpoint", 529), hasWork: false })).toEqual({
      kind: "failed",
      failure: { reason: "agent-failed", cause: "endpoint", status: 529, message: "why", log: "the log" },
    });
    expect(judged({ final: failed("unauthorized", 401) })).toMatchObject({ kind: "partial" });
    expect(judged({ final: failed("cancelled") })).toMatchObject({ failure: { cause: "other" } });
  });

  it("has declined, or is out of quota until a time, or until nobody knows when", () => {
    const limit = { type: "limit", resetsAt: 5, message: "later" } as const;
    expect(judged({ final: failed("refused") })).toEqual({ kind: "refused", message: "why" });
    expect(judged({ final: failed("limited"), limit })).toEqual({ kind: "limited", until: 5, message: "later" });
    expect(judged({ final: failed("limited") })).toEqual({ kind: "limited", until: null, message: "why" });
    expect(judged({ limit, ending: code(1) })).toEqual({ kind: "limited", until: 5, message: "later" });
  });
});

describe("a plain command", () => {
  it("is done by exit code 0 and its work, and failed by any other", () => {
    expect(judged({ saysFinal: false })).toEqual({ kind: "done" });
    expect(judged({ saysFinal: false, hasWork: false })).toEqual({ kind: "nothing-changed" });
    expect(judged({ saysFinal: false, ending: code(1), hasWork: false })).toMatchObject({ kind: "failed" });
  });

  it("that left a repository has failed", () => {
    expect(judged({ saysFinal: false, nested: ["a"] })).toMatchObject({ failure: { reason: "nested-repository" } });
  });
});

describe("an agent that was ended", () => {
  it.each<[Ending, string]>([
    [{ kind: "limit", limit: "silence", limitMs: 1 }, "time-limit"],
    [{ kind: "loop", what: "read a", times: 20 }, "loop"],
    [{ kind: "turn-limit", turns: 5 }, "turn-limit"],
  ])("%o has failed by it", (ending, reason) => {
    expect(judged({ ending, hasWork: false })).toMatchObject({ kind: "failed", failure: { reason } });
    expect(judged({ ending })).toMatchObject({ kind: "partial", failure: { reason } });
  });

  it("is done where it had said so and only did not leave", () => {
    expect(judged({ ending: { kind: "limit", limit: "silence", limitMs: 1 }, final: ok })).toEqual({ kind: "done" });
  });

  it("is stopped by a person, whatever it says", () => {
    expect(judged({ ending: { kind: "stopped" }, final: ok })).toEqual({ kind: "stopped" });
  });

  it("was never there where it could not be started", () => {
    expect(judged({ ending: { kind: "not-started", detail: "ENOENT" } })).toMatchObject({
      failure: { reason: "agent-not-started", command: "agent" },
    });
  });
});
