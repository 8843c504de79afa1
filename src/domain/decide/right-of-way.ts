import { collide } from "../collisions/shares.ts";
import type { TaskRow } from "../rows.ts";
import { isInWay } from "../task-state.ts";
import type { Draft } from "./draft.ts";

/** Which tasks of a run may start beside those at work, as the decision has them by now. */
export class RightOfWay {
  private readonly taken: number[];
  /** Of the best task that was passed over: it is not kept waiting by others that could have waited. */
  private kept: readonly number[] | null = null;
  started = 0;

  constructor(draft: Draft) {
    const atWork = new Map(draft.slice.inWay.map(({ task, shares }) => [task, shares]));
    for (const { id, shares, state } of draft.tasksPut()) {
      if (shares !== undefined && isInWay(state)) atWork.set(id, shares);
      else atWork.delete(id);
    }
    this.taken = [...atWork.values()].flat();
  }

  /** To be asked in the order of urgency. */
  has({ shares = [], state }: TaskRow): boolean {
    if (shares.length === 0) return true;
    const free = !collide(shares, this.taken);
    if (free && (this.kept === null || !collide(shares, this.kept))) return true;
    // One that waits for an agent, too, would keep the others waiting for longer.
    if (!free && state.status === "queued") this.kept ??= shares;

    return false;
  }

  take({ shares = [] }: TaskRow): void {
    this.started++;
    this.taken.push(...shares);
  }

  get passedOver(): boolean {
    return this.kept !== null;
  }
}

/**
 * By this decision something is no longer in the way: others, which it did not look at, may start. Also one that only waits for
 * its turn, and is paused, or less urgent than it was: others were kept from starting before it.
 */
export function clearsWay(draft: Draft): boolean {
  return draft.tasksPut().some(({ state, shares = [] }) => shares.length > 0 && !isInWay(state));
}
