import type { PlanInput } from "../../domain/plan-input.ts";
import { statedTasks, type RoadmapReading } from "../../domain/roadmap.ts";
import type { RunSource } from "../../domain/run.ts";
import { plainTask } from "../../adapters/sources/task-file.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { printable, singleLine } from "../../std/text.ts";
import type { Asked } from "./planning-folder.ts";
import type { Decomposed } from "./request.ts";

/** What the words of a submission came to. */
export interface ReadWords {
  readonly input: PlanInput;
  readonly source: RunSource;
  /** Who made them into tasks; null: they are titles. */
  readonly made: Asked | null;
  readonly notes: readonly string[];
}

const maxTitle = 500;

/** Titles, as they are. */
export function readTitles(texts: readonly string[]): ReadWords {
  const tasks = texts.map((text, index) => {
    const title = titleOf(text);
    // What a title does not hold is not lost.
    const description = text.length > maxTitle || text.trim().includes("\n") ? printable(text).trim() : "";
    return plainTask({ id: String(index + 1), title, description, line: index + 1 });
  });
  const name = "command line";
  return {
    input: { kind: "words", name, path: name, reading: statedTasks(tasks) },
    source: sourceOf(name),
    made: null,
    notes: [],
  };
}

export function readRequest(made: Decomposed & Asked): ReadWords {
  const input = requestInput(made.reading);
  return { input, source: sourceOf(input.name), made, notes: made.notes };
}

/** What a model made, as a source like any other. */
export function requestInput(reading: RoadmapReading): PlanInput {
  return { kind: "request", name: "request", path: "request", reading };
}

function sourceOf(name: string): RunSource {
  return { name, boxes: { open: 0, done: 0 }, file: null, tracked: null };
}

function titleOf(text: string): string {
  const clean = singleLine(text, maxTitle);
  if (clean !== "") return clean;
  throw new OperationalError({
    code: "empty-title",
    what: "A task title is empty",
    next: 'give it words: nightcrew run "Fix the login form"',
  });
}
