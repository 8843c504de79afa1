import { assert, assertDefined } from "../../std/assert.ts";
import type { Candidate } from "../change-state.ts";
import type { Failure } from "../failure.ts";
import type { CandidateOutcome, GateJudged, LandingOutcome } from "../input.ts";
import type { ChangeRow } from "../rows.ts";
import { judgeGate, type CheckResult, type PassedCheck } from "../verdict.ts";
import { failTask } from "./attempts.ts";
import { completeTask } from "./dependants.ts";
import type { Draft } from "./draft.ts";

export function candidateBuilt(draft: Draft, outcome: CandidateOutcome, gateKey: string | null): void {
  const change = changeOf(draft);
  if (change.state.status !== "offered" || withdrawn(draft, change)) return;
  if (draft.run.state.status === "interrupted") return returnChange(draft, change);
  // A change that had been held is on its way again, and so is its task.
  draft.moveTask(change.task, { type: "staged", stage: "gating" });
  switch (outcome.kind) {
    case "conflict":
      return reject(draft, change, { reason: "conflict", paths: outcome.paths, tip: outcome.tip });
    case "impossible":
      return hold(draft, change, { reason: "landing-refused", detail: outcome.detail }, outcome.tip);
    case "clean": {
      const { candidate } = outcome;
      const gating = draft.moveChange({ ...change, builds: change.builds + 1 }, { type: "built", candidate });
      draft.emit(change.task, { type: "change.built", attempt: draft.attempt().number, ...candidate });
      return gate(draft, gating, candidate, gateKey);
    }
  }
}

/** No gate: straight on. A tree already judged green by this gate: straight on. Else it is judged. */
function gate(draft: Draft, change: ChangeRow, { tree, commit, on }: Candidate, gateKey: string | null): void {
  const definition = draft.run.settings.gate;
  // What is in the target already is not judged: nothing would come of it.
  if (definition === null || commit === on.tip) return land(draft, change, []);
  const cached = draft.slice.verdict;
  if (cached !== null && cached.gate === gateKey && cached.tree === tree) {
    draft.emit(change.task, {
      type: "gate.passed",
      attempt: draft.attempt().number,
      tree,
      cached: true,
      checks: cached.checks,
    });
    return land(draft, change, cached.checks);
  }
  draft.emit(change.task, { type: "task.staged", stage: "gating" });
  const id = `run-gate:${change.id}:candidate:${change.builds}`;
  draft.ask({ kind: "run-gate", id, change: change.id, commit, gate: definition, on: "candidate", suspected: null });
}

export function gateJudged(draft: Draft, input: GateJudged): void {
  const change = changeOf(draft);
  if (change.state.status !== "gating" || withdrawn(draft, change)) return;
  if (input.results.some((result) => result.exit.kind === "stopped")) return judgedAgain(draft, change);
  return input.on === "base"
    ? baseJudged(draft, change, input, assertDefined(input.suspected, "a base is judged because of a failure"))
    : candidateJudged(draft, change, input);
}

function candidateJudged(draft: Draft, change: ChangeRow, input: GateJudged): void {
  assert(change.state.status === "gating", "the candidate is being gated");
  const { candidate } = change.state;
  const judged = judgeGate(input.gate, input.results);
  if (judged.verdict === "pass") {
    draft.putVerdict({ tree: candidate.tree, gate: input.gateKey, checks: judged.checks });
    const attempt = draft.attempt().number;
    draft.emit(change.task, {
      type: "gate.passed",
      attempt,
      tree: candidate.tree,
      cached: false,
      checks: judged.checks,
    });
    return land(draft, change, judged.checks);
  }
  draft.emit(change.task, {
    type: "gate.failed",
    attempt: draft.attempt().number,
    check: judged.check,
    on: "candidate",
  });
  if (judged.verdict === "blocked") return hold(draft, change, judged.failure, candidate.on.tip);
  const checks = input.gate.checks.filter((check) => check.name === judged.check);
  draft.ask({
    kind: "run-gate",
    id: `run-gate:${change.id}:base:${change.builds}`,
    change: change.id,
    commit: candidate.on.tip,
    gate: { checks },
    on: "base",
    suspected: judged.failure,
  });
}

