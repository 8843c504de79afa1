import { plural } from "../std/text.ts";
import type { Agent } from "./agent.ts";
import type { Usage } from "./agent-event.ts";
import type { BlockCause, Failure } from "./failure.ts";
import { executed, type TestCount } from "./test-count.ts";

/**
 * `test` must show at least one executed test; `command` passes with exit 0 even when silent; `agent` passes where the commands
 * that an agent left as evidence do.
 */
export type CheckKind = "test" | "command" | "agent";

/** Who finds out by which commands it can be seen that the tasks are done. */
export interface Verifier {
  readonly agent: Agent;
  /** What the project tells it besides; null: nothing. */
  readonly prompt: string | null;
}

export interface Check {
  readonly name: string;
  /** A line for `sh -c`; of an agent only who it is. */
  readonly run: string;
  readonly kind: CheckKind;
  readonly timeoutMs: number;
  /** Its tests are counted from these JUnit files alone: a path in the work tree, with `*`, `?` and `**`. */
  readonly junit?: string;
  /** It is run and told of, but what it says does not count: a person has said so. */
  readonly quarantined?: boolean;
  /** Named leases that it holds while it runs; absent: none. */
  readonly leases?: readonly string[];
  /** Of kind `agent`, and only there. */
  readonly verifier?: Verifier;
}

/** The checks a change must pass; from the configuration at submission, never from the candidate. */
export interface Gate {
  readonly checks: readonly Check[];
  /** How often a check that failed is run again at most; absent: never. */
  readonly reruns?: number;
  /** Side by side instead of in order. */
  readonly parallel?: boolean;
  /** What a sandboxed check may use; absent: the same as agents. */
  readonly limits?: CheckLimits;
}

export interface CheckLimits {
  /** Of one process; for root, of all together. */
  readonly memoryBytes?: number;
  /** Of all together. */
  readonly maxProcesses?: number;
}

export type CheckExit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "time-limit"; readonly limitMs: number }
  | { readonly kind: "not-started"; readonly detail: string }
  /** Commands that a verifying agent left, run by code; `failed` of them did not do what they have to. */
  | { readonly kind: "evidence"; readonly commands: number; readonly failed: number }
  /** A verifying agent left nothing that could be run, or not all of it could be. */
  | { readonly kind: "no-evidence"; readonly detail: string }
  | { readonly kind: "stopped" };

/** How a command ended once, as observed by its runner. */
export interface CheckGo {
  readonly exit: CheckExit;
  readonly durationMs: number;
  /** Counted by the runner over the whole output; null where no summary was recognised. */
  readonly tests: TestCount | null;
  /** The end of the output, bounded. */
  readonly output: string;
  /** What it wanted of the network and did not get, as `host:port` where that is known; absent: nothing that was seen. */
  readonly refused?: string;
}

/** How a check ended: the last time, where it failed before and was run again. */
export interface CheckResult extends CheckGo {
  readonly name: string;
  readonly earlier?: EarlierGoes;
  /** Of the agent that verified; absent: none was started. */
  readonly usage?: Usage;
}

/** The goes before the last one. All of them failed. */
export interface EarlierGoes {
  readonly failures: number;
  /** Of all of them together. */
  readonly durationMs: number;
  readonly first: CheckGo;
}

export type CheckVerdict =
  | { readonly verdict: "pass"; readonly tests: TestCount | null; readonly flaky: Flaky | null }
  | { readonly verdict: "fail"; readonly exit: string; readonly tests: TestCount | null; readonly log: string }
  | { readonly verdict: "blocked"; readonly cause: BlockCause; readonly log: string };

/** It failed and passed on the same tree. */
export interface Flaky {
  readonly failures: number;
  /** How it ended the first time. */
  readonly exit: string;
}

