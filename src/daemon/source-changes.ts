import { createHash } from "node:crypto";
import type { ObjectServer } from "../adapters/git/object-server.ts";
import { branchRef } from "../adapters/git/target.ts";
import type { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { assemblePlan } from "../domain/assemble.ts";
import { marksOf } from "../domain/plan.ts";
import type { TaskRow } from "../domain/rows.ts";
import type { RunRow, RunSource } from "../domain/run.ts";
import { sourceChanges, type SourceChanges } from "../domain/source-changes.ts";
import { errnoOf, OperationalError } from "../std/operational-error.ts";
import { maxSourceBytes, readText } from "./submission/source-text.ts";

export interface SourceLooker {
  readonly objects: ObjectServer;
  readonly reader: RoadmapReader;
}

export interface ChangedSource extends SourceChanges {
  readonly source: string;
  /** Stands for what is new in it and what is gone. */
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
  const { name } = source;
  const assembled = assemblePlan([{ kind: "roadmap", name, path: name, reading }]);
  if (!assembled.ok && assembled.problems.some(({ reason }) => reason !== "empty")) return null;
  const now = assembled.ok ? assembled.plan.tasks : [];
  const changes = sourceChanges(rows, (planned) => marksOf(planned).some(({ path }) => path === name), now);
  return { source: name, ...changes, seen: seenOf(changes) };
}

function seenOf({ added, dropped }: SourceChanges): string {
  return digestOf(JSON.stringify([added.map(({ id, title }) => [id, title]), dropped])).slice(0, 16);
}

export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Roadmaps of a run whose tasks it knows by their marks. */
export function watchedSources({ settings }: RunRow): RunSource[] {
  return settings.sources.filter(({ name, file }) => file !== null && /\.(md|markdown)$/i.test(name));
}
