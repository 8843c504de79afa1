import { assertDefined } from "../../../std/assert.ts";
import type { GateJudged } from "../../input.ts";
import { checksId, type BaseTrial, type Trial } from "../../queue/queue-row.ts";
import { attemptNumber } from "../../run.ts";
import { judgeGate, withVerified, type Gate } from "../../verdict.ts";
import { holdLot, judgeBase } from "./advance.ts";
import { askedJudged } from "./asked.ts";
import { pass } from "./built.ts";
import { promotionJudged } from "./promotion.ts";
import { regenerated } from "./lock-files.ts";
import type { QueueDraft } from "./queue-draft.ts";
import { revertJudged } from "./repair.ts";
import { targetJudged } from "./watch.ts";

/** A gate that nobody asked to stop, and that is stopped time and again, gives no verdict. */
const mostGoes = 5;

export function gateJudged(draft: QueueDraft, input: GateJudged): void {
  draft.charge(input);
  if (input.on === "target" && askedJudged(draft, input)) return;
  if (input.on === "target") return targetJudged(draft, input);
  if (input.on === "promotion") return promotionJudged(draft, input);
  if (input.on === "revert") return revertJudged(draft, input);
  if (input.on === "lock-files") return regenerated(draft, input);
  if (draft.queue.round === null) return;
  if (input.on === "base") return baseJudged(draft, input);
  const trial = draft.trial(input.trial);
  if (trial?.state.status !== "gating") return;
  if (input.results.some(({ exit }) => exit.kind === "stopped")) return judgeAgain(draft, trial);
  const { candidate } = trial.state;
  const judged = judgeGate(input.gate, input.results);
  if (judged.verdict === "pass") {
    const checks = withVerified(input.gate, judged.checks, draft.tasksOf(trial.lot));
    draft.putVerdict({ tree: candidate.tree, gate: draft.round.gateKey, checks });
    return pass(draft, trial, { candidate, checks, cached: false });
  }
  const { failure, check } = judged;
  const together = trial.lot.length;
  for (const id of trial.lot)
    draft.emit(id, { type: "gate.failed", attempt: attemptNumber(id), check, on: "candidate", together });
  const status = judged.verdict === "fail" ? "failed" : "blocked";
  draft.putTrial({ ...trial, state: { status, failure, check } });
  // Whether it is the target's own doing has to be known before anybody is blamed.
  if (status === "failed" || together > 1) judgeBase(draft, check);
}

function judgeAgain(draft: QueueDraft, trial: Trial): void {
  if (trial.goes < mostGoes && trial.state.status === "gating") {
    return again(draft, { ...trial, goes: trial.goes + 1 });
  }
  const failure = { reason: "gate-blocked", check: "gate", cause: "stopped", log: "" } as const;
  holdLot(draft, trial.lot, failure);
}

/** Built anew: it is the same commit, and another judgement. */
function again(draft: QueueDraft, trial: Trial): void {
  const { repository, target } = draft.queue;
  const { host, history } = draft.round;
  draft.putTrial({ ...trial, state: { status: "building" } });
  const id = `build-candidate:${host}:${trial.number}:${trial.goes}`;
  draft.ask({ kind: "build-candidate", id, repository, target, host, trial: trial.number, lot: trial.lot, history });
}

function baseJudged(draft: QueueDraft, { trial: number, gate, results }: GateJudged): void {
  const base = draft.round.bases.find((one) => one.number === number);
  if (base?.state !== "running") return;
  const stopped = results.some(({ exit }) => exit.kind === "stopped");
  if (stopped && (base.goes ?? 0) < mostGoes) return judgeBaseAgain(draft, base, gate);
  const judged = judgeGate(gate, results);
  const log = results.at(-1)?.output ?? "";
  // Where one before it fails already, nothing is known of the check itself.
  const isIt = judged.verdict === "pass" || judged.check === base.check;
  const state = isIt ? ({ pass: "green", fail: "red", blocked: "blocked" } as const)[judged.verdict] : "blocked";
  draft.putBase({ ...base, state, log });
  if (state === "red") tellRed(draft, base);
  // Where the target cannot be judged either, none of them is to blame.
  if (state !== "blocked") return;
  for (const trial of draft.round.trials) {
    if (trial.state.status !== "blocked" || trial.state.check !== base.check) continue;
    holdLot(draft, trial.lot, trial.state.failure);
  }
}

/** One that is stopped says nothing of the target. */
function judgeBaseAgain(draft: QueueDraft, base: BaseTrial, gate: Gate): void {
  const { host, on, bases } = draft.round;
  const next = { ...base, number: draft.nextNumber(), goes: (base.goes ?? 0) + 1 };
  draft.putRound({ bases: bases.map((one) => (one.number === base.number ? next : one)) });
  const { tip } = assertDefined(on, "what is judged stands on the target");
  draft.askForGate({ host, number: next.number, on: "base", commit: tip, gate });
}

function tellRed(draft: QueueDraft, { check, number }: BaseTrial): void {
  const { host, trials } = draft.round;
  const failed = trials.filter(({ state }) => state.status === "failed" && state.check === check);
  const judgement = { host, checks: checksId(number, 0, "base"), on: "base", together: 0 } as const;
  // Of a group that failed some may have left since.
  for (const id of new Set(failed.flatMap(({ lot }) => lot.filter((one) => draft.has(one))))) {
    draft.judgedBy([id], judgement);
    draft.emit(id, { type: "gate.failed", attempt: attemptNumber(id), check, on: "base", together: 0 });
  }
}
