import { createHash } from "node:crypto";
import type { ObjectServer } from "../adapters/git/object-server.ts";
import { branchRef } from "../adapters/git/target.ts";
import { plainTask } from "../adapters/sources/task-file.ts";
import type { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { assemblePlan } from "../domain/assemble.ts";
import { marksOf, type MarkAnchor, type SourceKind } from "../domain/plan.ts";
import { markAmong, statedTasks, type DraftTask, type Mark, type RoadmapReading } from "../domain/roadmap.ts";
import type { TaskRow } from "../domain/rows.ts";
import type { RunRow, RunSource } from "../domain/run.ts";
import { asPlanned, sourceChanges, type SourceChanges } from "../domain/source-changes.ts";
import { mayBeInTarget } from "../domain/task-state.ts";
import { addTo } from "../std/multi-map.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import { maxSourceBytes, readText, saidIn } from "./submission/source-text.ts";

export interface SourceLooker {
  readonly objects: ObjectServer;
  readonly reader: RoadmapReader;
}

export interface ChangedSource extends SourceChanges {
  readonly source: string;
  /** Stands for what is new in it, what is gone and what is another. */
  readonly seen: string;
}

/** As the target has it, where git tracks it; else as it is on disk. Null: it is not there, or not to be read. */
export async function sourceText(
  { target }: RunRow,
  { name, tracked, file }: RunSource,
  { objects }: SourceLooker,
): Promise<string | null> {
  if (tracked !== null) {
    const blob = await objects.find(`${branchRef(target)}:${tracked}`);
    return blob?.type === "blob" && blob.content.length <= maxSourceBytes ? blob.content.toString("utf8") : null;
  }
  try {
    return file === null ? null : await readText(name, file);
  } catch (error) {
    if (!(error instanceof OperationalError) && errnoOf(error) === null) throw error;
    return null;
  }
}

/** What a roadmap says now that the run does not know, or does no more. Null: no plan can be made of it as it is. */
export async function changesOf(
  rows: readonly TaskRow[],
  { source, text }: { readonly source: RunSource; readonly text: string },
  { reader }: SourceLooker,
): Promise<ChangedSource | null> {
  const reading = await reader.read(text);
  const { name, said } = source;
  const assembled = assemblePlan([
    { kind: "roadmap", name, path: name, reading: withLanded(reading, rows, name) },
    // What it says may be about them.
    { kind: "plan-file", name: "", path: "", reading: statedTasks(tasksOfOthers(rows.map(asPlanned), name)) },
  ]);
  if (!assembled.ok && assembled.problems.some(({ reason }) => reason !== "empty")) return null;
  const { tasks, kinds } = assembled.ok ? assembled.plan : { tasks: [], kinds: new Map<string, SourceKind>() };
  const now = tasks.filter(({ id }) => kinds.get(id) === "roadmap");
  const found = sourceChanges(rows, (planned) => marksOf(planned).some(({ path }) => path === name), now);
  // A person may also have edited the task itself; and who submitted it before that was known cannot be asked.
  const isOther = said !== undefined && said !== saidIn(text, reading.marks);
  const changes = isOther ? found : { ...found, edited: [] };
  return { source: name, ...changes, seen: seenOf(changes) };
}

/** Of other documents: what has no mark may be of this one. */
function tasksOfOthers(rows: readonly TaskRow[], name: string): DraftTask[] {
  const others = rows.filter(({ planned }) => {
    const marks = marksOf(planned);
    return marks.length > 0 && marks.every(({ path }) => path !== name);
  });
  return others.flatMap(({ planned }) =>
    (planned.parts ?? [planned]).map(({ id, title }) => {
      return { ...plainTask({ id, title, description: "", line: 1 }), statedId: id };
    }),
  );
}

/** With what the run itself has done to be done, as it was: what waits for it says so all the time. */
function withLanded(reading: RoadmapReading, rows: readonly TaskRow[], name: string): RoadmapReading {
  const nameOf = ({ kind = "box", label }: Pick<MarkAnchor, "kind" | "label">): string => JSON.stringify([kind, label]);
  const same = new Map<string, Mark[]>();
  for (const mark of reading.marks) addTo(same, nameOf(mark), mark);
  const done = rows.filter(({ state }) => mayBeInTarget(state)).flatMap(({ planned }) => marksOf(planned));
  const landed = new Set(
    done.map((mark) => (mark.path === name ? markAmong(same.get(nameOf(mark)) ?? [], mark) : null)),
  );
  const tasks = reading.tasks.map((task) => {
    const mark = task.mark === null ? undefined : reading.marks[task.mark];
    return mark !== undefined && landed.has(mark) ? { ...task, done: false } : task;
  });
  return { ...reading, tasks };
}

function seenOf({ added, dropped, edited }: SourceChanges): string {
  const news = [added.map(({ id, title }) => [id, title]), dropped, ...(edited.length === 0 ? [] : [edited])];
  return digestOf(JSON.stringify(news)).slice(0, 16);
}

export function isNews({ added, dropped, edited }: SourceChanges): boolean {
  return added.length + dropped.length + edited.length > 0;
}

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Roadmaps of a run whose tasks it knows by their marks. */
export function watchedSources({ settings }: RunRow): RunSource[] {
  return settings.sources.filter(
    ({ name, file, onlyMarks }) => file !== null && onlyMarks !== true && /\.(md|markdown)$/i.test(name),
  );
}
