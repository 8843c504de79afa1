import { priorities, type Priority } from "../../domain/plan.ts";
import { isSameLabel } from "./issue-labels.ts";
import type { GitHubIssue } from "./github-schema.ts";

/** Shown to people while one of ours works on it; who takes it off frees the issue. */
export const workLabel = "nightcrew";

export function workLabelOf({ labels }: GitHubIssue): string | undefined {
  return labels.find(isSameLabel(workLabel));
}

export function isMarked(issue: GitHubIssue): boolean {
  return workLabelOf(issue) !== undefined;
}

/** Words that say of themselves how urgent something is. */
const plainly: ReadonlySet<string> = new Set<Priority>(["critical", "high", "medium", "low"]);

/** Of labels such as `P1`, `high` or `priority: high`; a number alone may count anything. */
export function priorityOf(labels: readonly string[]): Priority {
  for (const label of labels) {
    const [, digit] = /^(?:priority[\s:/-]*p?|p)([0-4])$/i.exec(label) ?? [];
    if (digit !== undefined) return priorities[Number(digit)] ?? "medium";
    const [, isSaid, word = ""] = /^(priority[\s:/-]*)?(\w+)$/i.exec(label) ?? [];
    const found = priorities.find((one) => one === word.toLowerCase());
    if (found !== undefined && (isSaid !== undefined || plainly.has(found))) return found;
  }
  return "medium";
}
