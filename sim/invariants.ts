import { effectsMatchStates, nothingWaitsInVain } from "./invariants/effects.ts";
import type { Facts, Invariant } from "./invariants/facts.ts";
import { gatedOnly, greenGround, landsOnce, neverBackwards, pushedFirst } from "./invariants/landing.ts";
import { closedByLandings, givenBackAtTheEnd, tellingCounted } from "./invariants/issues.ts";
import { saidOnce } from "./invariants/messages.ts";
import { apart } from "./invariants/collisions.ts";
import { dependenciesFirst, unmetNeeds } from "./invariants/order.ts";
import { projectionsAgree } from "./invariants/projections.ts";
import { runsOnce, withinWorkers, workspacesKept } from "./invariants/running.ts";
import { capsHold, spendingAddsUp } from "./invariants/spending.ts";
import { finishedIsOver, oneState, queuesInOrder } from "./invariants/states.ts";

/** What is true after every step, whatever happened. */
export const invariants: Readonly<Record<string, Invariant>> = {
  "each task is in exactly one state": oneState,
  "a queue has what it says, lands one lot at a time, and lets nobody wait for nothing": queuesInOrder,
  "no task runs twice at once": runsOnce,
  "no more agents run than may": withinWorkers,
  "no workspace is shared, or removed without proof": workspacesKept,
  "nothing starts before its dependencies landed": dependenciesFirst,
  "tasks that collide do not run at once": apart,
  "tasks know what they wait for": unmetNeeds,
  "a target only moves to a tree whose gate passed": gatedOnly,
  "what lands with a remote is there first": pushedFirst,
  "nothing lands on a target that is broken": greenGround,
  "nothing is taken off a branch": neverBackwards,
  "no task lands twice, and completed work is there": landsOnce,
  "no effect is lost, and none is left over": effectsMatchStates,
  "no work waits in vain": nothingWaitsInVain,
  "a finished run is over, and its report says so": finishedIsOver,
  "what a person said is kept, once": saidOnce,
  "an issue is closed only by what landed for it": closedByLandings,
  "after the end of a run its issues are closed or given back": givenBackAtTheEnd,
  "a run knows what is being told of its issues": tellingCounted,
  "what was spent adds up": spendingAddsUp,
  "no spend goes beyond a cap by more than one report": capsHold,
  "projections are what the rows give": projectionsAgree,
};

/** The first that does not hold, with what is wrong; null where all do. */
export function violated(facts: Facts): { readonly invariant: string; readonly what: string } | null {
  for (const [invariant, holds] of Object.entries(invariants)) {
    const what = holds(facts);
    if (what !== null) return { invariant, what };
  }
  return null;
}
