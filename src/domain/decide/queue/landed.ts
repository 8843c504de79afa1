import { assertDefined } from "../../../std/assert.ts";
import type { LandingEnded, LandingOutcome } from "../../input.ts";
import { countRed } from "../../queue/failure-rate.ts";
import type { Member } from "../../queue/known.ts";
import type { Trial } from "../../queue/queue-row.ts";
import type { RunId } from "../../run.ts";
import { holdLot } from "./advance.ts";
import { askOf } from "./asked.ts";
import { promotionEnded } from "./promotion.ts";
import { releaseHeld, type QueueDraft } from "./queue-draft.ts";
import { countRejections } from "./remote.ts";
import { revertEnded } from "./repair.ts";
import { beginWatch, validationOf } from "./watch.ts";
import { endRound, leave, stopBases } from "./round.ts";

type LandingState = Extract<Trial["state"], { status: "landing" }>;

/** Of what is landing under that number; null: nobody waits for it any more. */
function hostOf(draft: QueueDraft, number: number): RunId | null {
  const { promotion, round } = draft.queue;
  const own = draft.repair(number) ?? (promotion?.number === number ? promotion : round);
  return own?.host ?? null;
}

export function landingEnded(draft: QueueDraft, { trial: number, outcome, notes }: LandingEnded): void {
  const host = hostOf(draft, number);
  if (host !== null) countRejections(draft, outcome, host);
  const repair = draft.repair(number);
  if (repair !== undefined) return revertEnded(draft, repair, outcome);
  if (promotionEnded(draft, number, outcome)) return;
  const trial = draft.trial(number);
  if (trial?.state.status !== "landing") return;
  switch (outcome.kind) {
    case "moved":
      return endRound(draft);
    case "refused":
      draft.dropTrial(trial);
      holdLot(draft, trial.lot, outcome.failure ?? { reason: "landing-refused", detail: outcome.detail });
      return endRound(draft);
    case "landed":
      return landed(draft, trial, { outcome, notes });
  }
}

function landed(
  draft: QueueDraft,
  trial: Trial & { state: Trial["state"] },
  { outcome, notes }: { outcome: Extract<LandingOutcome, { kind: "landed" }>; notes: LandingEnded["notes"] },
): void {
  const state = trial.state as LandingState;
  const { candidate, checks } = state;
  const { commit: tip, tree, on } = candidate;
  releaseHeld(draft);
  const { host } = draft.round;
  const validating = tip !== on.tip && validationOf(draft, host) !== null;
  // In front of them there may be some that had landed before.
  const links = candidate.links.filter(({ change }) => trial.lot.includes(change));
  const brought = links.filter(({ there }) => there === undefined);
  for (const id of trial.lot) {
    const link = assertDefined(
      links.find(({ change }) => change === id),
      `${id} is a link of what landed`,
    );
    const landing = {
      commit: link.commit,
      tip: link.there === undefined ? tip : link.commit,
      tree,
      onto: on.tip,
      together: link.there === undefined ? brought.length : 1,
      nth: trial.lot.indexOf(id) + 1,
      at: draft.now,
      tick: link.tick,
      ...(link.there === undefined ? {} : { there: link.there }),
      checks,
      place: outcome.place,
      ...(outcome.pushedTo === undefined ? {} : { pushedTo: outcome.pushedTo }),
      note: notes[id] ?? null,
    };
    // What was in the target already is not looked at again.
    draft.tell(id, { kind: "landed", landing, validating: validating && link.there === undefined });
    draft.putQueue({ rate: countRed(draft.queue.rate, false) });
  }
  const target = outcome.place.on === "target" ? tip : on.target;
  goOn(draft, trial, { target, tip });
  if (tip !== on.tip) askOf(draft, { commit: tip, tree, links: brought });
  if (validating) beginWatch(draft, { host, tip, links: brought, repaired: null });
}

/** Speculation that stood on what has landed stands: its trees are the same. Of groups nothing is left to do. */
function goOn(draft: QueueDraft, { lot }: Trial, on: { target: string; tip: string }): void {
  const { strategy, trials } = draft.round;
  stopBases(draft);
  if (strategy === "groups") {
    draft.putRound({ members: draft.round.members.filter((id) => !lot.includes(id)) });
    return endRound(draft);
  }
  for (const trial of trials) {
    const rest = trial.lot.slice(lot.length);
    // What is being built is built on the target as it was.
    const stands = trial.state.status !== "building" && rest.length > 0 && beginsWith(trial.lot, lot);
    if (stands) draft.putTrial({ ...trial, lot: rest });
    else draft.dropTrial(trial);
  }
  for (const id of lot) leave(draft, id, "gone");
  draft.putRound({ on, late: [] });
}

function beginsWith(lot: readonly Member[], front: readonly Member[]): boolean {
  return front.every((id, index) => lot[index] === id);
}
