import type { AttemptId } from "../run.ts";
import type { Draft } from "./draft.ts";

export function stopAttempt(draft: Draft, attempt: AttemptId): void {
  draft.ask({ kind: "stop-attempt", id: `stop-attempt:${attempt}`, attempt });
}
