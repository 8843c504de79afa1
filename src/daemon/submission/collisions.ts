import { findImporters, type CodeReader } from "../../adapters/code/imports/code-graph.ts";
import { commitOf } from "./preflight.ts";
import type { CollisionMode } from "../../domain/collisions/collision-mode.ts";
import { collisionsOf, type Collisions } from "../../domain/collisions/collisions.ts";
import type { PlannedTask } from "../../domain/plan.ts";
import type { ReadPlan } from "./read-plan.ts";
import { importingTasks, writtenFiles } from "../../domain/collisions/importing.ts";
import { collisionNotes, importingNotes } from "../../domain/present/collision-text.ts";

export interface ChosenCollisions {
  readonly mode: CollisionMode;
  readonly found: Collisions;
  readonly notes: readonly string[];
}

interface Place extends Pick<ReadPlan, "treeOf"> {
  readonly gitDir: string;
  readonly commit: string;
  readonly code: CodeReader;
}

/** Which of a plan's tasks may change the same files, and what is done about it. Where it rejects, that may be heard later. */
export function chooseCollisions(
  { repository, found, treeOf, plan }: Pick<ReadPlan, "repository" | "found" | "treeOf" | "plan">,
  code: CodeReader,
  mode: CollisionMode,
): Promise<ChosenCollisions> {
  const chosen = findCollisions(plan.tasks, mode, {
    gitDir: repository.place.commonDir,
    commit: commitOf(found),
    treeOf,
    code,
  });
  chosen.catch(() => undefined);
  return chosen;
}

async function findCollisions(
  tasks: readonly PlannedTask[],
  mode: CollisionMode,
  place: Place,
): Promise<ChosenCollisions> {
  const looks = mode !== "off" && tasks.length > 1;
  const { paths } = looks ? await place.treeOf() : { paths: [] };
  const found = collisionsOf(tasks, paths, mode);
  // Reading all imports for the first time takes seconds: who asks for more than the default waits for it.
  const importing = mode === "strict" || mode === "warn" ? await importNotes(tasks, paths, place) : [];
  return { mode, found, notes: [...collisionNotes(found), ...importing] };
}

const maxAsked = 2_000;
const maxImporters = 200;

async function importNotes(
  tasks: readonly PlannedTask[],
  tree: readonly string[],
  { gitDir, commit, code }: Place,
): Promise<string[]> {
  const writers = writtenFiles(tasks, tree);
  const paths = [...writers.keys()].slice(0, maxAsked);
  if (paths.length < 2) return [];
  const { importers } = await findImporters(code, { gitDir, commit, paths, steps: 1, limit: maxImporters });
  return importingNotes(importingTasks(tasks, writers, importers));
}
