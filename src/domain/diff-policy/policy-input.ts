import type { WorkDiff } from "./diff.ts";
import type { DiffPolicy } from "./settings.ts";

/** Everything a rule may look at. */
export interface PolicyInput extends DiffPolicy {
  readonly diff: WorkDiff;
  readonly agent: { readonly name: string; readonly files: readonly string[] };
  /** Of the task's declared files, those that are there when the work is done. */
  readonly present: ReadonlySet<string>;
  /** Replaces secrets, those known by their value and those known by their shape. */
  readonly redact: (text: string) => string;
  /** What was left out of the work, as `leftOutRule` says. */
  readonly leftOut: readonly string[];
}
