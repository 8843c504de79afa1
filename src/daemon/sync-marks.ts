import type { RoadmapReader } from "../adapters/sources/roadmap-reader.ts";
import { FileSources, type ChangedLine } from "../adapters/sources/tick-in-place.ts";
import { marksOf } from "../domain/plan.ts";
import type { TaskRow } from "../domain/rows.ts";
import { syncOf, type RunRow, type RunSource, type Sync } from "../domain/run.ts";
import { OperationalError } from "../std/operational-error.ts";
import { plural, singleLine } from "../std/text.ts";

interface SyncPlace {
  readonly reader: RoadmapReader;
  /** Nothing is written: what would be is told. */
  readonly dry: boolean;
}

/** `--sync request`: sets, in the user's own files, the marks of what has landed; the lines it changes are told. */
export async function syncMarks(run: RunRow, tasks: readonly TaskRow[], { reader, dry }: SyncPlace): Promise<string> {
  const sources = new Map(onRequest(run).map((source) => [source.name, source]));
  const files = new FileSources(reader);
  const changed: string[] = [];
  const problems: string[] = [];
  for (const { id, planned, state } of tasks) {
    for (const mark of state.status === "completed" ? marksOf(planned) : []) {
      const file = sources.get(mark.path)?.file;
      if (file == null) continue;
      const outcome = dry ? await files.look(file, mark) : await files.tickInPlace(file, mark);
      if (outcome.line !== null) changed.push(lineText(mark.path, outcome.line));
      if (outcome.problem !== null) problems.push(`${id}: ${outcome.problem}`);
    }
  }
  return [...changed, doneText(changed.length, dry), ...problems].join("\n");
}

function onRequest({ id, settings }: RunRow): readonly RunSource[] {
  const files = settings.sources.filter(({ file }) => file !== null);
  const found = files.filter((source) => syncOf(settings, source) === "request");
  if (found.length > 0) return found;
  throw new OperationalError({
    code: "nothing-to-sync",
    what: `Run ${id} was started with --sync ${settings.sync}`,
    why: whyNothing(settings.sync),
    next: `nightcrew report ${id}`,
  });
}

function whyNothing(sync: Sync): string {
  if (sync === "none") return "the marks of its tasks are left alone";
  if (sync === "request") return "none of its sources is a file";
  return "the marks of its tasks are set in the commits that land them";
}

function doneText(count: number, dry: boolean): string {
  if (count === 0) return "no open mark was left to set";
  if (dry) return `${plural(count, "mark")} would be set; to set ${count === 1 ? "it" : "them"}, leave --dry-run out`;
  return `${plural(count, "mark")} set in your files; commit them when you like`;
}

function lineText(name: string, { line, before, after }: ChangedLine): string {
  return `${name}:${line}\n- ${singleLine(before, 160)}\n+ ${singleLine(after, 160)}`;
}
