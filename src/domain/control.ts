import type { Budget, Cap } from "./budget.ts";
import type { RuleName } from "./diff-policy/rules.ts";
import type { Delivery } from "./message.ts";
import type { Priority } from "./plan.ts";
import type { Stage, TaskStatus } from "./task-state.ts";
import type { Gate } from "./verdict.ts";

/** What a person may change of a task that no agent has begun; what is left out stays. */
export interface TaskEdit {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Ids of tasks of the same run; replaces those there were. */
  readonly dependsOn?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  /** Rules of the diff policy that do not count for it; replaces those there were. */
  readonly allow?: readonly RuleName[] | undefined;
}

/** A command on one task. */
export type TaskCommand =
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "cancel" }
  /** `allow`: besides those that are allowed already. */
  | { readonly type: "retry"; readonly allow?: readonly RuleName[] | undefined }
  | { readonly type: "prioritize"; readonly priority: Priority }
  | { readonly type: "edit"; readonly edit: TaskEdit }
  /** `id`: sent again it is said once. */
  | { readonly type: "message"; readonly id: string; readonly text: string };

/** A command on a run, for all of its tasks. `interrupt` stops what is running; `pause` freezes it where it is. */
export type RunCommand =
  | { readonly type: "pause" }
  | { readonly type: "interrupt" }
  | { readonly type: "resume" }
  | { readonly type: "cancel" }
  | { readonly type: "retry"; readonly allow?: readonly RuleName[] | undefined }
  | { readonly type: "prioritize"; readonly priority: Priority }
  /** What is done and kept back goes into the queue. `gate`: judges it, and what the run does from now on, instead of the run's. */
  | { readonly type: "land"; readonly gate?: Gate | null | undefined }
  /** Other caps: what a cap had stopped goes on where the new one allows it. */
  | { readonly type: "budget"; readonly caps: { readonly [scope in keyof Budget]?: number | null | undefined } };

/** What became of a command. `unchanged`: it was so already. `delivery`: of a message. */
export type Answer =
  | { readonly kind: "done"; readonly delivery?: Delivery }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Why a command is impossible now. */
export type Refusal =
  | { readonly reason: "task-over"; readonly status: TaskStatus }
  | { readonly reason: "run-finished" }
  | { readonly reason: "over-budget"; readonly cap: Cap }
  /** Its agent has done its part. */
  | { readonly reason: "being-landed"; readonly stage: Stage }
  | { readonly reason: "held" }
  /** It is done; trying it again would land it, which its run leaves to a person. */
  | { readonly reason: "kept-back" }
  | { readonly reason: "nothing-to-land" }
  | { readonly reason: "run-stopped" }
  | { readonly reason: "run-paused" }
  | { readonly reason: "still-stopping" }
  | { readonly reason: "needs-other"; readonly task: string }
  | { readonly reason: "begun" }
  | { readonly reason: "too-many-messages"; readonly most: number }
  | { readonly reason: "unknown-need"; readonly need: string }
  | { readonly reason: "cycle"; readonly path: readonly string[] }
  | { readonly reason: "unknown-agent"; readonly agent: string; readonly known: readonly string[] };
