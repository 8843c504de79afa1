import { describe, expect, it } from "vitest";
import { assemblePlan } from "../../domain/assemble.ts";
import type { MarkAnchor } from "../../domain/plan.ts";
import type { Mark } from "../../domain/roadmap.ts";
import { readRoadmap } from "./markdown.ts";
import { tickText, type MarkReader } from "./tick-text.ts";

/** Remembers what it is told, as the daemon's does, and reads what it does not know. */
class Reader implements MarkReader {
  readonly told = new Map<string, readonly Mark[]>();

  marks(text: string): Promise<readonly Mark[]> {
    return Promise.resolve(this.told.get(text) ?? readRoadmap(text).marks);
  }

  remember(text: string, marks: readonly Mark[]): void {
    this.told.set(text, marks);
  }
}

function anchors(text: string): MarkAnchor[] {
  const assembled = assemblePlan([{ kind: "roadmap", name: "R.md", path: "R.md", reading: readRoadmap(text) }]);
  return assembled.ok ? assembled.plan.tasks.flatMap(({ box }) => box ?? []) : [];
}

async function ticked(text: string, anchor: MarkAnchor, reader: MarkReader, checked = true): Promise<string> {
  const outcome = await tickText(Buffer.from(text), anchor, reader, checked);
  expect(outcome.kind).toBe("ticked");
  return outcome.kind === "ticked" ? outcome.content.toString() : text;
}

const documents: readonly (readonly [string, string, string])[] = [
  ["boxes and markers", "- [ ] a\n- [~] b\n- [\t] a\n", "- [x] a\n- [x] b\n- [x] a\n"],
  [
    "emoji with CRLF and a byte order mark",
    "\uFEFF- 🚧 a\r\n- ⬜️ a\r\n- b 🔜\r\n",
    "\uFEFF- ✅ a\r\n- ✅ a\r\n- b ✅\r\n",
  ],
  ["headings", "## [ ] a\nText\n## b 🚧 WIP\n", "## [x] a\nText\n## b ✅ DONE\n"],
  [
    "a table with an empty cell, and no end",
    "| Task | Status |\n|---|---|\n| a | Done |\n| a | |\n| b |  |\r\n| c | 🚧 |",
    "| Task | Status |\n|---|---|\n| a | Done |\n| a | Done|\n| b | Done |\r\n| c | ✅ |",
  ],
  ["a status line", "## a\n**Status**: *Planned* | x\n", "## a\n**Status**: *Done* | x\n"],
];

describe("the marks of a plan", () => {
  it.each(documents)("are set one by one in %s, and cleared to what was there", async (_, text, done) => {
    const reader = new Reader();
    const all = anchors(text);
    expect(all.length).toBeGreaterThan(0);
    let now = text;
    for (const anchor of all) {
      now = await ticked(now, anchor, reader);
      // What is remembered is what would be read.
      expect((await reader.marks(now)).map(({ offset }) => offset)).toEqual(
        readRoadmap(now).marks.map(({ offset }) => offset),
      );
      expect(await tickText(Buffer.from(now), anchor, reader)).toEqual({ kind: "already-ticked" });
    }
    expect(now).toBe(done);
    for (const anchor of all) now = await ticked(now, anchor, reader, false);
    expect(now).toBe(text.replace("[\t]", "[ ]"));
  });

  it("are found after other lines were edited, and not where their own was", async () => {
    const [anchor] = anchors("- 🚧 a\n");
    if (anchor === undefined) throw new Error("no anchor");
    expect(await ticked("# New\n\n- 📋 z\n- 🚧 a\n  more\n", anchor, new Reader())).toContain("- ✅ a\n");
    const renamed = await tickText(Buffer.from("- 🚧 b\n"), anchor, new Reader());
    expect(renamed).toEqual({ kind: "box-not-found" });
  });

  it.each([
    [
      "one more above",
      "## New\n- [ ] Tests\n## A\n- [ ] Tests\n## B\n- [ ] Tests\n",
      "## New\n- [ ] Tests\n## A\n- [ ] Tests\n## B\n- [x] Tests\n",
    ],
    ["the other way round", "## B\n- [ ] Tests\n## A\n- [ ] Tests\n", "## B\n- [x] Tests\n## A\n- [ ] Tests\n"],
    ["another heading", "## A\n- [ ] Tests\n## Bee\n- [ ] Tests\n", "## A\n- [ ] Tests\n## Bee\n- [x] Tests\n"],
    ["one less above", "## B\n- [ ] Tests\n", "## B\n- [x] Tests\n"],
    [
      "as many, elsewhere",
      "# T\n## A\n- [ ] Tests\n\nMore.\n\n## B\n- [ ] Tests\n",
      "# T\n## A\n- [ ] Tests\n\nMore.\n\n## B\n- [x] Tests\n",
    ],
    ["one more beside it", "## A\n- [ ] Tests\n## B\n- [ ] Tests\n- [ ] Tests\n", null],
    ["it moved, and one more", "## C\n- [ ] Tests\n- [ ] Tests\n## A\n- [ ] Tests\n", null],
  ])("are told apart by their headings where several say the same, or not set: %s", async (_, now, done) => {
    const [, second] = anchors("## A\n- [ ] Tests\n## B\n- [ ] Tests\n");
    if (second === undefined) throw new Error("no anchor");
    const outcome = await tickText(Buffer.from(now), second, new Reader());
    expect(outcome.kind === "ticked" ? outcome.content.toString() : null).toBe(done);
  });

  it("are not set where one of several below one heading has gone", async () => {
    const two = "## A\n- [ ] Tests\n- [ ] Tests\n";
    for (const [index, anchor] of anchors(two).entries()) {
      expect(await tickText(Buffer.from("## A\n- [ ] Tests\n"), anchor, new Reader())).toEqual({
        kind: "box-not-found",
      });
      const done = await ticked(`# T\n\n${two}`, anchor, new Reader());
      expect(done.split("\n").indexOf("- [x] Tests")).toBe(3 + index);
    }
  });

  it("are found where another one got the same words, also below a heading with a mark of its own", async () => {
    const [, anchor] = anchors("## 🚧 A\n- [ ] Docs\n## 🚧 B\n- [ ] Tests\n");
    if (anchor === undefined) throw new Error("no anchor");
    const now = "## ✅ A\n- [ ] Tests\n## ✅ B\n- [ ] Tests\n";
    expect(await ticked(now, anchor, new Reader())).toBe("## ✅ A\n- [ ] Tests\n## ✅ B\n- [x] Tests\n");
    // As anchors were written down before they knew it.
    const { of: _, under: __, ...old } = anchor;
    expect(await ticked(now, { ...old, ordinal: 1 }, new Reader())).toBe(
      "## ✅ A\n- [ ] Tests\n## ✅ B\n- [x] Tests\n",
    );
  });
});
