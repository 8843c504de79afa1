import type { Failure } from "../failure.ts";
import { mostForeseenStops, sameForeseen, type Foreseen } from "../foreseen.ts";
import type { TaskRow } from "../rows.ts";
import { isOver } from "../task-state.ts";
import type { Draft } from "./draft.ts";
import { converses } from "./messages.ts";
import { stopAttempt } from "./stops.ts";

/** What the attempt has changed by now conflicts with the target; null: it does not, or not any more. */
export function attemptForeseen(draft: Draft, foreseen: Foreseen | null): void {
  const attempt = draft.attempt();
  const task = draft.task(attempt.task);
  // Only while it can still be told: what has ended goes its own way, and what is frozen changes nothing.
  if (attempt.state.status !== "working" || attempt.stopping !== null || isOver(task.state)) return;
  if (sameForeseen(attempt.foreseen ?? null, foreseen)) return;
  const seen = { ...attempt, foreseen };
  draft.putAttempt(seen);
  draft.emit(task.id, { type: "attempt.foreseen", attempt: attempt.number, foreseen });
  // To an agent it would be one more turn for nothing.
  if (foreseen === null) return;
  const { predict = "tell" } = draft.run.settings;
  if (predict === "stop" && stopsOf(task) < mostForeseenStops) {
    const why = { reason: "conflict", foreseen } as const;
    draft.putAttempt({ ...seen, stopping: why });
    draft.emit(task.id, { type: "attempt.stopping", attempt: attempt.number, why });
    return stopAttempt(draft, attempt.id);
  }
  if (!converses(draft, attempt)) return;
  draft.ask({
    kind: "tell-attempt",
    id: `tell-attempt:${attempt.id}:${draft.now}`,
    attempt: attempt.id,
    message: null,
  });
}

function stopsOf({ failures }: TaskRow): number {
  return failures.filter(({ failure }) => failure.reason === "conflict" && failure.foreseen === true).length;
}

/** Told to the next attempt, which begins from the target that this one conflicted with. Nobody's fault. */
export function foreseenFailure({ paths, tip }: Foreseen): Failure {
  return { reason: "conflict", paths, tip, foreseen: true };
}
