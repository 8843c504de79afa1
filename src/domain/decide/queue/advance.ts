import type { Failure } from "../../failure.ts";
import { countRed, estimate } from "../../queue/failure-rate.ts";
import { planGroups } from "../../queue/groups.ts";
import { type Known, type Lot, type Member, type Plan, type Standing, type Trying } from "../../queue/known.ts";
import { planPrefixes } from "../../queue/prefixes.ts";
import { haltText } from "../../present/queue-text.ts";
import type { BaseTrial, Halt, Trial } from "../../queue/queue-row.ts";
import { verifiers, type Check, type Gate } from "../../verdict.ts";
import { workOnPromotion } from "./promotion.ts";
import type { QueueDraft } from "./queue-draft.ts";
import { workOnRepair } from "./repair.ts";
import { workOnAsked } from "./asked.ts";
import { beginRound, endRound, isBusy, joinRound, leave, type Leaving } from "./round.ts";
import { beginWatch, keyOfValidation, validationOf } from "./watch.ts";

/** Does what can be done now. What has to be waited for is asked for, and its answer comes back here. */
export function advance(draft: QueueDraft): void {
  for (;;) {
    workOnAsked(draft);
    // Also of a halted queue a person may take something back.
    if (workOnRepair(draft) || workOnPromotion(draft)) return;
    if (draft.queue.halted !== null) return holdEverything(draft, draft.queue.halted);
    if (draft.queue.round === null) beginRound(draft);
    if (draft.queue.round === null) return;
    joinRound(draft);
    if (!step(draft)) return;
  }
}

/** True where it changed what there is to decide on. */
function step(draft: QueueDraft): boolean {
  if (isLanding(draft)) return false;
  if (isRed(draft)) return true;
  const plan = planOf(draft);
  for (const lot of plan.stop) {
    const trial = draft.trialOf(lot);
    if (trial !== undefined) draft.dropTrial(trial);
  }
  if (sentence(draft, plan.culprits)) return true;
  // Of groups a landing ends the round: who is to blame is found out first, or it would be judged once more.
  const blames = plan.culprits.length > 0 && waitsForBase(draft);
  if (plan.land !== null && !(blames && draft.round.strategy === "groups")) return land(draft, plan.land);
  if (plan.over && !waitsForBase(draft)) {
    endRound(draft);
    return draft.waiting().length > 0;
  }
  judge(draft, plan.judge);
  return false;
}

export function isLanding(draft: QueueDraft): boolean {
  return draft.round.trials.some(({ state }) => state.status === "landing");
}

function planOf(draft: QueueDraft): Plan {
  const { strategy, members, late, slots, history } = draft.round;
  const known = knownTo(draft);
  const { rate } = draft.queue;
  if (strategy === "groups") return planGroups(members, known, { slots, rate, late: new Set(late) });
  return planPrefixes(members, known, { slots, failureRate: estimate(rate), everyChange: history === "every-change" });
}

function knownTo(draft: QueueDraft): Known {
  return {
    of: (lot) => standingOf(draft, draft.trialOf(lot)),
    lots: draft.round.trials.map(({ lot }) => lot),
    confirmed: (lot) => draft.trialOf(lot)?.condemns ?? false,
  };
}

function standingOf(draft: QueueDraft, trial: Trial | undefined): Standing {
  switch (trial?.state.status) {
    case undefined:
      return null;
    case "building":
    case "gating":
      return "running";
    case "passed":
    case "landing":
      return "passed";
    case "failed":
      return "failed";
    case "blocked":
      // Where the target itself cannot be judged either, nobody is looked for among many.
      return baseOf(draft, trial.state.check)?.state === "running" ? "running" : "blocked";
  }
}

function baseOf(draft: QueueDraft, check: string): BaseTrial | undefined {
  return draft.round.bases.find((base) => base.check === check);
}

/** Nothing lands on a red target: they wait until it has moved. */
function isRed(draft: QueueDraft): boolean {
  const { validated, round } = draft.queue;
  if (round?.on == null || validated === null || validated.failure === null || !isAboutTip(draft)) return false;
  for (const id of round.members) hold(draft, id, validated.failure, "gone");
  endRound(draft);
  return true;
}

/** What the validation said is about the target as it stands, and it is the validation of this round. */
function isAboutTip(draft: QueueDraft): boolean {
  const { validated, round } = draft.queue;
  if (round === null || validated === null || validationOf(draft, round.host) === null) return false;
  return validated.tip === round.on?.tip && validated.key === keyOfValidation(draft, round.host);
}

/** Known to be green, or not to be asked; else it is being found out, and nothing lands meanwhile. */
function isValidated(draft: QueueDraft): boolean {
  const { host, on } = draft.round;
  if (validationOf(draft, host) === null || isAboutTip(draft)) return draft.queue.watch === null;
  if (draft.queue.watch === null && on !== null) beginWatch(draft, { host, tip: on.tip, links: [], repaired: null });
  return false;
}

/** All that wait, and all that come. */
function holdEverything(draft: QueueDraft, halted: Halt): void {
  if (draft.queue.round !== null) {
    if (isLanding(draft)) return;
    endRound(draft);
  }
  for (const { id, base } of draft.waiting())
    draft.tell(id, { kind: "held", failure: { reason: "queue-halted", detail: haltText(halted) }, tip: base });
}

