import { realpath } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { readPlanFile } from "../../adapters/sources/plan-file.ts";
import type { MarkAnchor } from "../../domain/plan.ts";
import { findMark, type DraftTask, type RoadmapReading } from "../../domain/roadmap.ts";
import type { RunSource } from "../../domain/run.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";

export interface LoadedPlanFile {
  readonly reading: RoadmapReading;
  /** The roadmaps whose marks its tasks set. */
  readonly sources: readonly RunSource[];
  readonly notes: readonly string[];
}

/** A roadmap as it is now. */
export interface LoadedRoadmap {
  readonly reading: RoadmapReading;
  readonly source: RunSource;
}

export interface PlanFilePlace {
  readonly word: string;
  readonly file: string;
  readonly cwd: string;
  readonly read: (word: string, file: string) => Promise<LoadedRoadmap>;
}

/** A plan of earlier, and what became of the marks of its tasks since: what was ticked by now is done. */
export async function loadPlanFile(text: string, place: PlanFilePlace): Promise<LoadedPlanFile> {
  const parsed = await readPlanFile(text);
  if (!parsed.ok) {
    const { at, why } = parsed.fault;
    throw new OperationalError({
      code: "invalid-plan",
      what: `${place.word}${at === null ? "" : `:${at.line}:${at.col}`} is not a valid plan`,
      why,
      next: `correct it: nightcrew plan edit ${place.word}; what may be in it: nightcrew plan --schema`,
    });
  }
  const { tasks } = parsed.reading;
  const paths = [...new Set(tasks.flatMap(({ anchor }) => anchor?.path ?? []))];
  const found = new Map(await Promise.all(paths.map(async (path) => [path, await boxesOf(path, place)] as const)));
  const notes: string[] = [];
  const now = tasks.map((task) => (task.anchor == null ? task : asItIsNow(task, task.anchor, { found, notes })));
  const sources = [...found.values()].flatMap((one) => (one.there ? [one.source] : []));
  return { reading: { ...parsed.reading, tasks: now }, sources, notes };
}

type FoundBoxes =
  | { readonly there: true; readonly source: RunSource; readonly reading: RoadmapReading }
  | { readonly there: false; readonly name: string };

/** By a path as it is called in the plan file: relative to its folder. */
async function boxesOf(path: string, { file, cwd, read }: PlanFilePlace): Promise<FoundBoxes> {
  const place = resolve(dirname(file), path);
  const name = (relative(await realpath(cwd), place) || path).split("\\").join("/");
  let real: string;
  try {
    real = await realpath(place);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw error;
    return { there: false, name };
  }
  const { reading, source } = await read(name, real);
  return { there: true, reading, source: { ...source, onlyMarks: true } };
}

interface Comparing {
  readonly found: ReadonlyMap<string, FoundBoxes>;
  readonly notes: string[];
}

function asItIsNow(task: DraftTask, anchor: MarkAnchor, { found, notes }: Comparing): DraftTask {
  const source = found.get(anchor.path);
  const called = task.statedId ?? task.title;
  if (source?.there !== true) {
    notes.push(`${called}: there is no ${source?.name ?? anchor.path}, so that no mark of it is set`);
    return { ...task, anchor: null };
  }
  const mark = findMark(source.reading.marks, anchor);
  if (mark === null) {
    notes.push(`${called}: its mark is not in ${source.source.name} any more, so that none is set`);
    return { ...task, anchor: null };
  }
  return { ...task, anchor: { ...anchor, path: source.source.name, line: mark.line }, done: mark.state === "done" };
}