/** The base that fails the same check is to blame, not the change. A base that cannot run it clears nobody. */
function baseJudged(draft: Draft, change: ChangeRow, input: GateJudged, suspected: Failure): void {
  assert(change.state.status === "gating", "the candidate is being gated");
  const judged = judgeGate(input.gate, input.results);
  if (judged.verdict !== "fail") return reject(draft, change, suspected);
  draft.emit(change.task, { type: "gate.failed", attempt: draft.attempt().number, check: judged.check, on: "base" });
  const log = lastOutput(input.results);
  return hold(draft, change, { reason: "red-base", check: judged.check, log }, change.state.candidate.on.tip);
}

function lastOutput(results: readonly CheckResult[]): string {
  return results.at(-1)?.output ?? "";
}

function land(draft: Draft, change: ChangeRow, checks: readonly PassedCheck[]): void {
  const ready = draft.moveChange(change, { type: "passed", checks });
  draft.moveChange(ready, { type: "landing" });
  draft.moveTask(change.task, { type: "staged", stage: "landing" });
  draft.emit(change.task, { type: "task.staged", stage: "landing" });
  draft.ask({ kind: "land", id: `land:${change.id}:${change.builds}`, change: change.id });
}

export function landingEnded(draft: Draft, outcome: LandingOutcome): void {
  const change = changeOf(draft);
  if (change.state.status !== "landing") return;
  const { candidate } = change.state;
  if (outcome.kind !== "landed" && withdrawn(draft, change)) return;
  switch (outcome.kind) {
    case "moved":
      return returnChange(draft, change);
    case "refused":
      return hold(draft, change, { reason: "landing-refused", detail: outcome.detail }, outcome.tip);
    case "landed": {
      const { commit } = candidate;
      draft.moveChange(change, { type: "landed", place: outcome.place, note: outcome.note });
      draft.emit(change.task, { type: "change.landed", attempt: draft.attempt().number, commit, place: outcome.place });
      completeTask(draft, change.task, commit);
      return releaseHeld(draft);
    }
  }
}

/** A gate that nobody asked to stop, and that is stopped time and again, gives no verdict. */
const mostBuilds = 5;

function judgedAgain(draft: Draft, change: ChangeRow): void {
  assert(change.state.status === "gating", "the candidate is being gated");
  if (draft.run.state.status !== "active" || change.builds < mostBuilds) return returnChange(draft, change);
  const failure = { reason: "gate-blocked", check: "gate", cause: "stopped", log: "" } as const;
  return hold(draft, change, failure, change.state.candidate.on.tip);
}

/** The target has moved, so what could not be judged before may be judged now. */
function releaseHeld(draft: Draft): void {
  for (const held of draft.slice.held) draft.moveChange(held, { type: "released" });
}

function returnChange(draft: Draft, change: ChangeRow): void {
  draft.moveChange(change, { type: "moved" });
  draft.moveTask(change.task, { type: "staged", stage: "queued to land" });
  draft.emit(change.task, { type: "change.moved", attempt: draft.attempt().number });
}

function reject(draft: Draft, change: ChangeRow, failure: Failure): void {
  draft.moveChange(change, { type: "rejected", failure });
  const attempt = draft.attempt().number;
  draft.emit(change.task, { type: "change.rejected", attempt, failure });
  failTask(draft, draft.attempt(), failure);
}

function hold(draft: Draft, change: ChangeRow, failure: Failure, tip: string): void {
  draft.moveChange(change, { type: "held", failure, tip });
  const attempt = draft.attempt().number;
  draft.emit(change.task, { type: "change.held", attempt, failure });
  failTask(draft, draft.attempt(), failure);
}

/** A change whose task was cancelled goes no further; its branch stays. */
function withdrawn(draft: Draft, change: ChangeRow): boolean {
  if (draft.task(change.task).state.status !== "cancelled") return false;
  draft.moveChange(change, { type: "rejected", failure: { reason: "cancelled" } });
  return true;
}

function changeOf(draft: Draft): ChangeRow {
  return assertDefined(draft.slice.change, "the decision needs a change");
}
