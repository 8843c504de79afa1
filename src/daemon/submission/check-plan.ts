import type { TreePaths } from "../../adapters/code/tree-files.ts";
import type { Plan } from "../../domain/plan.ts";
import { checkPlan, type PlanFinding } from "../../domain/plan-check.ts";
import { planFindingText } from "../../domain/present/plan-finding-text.ts";
import { OperationalError } from "../../std/operational-error.ts";

/** What the plan's data shows, looked at beside the files of the target. */
export async function findingsOf(plan: Plan, treeOf: () => Promise<TreePaths>): Promise<readonly PlanFinding[]> {
  const named = plan.tasks.some(({ files }) => files.length > 0);
  const paths = named ? withFolders(await treeOf()) : null;
  return checkPlan(plan.tasks, { paths, kindOf: ({ id }) => plan.kinds.get(id) ?? "words" });
}

/** Never is a plan run that failed its checks. */
export function refuseErrors(findings: readonly PlanFinding[]): void {
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  throw new OperationalError({
    code: "unsound-plan",
    what: "The plan is not sound",
    why: errors.slice(0, 8).map(planFindingText).join("\n"),
    next: "correct the source, or write the plan down and edit it: nightcrew plan edit …",
  });
}

/** Null: there are too many. */
function withFolders(tree: TreePaths): ReadonlySet<string> | null {
  if (tree.cut) return null;
  const paths = new Set<string>();
  for (const path of tree.paths) {
    paths.add(path);
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at + 1);
      if (paths.has(folder)) break;
      paths.add(folder);
    }
  }
  return paths;
}
