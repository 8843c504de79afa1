import type { Link } from "../../change-state.ts";
import type { RemoteFailure } from "../../failure.ts";
import type { GateJudged, LandingOutcome, RevertBuilt } from "../../input.ts";
import type { Member } from "../../queue/known.ts";
import { checksId, type Repair, type TakingBack } from "../../queue/queue-row.ts";
import { judgeGate } from "../../verdict.ts";
import { askOf } from "./asked.ts";
import { gateKeyOf } from "./gate-key.ts";
import { releaseHeld, type QueueDraft } from "./queue-draft.ts";
import type { RunId } from "../../run.ts";
import { endRound } from "./round.ts";
import { beginWatch, builtWithout, validationOf } from "./watch.ts";

/** A landing is taken back like a change lands: built on the target, judged, and moved to. Nothing else lands before. */

const mostGoes = 5;
/** So many bad landings in a row, of different tasks, are not the tasks' doing. */
const mostReverts = 3;

type LandedOutcome = Extract<LandingOutcome, { kind: "landed" }>;

export function askForRepair(draft: QueueDraft, asking: TakingBack): void {
  const { change, commit, host, rest, later = 0, takenBack = [], why } = asking;
  const { repairs } = draft.queue;
  const asked = repairs.find((repair) => repair.change === change);
  // What landed with it waits for the one that is there: a person had asked before it was known to be bad.
  if (asked !== undefined)
    return rest.length === 0 ? undefined : draft.putRepair({ ...asked, why, rest, later, takenBack });
  const run = draft.runWith(host);
  const gateKey = run === undefined ? "" : gateKeyOf(run.settings.gate, run);
  const repair: Repair = {
    number: draft.nextNumber(),
    change,
    commit,
    why,
    host,
    gateKey,
    rest,
    later,
    takenBack,
    goes: 0,
    state: { status: "waiting" },
  };
  draft.putQueue({ repairs: [...repairs, repair] });
}

/** What a person asks to be taken back, in that order. */
export function askForReverts(draft: QueueDraft, landings: readonly Pick<Link, "change" | "commit">[]): void {
  for (const { change, commit } of landings) {
    const { run } = draft.change(change);
    askForRepair(draft, { change, commit, host: run, rest: [], later: 0, why: { by: "person" } });
  }
}

/** True where there is one, and nothing else is to be done. */
export function workOnRepair(draft: QueueDraft): boolean {
  const [repair] = draft.queue.repairs;
  if (repair === undefined) return false;
  // What is landing, and what is being found out about the target, comes to its end first.
  const { promotion } = draft.queue;
  if (promotion !== null && promotion.state.status !== "waiting") return true;
  if (draft.queue.watch !== null || draft.queue.asked.some(({ number }) => number !== null)) return true;
  if (draft.queue.round !== null) {
    if (draft.round.trials.some(({ state }) => state.status === "landing")) return true;
    endRound(draft);
  }
  if (repair.state.status === "waiting") build(draft, repair);
  return true;
}

function build(draft: QueueDraft, repair: Repair): void {
  draft.putRepair({ ...repair, state: { status: "building" } });
  const { repository, target } = draft.queue;
  const { number, host, change, commit, why, goes } = repair;
  const id = `build-revert:${host}:${number}:${goes}`;
  draft.ask({ kind: "build-revert", id, repository, target, host, repair: number, change, commit, why });
}

export function revertBuilt(draft: QueueDraft, { repair: number, outcome }: RevertBuilt): void {
  const { watch } = draft.queue;
  if (watch?.building != null && watch.number === number) return builtWithout(draft, watch, outcome);
  const repair = draft.repair(number);
  if (repair?.state.status !== "building") return;
  if (outcome.kind === "conflict")
    return failed(
      draft,
      repair,
      `undoing it conflicts with what came after, in ${outcome.paths.slice(0, 5).join(", ")}`,
    );
  if (outcome.kind === "impossible") return failed(draft, repair, outcome.detail, outcome.failure);
  const { candidate } = outcome;
  // A person has taken it back already.
  if (candidate.commit === candidate.on.tip) return done(draft, repair, candidate.commit, null);
  const run = draft.runWith(repair.host);
  // What cannot be judged does not land.
  if (run === undefined) return failed(draft, repair, `run ${repair.host}, whose gate it has to pass, is gone`);
  const { gate } = run.settings;
  // Another gate may have been given to the run since it was asked for.
  const gateKey = gateKeyOf(gate, run);
  const { verdict } = draft.slice;
  const passed = verdict !== null && verdict.tree === candidate.tree && verdict.gate === gateKey;
  if (gate === null || passed) return land(draft, { ...repair, gateKey, state: { status: "landing", candidate } });
  draft.putRepair({ ...repair, gateKey, state: { status: "gating", candidate } });
  const { host, goes } = repair;
  const checks = checksId(number, goes, "revert");
  draft.judgedBy([repair.change], { host, checks, on: "revert", together: 1 });
  draft.askForGate({ host, number, goes, on: "revert", commit: candidate.commit, gate });
}

export function revertJudged(draft: QueueDraft, { trial: number, gate, results }: GateJudged): void {
  const repair = draft.repair(number);
  if (repair?.state.status !== "gating") return;
  const { candidate } = repair.state;
  if (results.some(({ exit }) => exit.kind === "stopped")) return again(draft, repair, "its gate was stopped");
  const judged = judgeGate(gate, results);
  if (judged.verdict !== "pass")
    return failed(
      draft,
      repair,
      `without it ${judged.check} ${judged.verdict === "blocked" ? "could not be judged" : "does not pass"}`,
    );
  draft.putVerdict({ tree: candidate.tree, gate: repair.gateKey, checks: judged.checks });
  land(draft, { ...repair, state: { status: "landing", candidate } });
}

