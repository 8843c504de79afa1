import { assert } from "../../../std/assert.ts";
import type { Candidate } from "../../change-state.ts";
import type { CandidateBuilt, Left } from "../../input.ts";
import { lotKey } from "../../queue/known.ts";
import { checksId, type Trial } from "../../queue/queue-row.ts";
import { attemptNumber } from "../../run.ts";
import { isAbout, type PassedCheck } from "../../verdict.ts";
import { holdLot, isLanding, reject } from "./advance.ts";
import { regenerate } from "./lock-files.ts";
import type { QueueDraft } from "./queue-draft.ts";
import { endRound, setAside } from "./round.ts";

/** No gate: it passes. A tree this gate has passed already: it passes. Else it is judged. */
export function candidateBuilt(draft: QueueDraft, { trial: number, outcome }: CandidateBuilt): void {
  const trial = draft.trial(number);
  if (trial?.state.status !== "building") return;
  // Whoever was in it has left since it was asked for: nobody waits for what became of it.
  if (trial.lot.length === 0) return draft.dropTrial(trial);
  if (outcome.kind === "impossible")
    return holdLot(draft, trial.lot, outcome.failure ?? { reason: "landing-refused", detail: outcome.detail });
  const { candidate, left } = outcome;
  const { target, tip } = candidate.on;
  const { on } = draft.round;
  if (on !== null && (on.target !== target || on.tip !== tip)) {
    // Our own landing may have moved it: what comes of that tells. Else what was found out so far was about another target.
    return isLanding(draft) ? draft.dropTrial(trial) : endRound(draft);
  }
  draft.putRound({ on: { target, tip } });
  // Somebody who left it when another was built is in this one all the same: their lock files were made anew in between. It
  // says nothing, not even of those that conflict with them.
  if (candidate.links.some(({ change }) => !trial.lot.includes(change))) return draft.dropTrial(trial);
  if (left.some(({ change }) => draft.landing.includes(change))) return draft.dropTrial(trial);
  for (const one of left) leaveOut(draft, one, tip);
  const built = draft.trial(number);
  if (built === undefined) return;
  // Without those that were left out it may be a lot that is judged already.
  const twin = draft.round.trials.some((other) => other.number !== number && lotKey(other.lot) === lotKey(built.lot));
  if (built.lot.length === 0 || twin) return draft.dropTrial(built);
  const lacks = built.lot.filter((id) => !candidate.links.some(({ change }) => change === id));
  assert(lacks.length === 0, `${lacks.join(", ")} is neither in what was built nor left out of it`);
  for (const { change, commit, tick } of candidate.links) {
    const { tree } = candidate;
    const together = built.lot.length;
    draft.emit(change, { type: "change.built", attempt: attemptNumber(change), commit, tree, tick, together });
  }
  judgeCandidate(draft, built, candidate);
}

/** In conflict with the target it does not land; in conflict with those before it, or doing what they do, only not yet. */
function leaveOut(draft: QueueDraft, left: Left, tip: string): void {
  const { change, paths, with: what } = left;
  // Another trial said so before.
  if (!draft.round.members.includes(change)) return;
  const { late, strategy } = draft.round;
  if (what === "others" && strategy === "groups" && wasJudged(draft, change)) {
    // It passed, and cannot be combined: what it passed with stays, and the rest goes on without it.
    if (!late.includes(change)) draft.putRound({ late: [...late, change] });
    for (const trial of draft.round.trials)
      if (trial.state.status === "building" && trial.lot.includes(change))
        draft.putTrial({ ...trial, lot: trial.lot.filter((id) => id !== change) });
    return;
  }
  if (what === "others") return setAside(draft, change);
  if (left.with === "lock-files") return regenerate(draft, left, tip);
  reject(draft, change, { reason: "conflict", paths, tip }, "left-out");
}

function wasJudged(draft: QueueDraft, change: string): boolean {
  return draft.round.trials.some(({ lot, state }) => state.status === "passed" && lot.some((id) => id === change));
}

function judgeCandidate(draft: QueueDraft, trial: Trial, candidate: Candidate): void {
  const { gate, gateKey, host } = draft.round;
  const { verdict } = draft.slice;
  // What is in the target already is not judged: nothing would come of it.
  if (gate === null || candidate.commit === candidate.on.tip)
    return pass(draft, trial, { candidate, checks: [], cached: null });
  const known = verdict !== null && verdict.gate === gateKey && verdict.tree === candidate.tree;
  if (known && isAbout(gate, verdict.checks, draft.tasksOf(trial.lot)))
    return pass(draft, trial, { candidate, checks: verdict.checks, cached: true });
  draft.putTrial({ ...trial, state: { status: "gating", candidate } });
  const { number, goes, condemns, again, lot } = trial;
  const checks = checksId(number, goes, "candidate");
  draft.judgedBy(lot, { host, checks, on: "candidate", together: lot.length });
  const reruns = condemns ? Math.max(0, (gate.reruns ?? 0) - (again ? 1 : 0)) : 0;
  draft.askForGate({ host, number, goes, on: "candidate", commit: candidate.commit, gate, reruns, lot });
}

export interface Passed {
  readonly candidate: Candidate;
  readonly checks: readonly PassedCheck[];
  /** Whether the verdict was there already; null where nothing had to be judged. */
  readonly cached: boolean | null;
}

export function pass(draft: QueueDraft, trial: Trial, { candidate, checks, cached }: Passed): void {
  draft.putTrial({ ...trial, state: { status: "passed", candidate, checks } });
  for (const id of trial.lot) {
    if (draft.change(id).state.status === "gating") draft.move(id, { type: "passed" });
    if (cached === null) continue;
    const { tree } = candidate;
    const about = { attempt: attemptNumber(id), tree, together: trial.lot.length };
    draft.emit(id, { type: "gate.passed", ...about, cached, checks });
  }
}
