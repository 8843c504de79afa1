import type { ChangeRow } from "../rows.ts";
import { attemptNumber } from "../run.ts";
import type { Draft } from "./draft.ts";

/** The run lands by hand: the work is there, and waits for a person's word. No failure of anybody's, so none is counted. */
export function keepBack(draft: Draft, change: ChangeRow): void {
  const failure = { reason: "not-asked-to-land" } as const;
  draft.moveChange(change, { type: "held", failure, tip: change.base });
  draft.emit(change.task, { type: "change.held", attempt: attemptNumber(change.id), failure });
  draft.moveTask(change.task, { type: "blocked", by: { reason: "held", failure } });
  draft.emit(change.task, { type: "task.blocked", by: { reason: "held", failure } });
}
