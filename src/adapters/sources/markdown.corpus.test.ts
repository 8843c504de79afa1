import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { changeMark, marksAfter, type Mark, type MarkChange } from "../../domain/roadmap.ts";
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

// The default decoder swallows a byte order mark, and offsets would be one short.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

describe.skipIf(absent)(`roadmaps of real projects${absent ? " (the corpus is not on this machine)" : ""}`, () => {
  it.each(entries.map((entry) => [entry.file, entry] as const))("%s", (file, entry) => {
    const bytes = readFileSync(new URL(file, corpus));
    const text = decoder.decode(bytes);
    const reading = readRoadmap(text);
    expect(countBoxes(reading)).toEqual({ open: entry.checkboxes.open, done: entry.checkboxes.done });

    const open = reading.marks.filter(({ kind, state }) => kind === "box" && state !== "done");
    for (const mark of open) expect(changedBytes(bytes, Buffer.from(changeMark(text, ticked(mark)), "utf8"))).toBe(1);
    // Reading again for each box would be quadratic; first, middle and last reach every kind of place.
    for (const mark of [open.at(0), open.at(open.length >> 1), open.at(-1)].filter((one) => one !== undefined)) {
      const change = ticked(mark);
      expect(readRoadmap(changeMark(text, change)).marks).toEqual(marksAfter(reading.marks, change));
    }
  });
});

function ticked(mark: Mark): MarkChange {
  return { mark, to: { text: mark.done, state: "done" } };
}

function changedBytes(before: Buffer, after: Buffer): number {
  expect(after.length).toBe(before.length);
  let changed = 0;
  for (const [index, byte] of before.entries()) if (byte !== after[index]) changed++;
  return changed;
}