function land(draft: QueueDraft, repair: Repair & { state: Extract<Repair["state"], { status: "landing" }> }): void {
  draft.putRepair(repair);
  const { repository, target } = draft.queue;
  const { number, host, goes, state } = repair;
  const { candidate } = state;
  draft.ask({
    kind: "land",
    id: `land:${host}:${number}:${goes}`,
    repository,
    target,
    host,
    trial: number,
    candidate,
  });
}

export function revertEnded(draft: QueueDraft, repair: Repair, outcome: LandingOutcome): void {
  if (repair.state.status !== "landing") return;
  switch (outcome.kind) {
    case "landed":
      return done(draft, repair, repair.state.candidate.commit, outcome);
    case "moved":
      return again(draft, repair, "the target moved");
    case "refused":
      return failed(draft, repair, outcome.detail, outcome.failure);
  }
}

function again(draft: QueueDraft, repair: Repair, why: string): void {
  if (repair.goes >= mostGoes) return failed(draft, repair, `${why}, time and again`);
  build(draft, { ...repair, goes: repair.goes + 1 });
}

/** Without a landing it was done already. */
function done(draft: QueueDraft, repair: Repair, commit: string, landing: LandedOutcome | null): void {
  const { change, why, host, rest, later = 0, takenBack = [], commit: undone } = repair;
  const moved = landing !== null;
  const pushed = landing?.pushedTo === undefined ? {} : { pushedTo: landing.pushedTo };
  const waits = landing?.place.on === "waiting" ? { waits: landing.place.because } : {};
  // Where somebody moved the target since it was looked at, what is red may be theirs: nobody is found to blame by halves.
  const stood = repair.state.status === "landing" && repair.state.candidate.on.tip === draft.queue.validated?.tip;
  dropRepair(draft, repair);
  if (moved && repair.state.status === "landing") askOf(draft, { ...repair.state.candidate, links: null });
  draft.tell(change, { kind: "reverted", commit, why, ...pushed, ...waits });
  forget(draft, change);
  if (moved && draft.queue.halted === null) releaseHeld(draft);
  if (moved && validationOf(draft, host) !== null)
    beginWatch(draft, {
      host,
      tip: commit,
      links: rest,
      repaired: { takenBack: [{ change, commit: undone }, ...takenBack], later: stood ? later : 0 },
    });
  else for (const link of rest) draft.tell(link.change, { kind: "validated" });
  if (why.by === "person") return;
  const { run, task } = draft.change(change);
  const reverted = [...new Set([...draft.queue.reverted, `${run}/${task}`])];
  draft.putQueue({ reverted });
  if (reverted.length >= mostReverts) haltFor(draft, reverted.length, host);
}

/** It is not there any more, whatever else is still to be taken back: nothing that stood on it is found by halves. */
function forget(draft: QueueDraft, change: Member): void {
  for (const repair of draft.queue.repairs) {
    const rest = repair.rest.filter((link) => link.change !== change);
    if (rest.length < repair.rest.length) draft.putRepair({ ...repair, rest, later: 0 });
  }
}

/** What landed with them is looked at to its end; that there are more of them by then is no news. */
function haltFor(draft: QueueDraft, count: number, host: RunId): void {
  const halted = { reason: "reverts", count } as const;
  if (draft.queue.halted?.reason === "reverts") draft.putQueue({ halted });
  else draft.halt(halted, host);
}

/** A person is told, and whatever else they asked for is left: it came later. By itself the queue does not go on. */
function failed(draft: QueueDraft, repair: Repair, detail: string, remote?: RemoteFailure): void {
  const { change, why, rest, commit, host, later = 0, takenBack = [] } = repair;
  dropRepair(draft, repair);
  draft.tell(change, { kind: "stays", why, detail });
  if (why.by === "person") {
    for (const other of draft.queue.repairs.filter((one) => one.why.by === "person")) {
      dropRepair(draft, other);
      draft.tell(other.change, {
        kind: "stays",
        why: other.why,
        detail: "what had to be taken back before it could not be",
      });
    }
    return;
  }
  for (const link of rest) draft.tell(link.change, { kind: "suspected", check: why.check });
  // A remote comes back, and may even have taken what nobody heard of.
  const again = remote === undefined ? {} : { again: { change, commit, why, host, rest, later, takenBack } };
  draft.halt({ reason: "stuck", commit, detail, ...again }, host);
}

/** What could not be taken back for its remote's sake is tried once more. */
export function takeBackAgain(draft: QueueDraft, { change, rest, takenBack = [], ...again }: TakingBack): void {
  // Runs may have been cleaned up meanwhile.
  const isThere = (id: Member): boolean => draft.find(id) !== undefined;
  if (!isThere(change)) return;
  const left = rest.filter((link) => isThere(link.change));
  // Nothing can be built any more without what is not known any more.
  const known = takenBack.every((merge) => isThere(merge.change)) ? { takenBack } : { later: 0 };
  askForRepair(draft, { ...again, ...known, change, rest: left });
}

function dropRepair(draft: QueueDraft, { number }: Repair): void {
  draft.putQueue({ repairs: draft.queue.repairs.filter((repair) => repair.number !== number) });
}
