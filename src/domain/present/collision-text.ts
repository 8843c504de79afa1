import { singleLine } from "../../std/text.ts";
import type { Collisions } from "../collisions/collisions.ts";
import type { Overlap } from "../collisions/overlaps.ts";
import { listText } from "./failure-text.ts";

const maxNotes = 6;

/** What a person should know of a plan's collisions, the largest first. */
export function collisionNotes({ apart, told, tooWide }: Collisions): string[] {
  return [
    ...bounded(apart, (overlap) => `${whoText(overlap)}: not at once`),
    ...bounded(told, (overlap) => `${whoText(overlap)}, and may run at once (collisions: strict keeps them apart)`),
    ...(tooWide.length === 0 ? [] : [`${listText(tooWide, 5)} would collide with too many tasks to be kept apart`]),
  ];
}

/** Of tasks whose files are used by those of others. */
export function importingNotes(overlaps: readonly Overlap[]): string[] {
  return bounded(overlaps, ({ at, tasks, others }) => {
    const file = singleLine(at, 100);
    return `${listText(tasks, 5)} may change ${file}, which files that ${listText(others, 5)} may change import`;
  });
}

function bounded(overlaps: readonly Overlap[], noteOf: (overlap: Overlap) => string): string[] {
  const notes = overlaps.slice(0, maxNotes).map(noteOf);
  const left = overlaps.length - notes.length;
  return left > 0 ? [...notes, `… and ${left} more such groups of tasks`] : notes;
}

function whoText({ at, tasks, others }: Overlap): string {
  const file = singleLine(at, 100);
  const beside = others.length === 0 ? "" : ` beside ${listText(others, 5)}`;
  return `${listText(tasks, 5)} may change ${file}${beside}`;
}
