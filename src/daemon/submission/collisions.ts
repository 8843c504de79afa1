import { readTreeFiles } from "../../adapters/code/tree-files.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import { branchRef } from "../../adapters/git/target.ts";
import { Git } from "../../adapters/git/git.ts";
import type { CollisionMode } from "../../domain/collisions/collision-mode.ts";
import { collisionsOf, type Collisions } from "../../domain/collisions/collisions.ts";
import type { PlannedTask } from "../../domain/plan.ts";
import type { FoundTarget } from "./preflight.ts";
import { collisionNotes } from "../../domain/present/collision-text.ts";

export interface ChosenCollisions {
  readonly mode: CollisionMode;
  readonly found: Collisions;
  readonly notes: readonly string[];
}

interface Asked {
  readonly repository: FoundRepository;
  /** Undefined: nobody said. */
  readonly mode: CollisionMode | undefined;
}

/** Which of a plan's tasks may change the same files, and what is done about it. Where it rejects, that may be heard later. */
export function chooseCollisions(
  tasks: readonly PlannedTask[],
  { target, makes }: FoundTarget,
  { repository, mode = "declared" }: Asked,
): Promise<ChosenCollisions> {
  const found = findCollisions(tasks, mode, {
    gitDir: repository.place.commonDir,
    commit: makes?.commit ?? branchRef(target),
  });
  found.catch(() => undefined);
  return found;
}

async function findCollisions(
  tasks: readonly PlannedTask[],
  mode: CollisionMode,
  { gitDir, commit }: { readonly gitDir: string; readonly commit: string },
): Promise<ChosenCollisions> {
  const looks = mode !== "off" && tasks.length > 1;
  const { files } = looks ? await readTreeFiles(new Git({ gitDir }), commit) : { files: [] };
  const found = collisionsOf(
    tasks,
    files.map(({ path }) => path),
    mode,
  );
  return { mode, found, notes: collisionNotes(found) };
}
