import type { Priority, TaskType } from "../plan.ts";

export interface LineSpan {
  readonly from: number;
  readonly to: number;
}

/** A task as a model gave it: of the right shape, and believed no further. */
export interface AnsweredTask {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly type: TaskType;
  readonly priority: Priority;
  /** Ids of others in the same answer. */
  readonly dependencies: readonly string[];
  /** Minutes. */
  readonly estimatedTime: number | null;
  readonly acceptanceCriteria: readonly string[];
  readonly files: readonly string[];
  readonly capabilities: readonly string[];
  /** Of the source that was shown, where one was; from 1. Null: it says none, or none that could be. */
  readonly lines: LineSpan | null;
}
