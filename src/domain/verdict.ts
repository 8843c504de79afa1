import type { BlockCause, Failure } from "./failure.ts";
import { executed, type TestCount } from "./test-count.ts";

/** `test` must show at least one executed test; `command` passes with exit 0 even when silent. */
export type CheckKind = "test" | "command";

export interface Check {
  readonly name: string;
  /** A line for `sh -c`. */
  readonly run: string;
  readonly kind: CheckKind;
  readonly timeoutMs: number;
}

/** The checks a change must pass; from the configuration at submission, never from the candidate. */
export interface Gate {
  readonly checks: readonly Check[];
}

/** How one check ended, as observed by its runner. */
export interface CheckResult {
  readonly name: string;
  readonly exit:
    | { readonly kind: "code"; readonly code: number }
    | { readonly kind: "signal"; readonly signal: string }
    | { readonly kind: "time-limit"; readonly limitMs: number }
    | { readonly kind: "not-started"; readonly detail: string }
    | { readonly kind: "stopped" };
  readonly durationMs: number;
  /** Counted by the runner over the whole output; null where no summary was recognised. */
  readonly tests: TestCount | null;
  /** The end of the output, bounded. */
  readonly output: string;
}

export type CheckVerdict =
  | { readonly verdict: "pass"; readonly tests: TestCount | null }
  | { readonly verdict: "fail"; readonly exit: string; readonly tests: TestCount | null }
  | { readonly verdict: "blocked"; readonly cause: BlockCause };

/** What one check's end means. Exit 126 and 127 are the shell's "cannot execute" and "not found" (POSIX 2.8.2). */
export function judgeCheck(check: Check, result: CheckResult): CheckVerdict {
  const { tests } = result;
  switch (result.exit.kind) {
    case "not-started":
      return { verdict: "blocked", cause: "not-started" };
    case "stopped":
      return { verdict: "blocked", cause: "stopped" };
    case "signal":
      return { verdict: "fail", exit: `signal ${result.exit.signal}`, tests };
    case "time-limit":
      return { verdict: "fail", exit: `no end within ${result.exit.limitMs} ms`, tests };
    case "code":
      return judgeExitCode(check, result.exit.code, tests);
  }
}

function judgeExitCode(check: Check, code: number, tests: TestCount | null): CheckVerdict {
  if (code === 127) return { verdict: "blocked", cause: "not-found" };
  if (code === 126) return { verdict: "blocked", cause: "not-executable" };
  // A recognised runner that executed nothing proves nothing, whatever it exited with (pytest: 5).
  if (tests !== null && executed(tests) === 0) return { verdict: "blocked", cause: "no-test-ran" };
  if (code !== 0) return { verdict: "fail", exit: `exit code ${code}`, tests };
  // A pipe or a wrapper may hide a runner's exit code; its own summary does not lie in that direction.
  if (tests !== null && tests.failed > 0)
    return { verdict: "fail", exit: `exit code 0 with ${tests.failed} failed`, tests };
  if (check.kind === "test" && tests === null) return { verdict: "blocked", cause: "no-test-ran" };
  return { verdict: "pass", tests };
}

export type GateVerdict =
  | { readonly verdict: "pass"; readonly checks: readonly PassedCheck[] }
  | { readonly verdict: "fail" | "blocked"; readonly failure: Failure; readonly check: string };

export interface PassedCheck {
  readonly name: string;
  readonly durationMs: number;
  /** Null means "no test count", not "no tests". */
  readonly tests: TestCount | null;
}

/** The verdict on a tree from its check results, in declared order; checks after the first that did not pass need not have run. */
export function judgeGate(gate: Gate, results: readonly CheckResult[]): GateVerdict {
  const passed: PassedCheck[] = [];
  for (const check of gate.checks) {
    const result = results.find((candidate) => candidate.name === check.name);
    if (result === undefined) return blockedBy(check, "not-started", "");
    const judged = judgeCheck(check, result);
    if (judged.verdict === "blocked") return blockedBy(check, judged.cause, result.output);
    if (judged.verdict === "fail") {
      const failure: Failure = { reason: "check-failed", check: check.name, exit: judged.exit, log: result.output };
      return { verdict: "fail", failure, check: check.name };
    }
    passed.push({ name: check.name, durationMs: result.durationMs, tests: judged.tests });
  }
  return { verdict: "pass", checks: passed };
}

function blockedBy(check: Check, cause: BlockCause, log: string): GateVerdict {
  return { verdict: "blocked", failure: { reason: "gate-blocked", check: check.name, cause, log }, check: check.name };
}
