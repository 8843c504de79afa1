import { unreachable } from "../../../std/assert.ts";
import type { QueueCommand, QueueInput } from "../../input.ts";
import type { QueueSlice } from "../../rows.ts";
import type { Decision } from "../draft.ts";
import { advance } from "./advance.ts";
import { candidateBuilt } from "./built.ts";
import { gateJudged } from "./judged.ts";
import { releaseWaiting } from "./lock-files.ts";
import { landingEnded } from "./landed.ts";
import { askForPromotion, promotionBuilt } from "./promotion.ts";
import { QueueDraft } from "./queue-draft.ts";
import { askFor } from "./asked.ts";
import { isBack, remoteTold } from "./remote.ts";
import { askForReverts, revertBuilt, takeBackAgain } from "./repair.ts";
import { forgetWithdrawn } from "./round.ts";

/**
 * What a queue does next: pure, like all decisions. It knows its changes and their runs' rules, and nothing of tasks: what
 * becomes of those is decided by their runs, which are told in the same transaction.
 */
export function decideQueue(slice: QueueSlice, input: QueueInput, now: number): Decision {
  const draft = new QueueDraft(slice, now);
  if (draft.queue.round !== null) forgetWithdrawn(draft);
  apply(draft, input);
  do advance(draft);
  while (releaseWaiting(draft));
  return draft.decision();
}

function apply(draft: QueueDraft, input: QueueInput): void {
  if ("outcome" in input) isBack(draft);
  switch (input.type) {
    case "candidate.built":
      return candidateBuilt(draft, input);
    case "gate.judged":
      return gateJudged(draft, input);
    case "landing.ended":
      return landingEnded(draft, input);
    case "revert.built":
      return revertBuilt(draft, input);
    case "promotion.built":
      return promotionBuilt(draft, input);
    case "remote.told":
      return remoteTold(draft, input);
    case "queue.control":
      return queueControl(draft, input.command);
    // Nothing to record: they only close the effect that asked, or have it look again.
    case "queue.nudged":
    case "gate.stop-sent":
      return;
    default:
      return unreachable(input);
  }
}

function queueControl(draft: QueueDraft, command: QueueCommand): void {
  switch (command.type) {
    case "resume":
      return resume(draft);
    case "revert":
      return askForReverts(draft, command.landings);
    case "validate":
      return askFor(draft, command);
    case "promote":
      return askForPromotion(draft, command);
    default:
      return unreachable(command);
  }
}

/** What was held for the halt alone is released. */
function resume(draft: QueueDraft): void {
  const { halted } = draft.queue;
  draft.putQueue({ halted: null, reverted: [], rejected: 0 });
  if (halted?.reason === "stuck" && halted.again !== undefined) takeBackAgain(draft, halted.again);
  for (const { id, state } of draft.slice.held)
    if (state.status === "held" && state.failure.reason === "queue-halted") draft.tell(id, { kind: "released" });
}
