import type { BlockReason } from "../task-state.ts";

type Fate = Extract<BlockReason, { reason: "dependency-failed" }>["because"];

/** Of a task that would change what another one changes. */
export function collisionText(task: string): string {
  return `waits for ${task}, which may change the same files`;
}

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