/** What the goes of one check mean together. */
export function judgeCheck(check: Check, result: CheckResult): CheckVerdict {
  const last = judgeGo(check, result);
  const { earlier } = result;
  if (earlier === undefined) return last;
  const times = `${earlier.failures + 1} times`;
  switch (last.verdict) {
    case "pass":
      return { ...last, flaky: { failures: earlier.failures, exit: exitText(check, earlier.first) } };
    case "fail":
      return { ...last, exit: `${last.exit}, ${earlier.failures + 1} of ${times}` };
    case "blocked":
      // That it could not be run again takes nothing away from that it failed.
      return last.cause === "stopped" ? last : failedOnce(check, earlier.first);
  }
}

function failedOnce(check: Check, first: CheckGo): CheckVerdict {
  const exit = `${exitText(check, first)}; it could not be run again`;
  return { verdict: "fail", exit, tests: first.tests, log: first.output };
}

function exitText(check: Check, go: CheckGo): string {
  const judged = judgeGo(check, go);
  return judged.verdict === "fail" ? judged.exit : judged.verdict;
}

/** What one end means. Exit 126 and 127 are the shell's "cannot execute" and "not found" (POSIX 2.8.2). */
export function judgeGo(check: Check, go: CheckGo): CheckVerdict {
  const { exit, tests, output: log } = go;
  switch (exit.kind) {
    case "not-started":
      return { verdict: "blocked", cause: "not-started", log };
    case "stopped":
      return { verdict: "blocked", cause: "stopped", log };
    case "signal":
      return { verdict: "fail", exit: `signal ${exit.signal}`, tests, log };
    case "time-limit":
      return { verdict: "fail", exit: `no end within ${exit.limitMs} ms`, tests, log };
    case "no-evidence":
      return { verdict: "blocked", cause: "no-evidence", log };
    case "evidence":
      return exit.failed === 0
        ? { verdict: "pass", tests, flaky: null }
        : { verdict: "fail", exit: `${exit.failed} of ${plural(exit.commands, "command")} of evidence`, tests, log };
    case "code":
      return judgeExitCode(check, exit.code, go);
  }
}

function judgeExitCode(check: Check, code: number, { tests, output: log, refused }: CheckGo): CheckVerdict {
  if (code === 127) return { verdict: "blocked", cause: "not-found", log };
  if (code === 126) return { verdict: "blocked", cause: "not-executable", log };
  // A recognised runner that executed nothing proves nothing, whatever it exited with (pytest: 5).
  if (tests !== null && executed(tests) === 0) return { verdict: "blocked", cause: "no-test-ran", log };
  // Without a test that was run nothing was judged: dependencies could not be fetched, say.
  if (code !== 0 && refused !== undefined && tests === null) return { verdict: "blocked", cause: "no-network", log };
  const offline = refused === undefined ? "" : `; the sandbox kept it from ${refused}`;
  if (code !== 0) return { verdict: "fail", exit: `exit code ${code}${offline}`, tests, log };
  // A pipe or a wrapper may hide a runner's exit code; its own summary does not lie in that direction.
  if (tests !== null && tests.failed > 0)
    return { verdict: "fail", exit: `exit code 0 with ${tests.failed} failed`, tests, log };
  if (check.kind === "test" && tests === null) return { verdict: "blocked", cause: "no-test-ran", log };
  return { verdict: "pass", tests, flaky: null };
}

export type GateVerdict =
  | { readonly verdict: "pass"; readonly checks: readonly PassedCheck[] }
  | { readonly verdict: "fail" | "blocked"; readonly failure: Failure; readonly check: string };

export interface PassedCheck {
  readonly name: string;
  readonly durationMs: number;
  /** Null means "no test count", not "no tests". */
  readonly tests: TestCount | null;
  readonly flaky: Flaky | null;
  /** It did not pass, which does not count: how it ended. */
  readonly quarantined: { readonly exit: string } | null;
  /** `run/task` of what an agent verified. */
  readonly verified?: readonly string[];
}

