import type { BlockReason } from "../task-state.ts";

type Fate = Extract<BlockReason, { reason: "dependency-failed" }>["because"];

/** What became of the task another one needs. */
export function fateText(because: Fate): string {
  switch (because) {
    case "failed":
      return "failed";
    case "cancelled":
      return "was cancelled";
    case "held":
      return "is held";
    case "budget":
      return "has reached its cap";
  }
}