/** A landing is begun, or what passed is built once more because the target has moved by our own landing since. */
function land(draft: QueueDraft, lot: Lot): boolean {
  const trial = draft.trialOf(lot);
  if (trial?.state.status !== "passed") return false;
  const { candidate, checks } = trial.state;
  const { on, host } = draft.round;
  if (on === null || candidate.on.target !== on.target || candidate.on.tip !== on.tip) {
    build(draft, { ...trial, goes: trial.goes + 1, state: { status: "building" } });
    return true;
  }
  // What a person has the target judged by comes first.
  if (draft.queue.asked.length > 0 || !isValidated(draft)) return false;
  draft.putTrial({ ...trial, state: { status: "landing", candidate, checks } });
  for (const id of lot) {
    draft.move(id, { type: "landing" });
    draft.tell(id, { kind: "landing" });
  }
  const { repository, target } = draft.queue;
  const id = `land:${host}:${trial.number}:${trial.goes}`;
  draft.ask({ kind: "land", id, repository, target, host, trial: trial.number, candidate });
  return false;
}

function judge(draft: QueueDraft, wanted: readonly Trying[]): void {
  for (const { lot, condemns } of wanted) {
    if (freeSlots(draft) <= 0) return;
    const before = draft.trialOf(lot);
    if (before !== undefined) draft.dropTrial(before);
    const again = before?.state.status === "failed";
    const number = draft.nextNumber();
    build(draft, { number, lot, condemns, again, goes: 0, state: { status: "building" } });
  }
}

function freeSlots(draft: QueueDraft): number {
  const { trials, bases, slots } = draft.round;
  return slots - trials.filter(isBusy).length - bases.filter(({ state }) => state === "running").length;
}

function build(draft: QueueDraft, trial: Trial): void {
  draft.putTrial(trial);
  const { host, history } = draft.round;
  const { repository, target } = draft.queue;
  const { number, goes, lot } = trial;
  const id = `build-candidate:${host}:${number}:${goes}`;
  draft.ask({ kind: "build-candidate", id, repository, target, host, trial: number, lot, history });
}

/** Whether the target itself is to blame is found out first. True where somebody left. */
function sentence(draft: QueueDraft, culprits: readonly Member[]): boolean {
  let left = false;
  for (const id of culprits.filter((one) => draft.round.members.includes(one))) {
    const trial = draft.trialOf([id]);
    if (trial?.state.status === "blocked") {
      hold(draft, id, trial.state.failure, "decided");
      left = true;
    } else if (trial?.state.status === "failed") {
      left = blame(draft, id, trial.state) || left;
    }
  }
  return left;
}

function blame(draft: QueueDraft, id: Member, { failure, check }: { failure: Failure; check: string }): boolean {
  if (baseOf(draft, check) === undefined) judgeBase(draft, check);
  const base = baseOf(draft, check);
  if (base === undefined || base.state === "running") return false;
  if (base.state === "red") hold(draft, id, { reason: "red-base", check, log: base.log }, "decided");
  // A target that cannot be judged clears nobody.
  else reject(draft, id, failure, "decided");
  return true;
}

function waitsForBase(draft: QueueDraft): boolean {
  return draft.round.bases.some(({ state }) => state === "running");
}

/** On the target as it is the check that failed is run, behind those that it may need: one may install what the next uses. */
export function judgeBase(draft: QueueDraft, check: string): void {
  const { on, gate, host } = draft.round;
  if (on === null || gate === null || baseOf(draft, check) !== undefined) return;
  const number = draft.nextNumber();
  // Without the change the commands of its evidence cannot pass: an agent's word is about the change alone.
  if (verifiers(gate).includes(check)) return draft.putBase({ number, check, state: "green", log: "" });
  draft.putBase({ number, check, state: "running", log: "" });
  draft.askForGate({ host, number, on: "base", commit: on.tip, gate: { ...gate, checks: checksFor(gate, check) } });
}

function checksFor({ checks, parallel }: Gate, check: string): Check[] {
  const at = checks.findIndex(({ name }) => name === check);
  return checks.slice(parallel === true ? at : 0, at + 1).filter(({ verifier }) => verifier === undefined);
}

/** Kept, and judged again when the target has moved. */
export function hold(draft: QueueDraft, id: Member, failure: Failure, how: Leaving): void {
  draft.tell(id, { kind: "held", failure, tip: draft.round.on?.tip ?? draft.change(id).base });
  leave(draft, id, how);
}

/** All that are still there, but for those that are landing: what comes of them is told by that. */
export function holdLot(draft: QueueDraft, lot: Lot, failure: Failure): void {
  const { landing } = draft;
  const isThere = (id: Member): boolean => draft.has(id) && draft.round.members.includes(id);
  for (const id of lot) if (!landing.includes(id) && isThere(id)) hold(draft, id, failure, "gone");
}

export function reject(draft: QueueDraft, id: Member, failure: Failure, how: Leaving): void {
  if (failure.reason === "check-failed") draft.putQueue({ rate: countRed(draft.queue.rate, true) });
  draft.tell(id, { kind: "rejected", failure });
  leave(draft, id, how);
}
