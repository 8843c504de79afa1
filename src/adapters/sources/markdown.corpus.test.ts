import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { changeMark, marksAfter, type Mark, type MarkChange, type RoadmapReading } from "../../domain/roadmap.ts";
import { countBoxes, readRoadmap } from "./markdown.ts";

interface CorpusEntry {
  readonly file: string;
  readonly checkboxes: { readonly open: number; readonly done: number };
}

const corpus = new URL("../../../../shared/corpus/roadmaps/", import.meta.url);
const absent = !existsSync(new URL("index.json", corpus));
const entries: readonly CorpusEntry[] = absent
  ? []
  : (JSON.parse(readFileSync(new URL("index.json", corpus), "utf8")) as CorpusEntry[]);

/** As read without any model: of tasks, those to be done, done, and left out; of the first how many are no word of the author. */
const expected: Readonly<Record<string, string>> = {
  "01-conduit.md": "boxes: 88 open, 21 done",
  "03-farm-zh.md": "boxes: 0 open, 12 done",
  "05-aidevops-gopass-tasks.md": "boxes: 25 open, 0 done",
  "06-privydrop.md": "bullets: 4 open (4 guess), 0 done",
  "07-1037solo-zh.md": "table: 3 open (3 likely), 0 done, 1 left; unread: 2 prose, 3 unknown-status, 4 unmarked",
  "12-emailsender-v31-crlf-fr.md": "boxes: 20 open, 0 done",
  "13-emailsender-taskmaster-mixed-eol.md": "emoji: 0 open, 5 done; unread: 1 boxes-in-code",
  "14-emailsender-roadmap-format.md": "prose: 0 open, 0 done; unread: 1 boxes-in-code, 3 prose, 1 unmarked",
  "15-emailsender-perso-quotes-fr.md": "boxes: 36 open, 31 done",
  "17-emailsender-cognitive.md": "boxes: 4 open, 0 done",
  "23-menschlichkeit-aktionsplan-de.md": "boxes: 32 open, 0 done",
  "25-postgres-operator.md": "boxes: 17 open, 38 done, 6 left; unread: 7 unmarked",
  "31-cloudron-todo-toon.md": "boxes: 0 open, 1 done; unread: 1 boxes-in-code",
  "36-ai-infra-roadmap-format.md": "boxes: 10 open, 1 done; unread: 6 boxes-in-code",
  "37-ai-infra-executor-completed.md": "boxes: 0 open, 94 done; unread: 1 prose",
  "40-claude-flow-implementation.md": "bullets: 3 open (3 guess), 0 done; unread: 15 boxes-in-code, 10 unmarked",
  "42-pi-pods-implementation.md": "boxes: 31 open, 0 done",
  "43-gsd-v1-roadmap-crlf.md": "boxes: 33 open, 28 done; unread: 2 overview",
  "44-kysely-cancellation-plan.md": "boxes: 17 open, 24 done; unread: 1 prose, 5 unmarked",
  "47-ai-maestro-numbered.md": "boxes: 5 open, 0 done; unread: 1 boxes-in-code",
};

// The default decoder swallows a byte order mark, and offsets would be one short.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

describe.skipIf(absent)(`roadmaps of real projects${absent ? " (the corpus is not on this machine)" : ""}`, () => {
  it.each(entries.map((entry) => [entry.file, entry] as const))("%s", (file, entry) => {
    const bytes = readFileSync(new URL(file, corpus));
    const text = decoder.decode(bytes);
    const reading = readRoadmap(text);
    expect(countBoxes(reading)).toEqual({ open: entry.checkboxes.open, done: entry.checkboxes.done });
    expect(summary(reading)).toBe(expected[file]);
    const lines = text.split(/\r\n|\n|\r/);
    for (const { from, to, text: unread } of reading.unread) {
      expect(unread.split(/\r\n|\n|\r/)).toEqual(lines.slice(from - 1, to));
    }

    const open = reading.marks.filter(({ kind, state }) => kind === "box" && state === "open");
    for (const mark of open) expect(changedBytes(bytes, Buffer.from(changeMark(text, ticked(mark)), "utf8"))).toBe(1);
    // Reading again for each box would be quadratic; first, middle and last reach every kind of place.
    for (const mark of [open.at(0), open.at(open.length >> 1), open.at(-1)].filter((one) => one !== undefined)) {
      const change = ticked(mark);
      expect(readRoadmap(changeMark(text, change)).marks).toEqual(marksAfter(reading.marks, change));
    }
  });
});

function summary({ form, tasks, unread }: RoadmapReading): string {
  const open = tasks.filter(({ done, left }) => !done && left === null);
  const unsure = counted(open.flatMap(({ sure }) => (sure === "stated" ? [] : [sure])));
  const left = tasks.filter((task) => task.left !== null).length;
  return [
    `${form}: ${open.length} open${unsure === "" ? "" : ` (${unsure})`}, ${tasks.filter(({ done }) => done).length} done`,
    left === 0 ? "" : `, ${left} left`,
    unread.length === 0 ? "" : `; unread: ${counted(unread.map(({ reason }) => reason))}`,
  ].join("");
}

function counted(words: readonly string[]): string {
  return [...new Set(words)]
    .sort()
    .map((word) => `${words.filter((other) => other === word).length} ${word}`)
    .join(", ");
}

function ticked(mark: Mark): MarkChange {
  return { mark, to: { text: mark.done, state: "done" } };
}

function changedBytes(before: Buffer, after: Buffer): number {
  expect(after.length).toBe(before.length);
  let changed = 0;
  for (const [index, byte] of before.entries()) if (byte !== after[index]) changed++;
  return changed;
}