/**
 * The verdict on a tree from its check results. One that failed says more than one that could not be run, and that more than
 * one that was not begun or was stopped, for another one perhaps; among equals the first in declared order counts.
 */
export function judgeGate(gate: Gate, results: readonly CheckResult[]): GateVerdict {
  const passed: PassedCheck[] = [];
  const bad: BadCheck[] = [];
  for (const check of gate.checks) {
    const result = results.find((candidate) => candidate.name === check.name);
    const judged: CheckVerdict = result === undefined ? unrun : judgeCheck(check, result);
    if (endsGate(check, judged)) bad.push({ name: check.name, ...judged });
    else if (result !== undefined) passed.push(passedCheck(check, result, judged));
  }
  const [worst, ...others] = bad.toSorted((a, b) => weight(b) - weight(a));
  return worst === undefined ? { verdict: "pass", checks: passed } : notPassed(worst, others);
}

const unrun = { verdict: "blocked", cause: "not-started", log: "" } as const;

export type BadVerdict = Exclude<CheckVerdict, { readonly verdict: "pass" }>;
type BadCheck = BadVerdict & { readonly name: string };

/** A check in quarantine fails no gate; but where nothing could be run at all, nothing was judged. */
export function endsGate(check: Check, judged: CheckVerdict): judged is BadVerdict {
  if (judged.verdict === "pass") return false;
  return check.quarantined !== true || weight(judged) === 0;
}

function weight(judged: BadVerdict): 0 | 1 | 2 {
  if (judged.verdict === "fail") return 2;
  return judged.cause === "not-started" || judged.cause === "stopped" ? 0 : 1;
}

function notPassed(worst: BadCheck, others: readonly BadCheck[]): GateVerdict {
  const { name: check } = worst;
  // Side by side others may have failed as well: nobody is to find that out one by one.
  const too = others.flatMap((other) =>
    other.verdict === "fail" ? [`\n“${other.name}” (${other.exit}):\n${other.log}`] : [],
  );
  const log = [worst.log, ...too].join("\n");
  if (worst.verdict === "fail")
    return { verdict: "fail", failure: { reason: "check-failed", check, exit: worst.exit, log }, check };
  return { verdict: "blocked", failure: { reason: "gate-blocked", check, cause: worst.cause, log }, check };
}

function passedCheck({ name }: Check, result: CheckResult, judged: CheckVerdict): PassedCheck {
  const durationMs = result.durationMs + (result.earlier?.durationMs ?? 0);
  if (judged.verdict === "pass")
    return { name, durationMs, tests: judged.tests, flaky: judged.flaky, quarantined: null };
  const exit = judged.verdict === "fail" ? judged.exit : judged.cause;
  // Tests of a check that does not count are not counted either.
  return { name, durationMs, tests: null, flaky: null, quarantined: { exit } };
}

/** Names of agents. */
export function verifyingAgents(gate: Gate | null): string[] {
  const names = (gate?.checks ?? []).flatMap(({ verifier }) => (verifier === undefined ? [] : [verifier.agent.name]));
  return [...new Set(names)];
}

/** Names of checks in which agents verify. */
export function verifiers({ checks }: Gate): readonly string[] {
  return checks.flatMap(({ name, verifier }) => (verifier === undefined ? [] : [name]));
}

/** Those of agents also say which tasks they looked at: about others they say nothing. */
export function withVerified(gate: Gate, checks: readonly PassedCheck[], tasks: readonly string[]): PassedCheck[] {
  const names = verifiers(gate);
  return checks.map((check) => (names.includes(check.name) ? { ...check, verified: tasks } : check));
}

/** Whether a verdict that is there already is one about these tasks. */
export function isAbout(gate: Gate, passed: readonly PassedCheck[], tasks: readonly string[]): boolean {
  return verifiers(gate).every((name) => {
    const verified = passed.find((check) => check.name === name)?.verified ?? [];
    return tasks.every((task) => verified.includes(task));
  });
}
