import type { PlannedTask } from "../plan.ts";
import { atOnce } from "./at-once.ts";
import type { Overlap } from "./overlaps.ts";
import { treeIndex } from "./tree-index.ts";
import { bothWritten, declaredWrites, predictedWrites, withNamedFolders } from "./write-set.ts";

const maxTold = 20;

/** Every file that some task may change, by tasks in the plan's order. */
export function writtenFiles(tasks: readonly PlannedTask[], tree: readonly string[]): Map<string, string[]> {
  const index = withNamedFolders(treeIndex(tree), tasks);
  const writers = new Map<string, string[]>();
  for (const task of tasks) {
    for (const path of bothWritten(declaredWrites(task, index), predictedWrites(task, index)).paths) {
      const ids = writers.get(path);
      if (ids === undefined) writers.set(path, [task.id]);
      else ids.push(task.id);
    }
  }
  return writers;
}

/**
 * Tasks that may change a file (`tasks`) beside others that may change what imports it (`others`), where no dependency puts them in an
 * order: the second may have to follow the first.
 */
export function importingTasks(
  tasks: readonly PlannedTask[],
  writers: ReadonlyMap<string, readonly string[]>,
  importersOf: ReadonlyMap<string, readonly string[]>,
): Overlap[] {
  const found = [...writers].flatMap(([at, own]) => {
    const using = new Set((importersOf.get(at) ?? []).flatMap((path) => writers.get(path) ?? []));
    const others = [...using].filter((id) => !own.includes(id));
    return others.length === 0 ? [] : [{ at, tasks: own, others }];
  });
  return atOnce(found, tasks, { limit: maxTold, wanted: () => true }).filter(
    ({ tasks: own, others }) => own.length > 0 && others.length > 0,
  );
}
