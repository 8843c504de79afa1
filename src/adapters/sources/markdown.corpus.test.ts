import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { setBox } from "../../domain/roadmap.ts";
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

    const open = [...reading.boxes.entries()].filter(([, box]) => !box.checked);
    for (const [, box] of open) expect(changedBytes(bytes, Buffer.from(setBox(text, box, true), "utf8"))).toBe(1);
    // Reading again for each box would be quadratic; first, middle and last reach every kind of place.
    for (const [index, box] of [open.at(0), open.at(open.length >> 1), open.at(-1)].filter(
      (one) => one !== undefined,
    )) {
      const ticked = reading.boxes.map((other, at) => (at === index ? { ...other, checked: true } : other));
      expect(readRoadmap(setBox(text, box, true)).boxes).toEqual(ticked);
    }
  });
});

function changedBytes(before: Buffer, after: Buffer): number {
  expect(after.length).toBe(before.length);
  let changed = 0;
  for (const [index, byte] of before.entries()) if (byte !== after[index]) changed++;
  return changed;
}
