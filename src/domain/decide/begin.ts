import type { AttemptId } from "../run.ts";
import type { Draft } from "./draft.ts";

/** Its agent begins. */
export function beginAttempt(draft: Draft, attempt: AttemptId): void {
  draft.ask({ kind: "start-attempt", id: `start-attempt:${attempt}`, attempt });
}

/** Its agent begins when its tracker says that nobody else works on the issue, and that it is still to be done. */
export function claimIssue(draft: Draft, attempt: AttemptId): void {
  draft.ask({ kind: "claim-issue", id: `claim-issue:${attempt}`, attempt });
}
