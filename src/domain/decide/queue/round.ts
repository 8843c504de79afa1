import type { ChangeRow } from "../../rows.ts";
import type { RunRow } from "../../run.ts";
import { estimate } from "../../queue/failure-rate.ts";
import type { Member } from "../../queue/known.ts";
import { chooseStrategy } from "../../queue/strategy.ts";
import { checksId, type Round, type Trial } from "../../queue/queue-row.ts";
import { gateKeyOf } from "./gate-key.ts";
import type { QueueDraft } from "./queue-draft.ts";

/** Changes in one round, at most: what is judged together must be found apart again. */
const mostMembers = 64;

/** Takes those whose turn it is, and that one gate can judge together. */
export function beginRound(draft: QueueDraft): void {
  const waiting = draft.waiting();
  const [first] = waiting;
  if (first === undefined) return;
  const run = draft.runOf(first);
  const { gate, queue } = run.settings;
  const members = alike(draft, waiting, run).slice(0, mostMembers);
  const failureRate = estimate(draft.queue.rate);
  const look = { length: members.length, slots: queue.slots, failureRate, history: queue.history };
  const strategy =
    queue.strategy === "auto" || queue.history === "every-change" ? chooseStrategy(look) : queue.strategy;
  const round: Round = {
    host: run.id,
    gate,
    gateKey: gateKeyOf(gate, run),
    strategy,
    history: queue.history,
    slots: queue.slots,
    on: null,
    members: [],
    late: [],
    trials: [],
    bases: [],
  };
  draft.putQueue({ round });
  // What made the target red may be out of the way, though it stands where it stood: it is looked at again.
  if (draft.queue.validated?.failure != null) draft.putQueue({ validated: null });
  take(draft, members);
}

/** Speculation goes on with what becomes ready meanwhile, as long as it is no more than there are slots for. */
export function joinRound(draft: QueueDraft): void {
  const { strategy, members, slots, host } = draft.round;
  if (strategy !== "prefixes" || members.length === 0 || members.length >= slots) return;
  const waiting = draft.waiting().filter(({ id }) => !draft.round.late.includes(id));
  const [first] = waiting;
  // So many at once are better judged in groups: they wait for the next round.
  if (first === undefined || waiting.length > slots) return;
  const run = draft.slice.runs.find(({ id }) => id === host);
  // By the gate that the round has, which may not be its host's any more.
  if (run === undefined || gateKeyOf(run.settings.gate, run) !== draft.round.gateKey) return;
  take(draft, alike(draft, waiting, run).slice(0, slots - members.length));
}

function take(draft: QueueDraft, members: readonly Member[]): void {
  if (members.length === 0) return;
  draft.putRound({ members: [...draft.round.members, ...members] });
  for (const id of members) {
    draft.move(id, { type: "taken" });
    draft.tell(id, { kind: "taken" });
  }
}

/** From the front: nobody is passed by others for being judged by another gate. */
function alike(draft: QueueDraft, waiting: readonly ChangeRow[], run: RunRow): Member[] {
  const rules = rulesOf(run);
  const other = waiting.findIndex((change) => rulesOf(draft.runOf(change)) !== rules);
  return (other < 0 ? waiting : waiting.slice(0, other)).map(({ id }) => id);
}

function rulesOf(run: RunRow): string {
  const { gate, queue } = run.settings;
  return JSON.stringify([gateKeyOf(gate, run), queue.history, queue.validation, queue.remote]);
}

/** Whoever is left waits for the next round. */
export function endRound(draft: QueueDraft): void {
  for (const trial of draft.round.trials) draft.dropTrial(trial);
  stopBases(draft);
  for (const id of draft.round.members) giveBack(draft, id);
  draft.putQueue({ round: null });
}

/** Of the target as it was; what a green one said holds, as our landings are green. */
export function stopBases(draft: QueueDraft): void {
  const { bases } = draft.round;
  for (const { number, state } of bases) if (state === "running") draft.stopGate(checksId(number, 0, "base"));
  draft.putRound({ bases: bases.filter(({ state }) => state === "green") });
}

function giveBack(draft: QueueDraft, id: Member): void {
  if (!draft.has(id)) return;
  draft.move(id, { type: "moved" });
  draft.tell(id, { kind: "returned" });
}

/** Of others in the round its turn comes later: when those that keep it from being merged have landed or are gone. */
export function setAside(draft: QueueDraft, id: Member): void {
  leave(draft, id, "left-out");
  giveBack(draft, id);
  draft.putRound({ late: [...draft.round.late, id] });
}

/**
 * How a change leaves the round. `gone`: the trials it was in say nothing any more. `left-out`: it will not be in what is
 * being built for them, so that goes on; one that was built with it all the same would land it. `decided`: what a group's
 * parts have said they still say, and what is judged with it no more; speculation behind it says nothing.
 */
export type Leaving = "gone" | "left-out" | "decided";

export function leave(draft: QueueDraft, id: Member, how: Leaving): void {
  const without = (lot: readonly Member[]): Member[] => lot.filter((one) => one !== id);
  const { members, strategy } = draft.round;
  draft.putRound({ members: without(members) });
  const stands = (trial: Trial): boolean => how === "decided" && strategy === "groups" && !isBusy(trial);
  for (const trial of draft.round.trials.filter(({ lot }) => lot.includes(id))) {
    if (stands(trial)) continue;
    if (how === "left-out" && trial.state.status === "building") draft.putTrial({ ...trial, lot: without(trial.lot) });
    else draft.dropTrial(trial);
  }
}

/** Those that were withdrawn meanwhile are nobody's to judge any more. */
export function forgetWithdrawn(draft: QueueDraft): void {
  for (const id of draft.round.members) {
    if (draft.has(id) || draft.landing.includes(id)) continue;
    leave(draft, id, "gone");
  }
}

export function isBusy({ state }: Trial): boolean {
  return state.status === "building" || state.status === "gating";
}
