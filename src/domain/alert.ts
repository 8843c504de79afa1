import type { Cap } from "./budget.ts";
import type { Failure, RevertReason } from "./failure.ts";
import type { ReleaseReason } from "./issue.ts";
import type { Halt } from "./queue/queue-row.ts";

/** What a person is told of at once, wherever they are: what went wrong, and what waits for them. */
export type Alert =
  /** A landing was taken back, which nobody had asked for. `commit` is the receipt. */
  | { readonly kind: "reverted"; readonly landed: string; readonly commit: string; readonly why: RevertReason }
  /** The target is red with it, and it stays. */
  | { readonly kind: "target-red"; readonly landed: string; readonly check: string }
  | { readonly kind: "queue-halted"; readonly halted: Halt }
  | { readonly kind: "budget-reached"; readonly cap: Cap }
  /** An agent waits for a person's word. */
  | { readonly kind: "agent-asks"; readonly message: string }
  /** By a conflict, as `onConflict: stop` says. */
  | { readonly kind: "run-stopped"; readonly failure: Failure }
  /** Its task failed so often that its issue is not opened again. */
  | { readonly kind: "issue-left"; readonly issue: string; readonly why: ReleaseReason }
  /** Not everything of it landed. */
  | { readonly kind: "run-ended"; readonly completed: number; readonly tasks: number; readonly cap: Cap | null }
  /** A person wants to see one. */
  | { readonly kind: "test" };

/** What the person's program is told on its stdin: one object of JSON. A field is added, never changed in meaning. */
export interface Notice {
  readonly version: 1;
  /** The same one may come twice: it is known by this. */
  readonly id: string;
  readonly kind: Alert["kind"];
  /** ISO 8601, in UTC. */
  readonly at: string;
  /** Its checkout; null: of none. */
  readonly repository: string | null;
  readonly target: string | null;
  readonly run: string | null;
  readonly task: string | null;
  readonly title: string | null;
  readonly what: string;
  readonly why: string | null;
  /** The end of what the check printed, with secrets of a known shape taken out. */
  readonly log: string | null;
  /** Of a landing that was taken back: the commit that did it. */
  readonly commit: string | null;
  /** The next command to type. */
  readonly next: string;
}

/** Alerts that did not reach the person's program. */
export interface UnsentAlerts {
  readonly count: number;
  /** Of the last one. */
  readonly kind: Alert["kind"];
  readonly problem: string;
}
