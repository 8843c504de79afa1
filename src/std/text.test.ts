import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  columns,
  duration,
  fit,
  nearest,
  parseBytes,
  parseDuration,
  plural,
  printable,
  shellQuoted,
  singleLine,
} from "./text.ts";

describe("a size", () => {
  it.each([
    ["64k", 65_536],
    ["512m", 512 * 1024 ** 2],
    ["4G", 4 * 1024 ** 3],
    [" 1gib ", 1024 ** 3],
    ["4", 4],
    ["", null],
    ["4t", null],
    ["-1g", null],
  ])("%j", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });
});

describe("columns", () => {
  it.each([
    ["plain", 5],
    ["Écrire l'en-tête", 16],
    ["漢字", 4],
    ["🚀", 2],
    ["👨‍👩‍👧", 2],
    ["e\u0301", 1],
    ["\u001b[31mred\u001b[39m", 3],
    ["✔ – → … −", 9],
  ])("%j: %i", (text, expected) => {
    expect(columns(text)).toBe(expected);
  });

  it("fit never exceeds its width, and leaves alone what fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (text, width) => {
        expect(columns(fit(text, width))).toBeLessThanOrEqual(Math.max(width, 1));
        expect(columns(text) <= width ? fit(text, width) === text : fit(text, width).endsWith("…")).toBe(true);
      }),
    );
  });
});

describe("untrusted text", () => {
  it("has no control characters left, in one line or several", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        // oxlint-disable-next-line no-control-regex -- that there are none is the point
        expect(singleLine(text) + printable(text).replace(/[\n\t]/g, "")).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
    );
  });
});

describe("words", () => {
  it("durations are read and written", () => {
    expect(["10m", "90s", "1h30m", "250ms", "90", "soon", "1x"].map(parseDuration)).toEqual([
      600_000,
      90_000,
      5_400_000,
      250,
      90_000,
      null,
      null,
    ]);
    expect([5, 4_200, 59_960, 185_000, 7_800_000].map(duration)).toEqual([
      "5 ms",
      "4.2 s",
      "1 min 00 s",
      "3 min 05 s",
      "2 h 10 min",
    ]);
  });

  it("the nearest is found, nothing far away is", () => {
    expect(nearest("mian", ["main", "develop", "maint"])[0]).toBe("main");
    expect(nearest("main", ["something-else"])).toEqual([]);
  });

  it("are quoted as a shell reads them, and counted as people do", () => {
    expect(["a.md", "my plan/it's.md"].map(shellQuoted)).toEqual(["a.md", "'my plan/it'\\''s.md'"]);
    expect([plural(1, "task"), plural(2, "task")]).toEqual(["1 task", "2 tasks"]);
  });
});

describe("a single line is cut by characters, whatever they are", () => {
  it.each([
    ["abc def", 7, "abc def"],
    ["abc def", 6, "abc d…"],
    ["abc  def ", 6, "abc d…"],
    ["🚀".repeat(9), 9, "🚀".repeat(9)],
    ["🚀".repeat(10), 9, `${"🚀".repeat(8)}…`],
    ["ab".repeat(5_000), 9, "abababab…"],
  ])("%j to %i", (text, most, wanted) => {
    expect(singleLine(text, most)).toBe(wanted);
  });

  it("what is plain as if it were not", () => {
    // With a character in front that is taken out again nothing is plain.
    const piece = fc.constantFrom("a", "bc", " ", "  ", "\n", "\u0000", "\u001b[1m", "é", "🚀");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), fc.integer({ min: 13, max: 20 }), (pieces, most) => {
        const text = pieces.join("");
        expect(singleLine(text, most)).toBe(singleLine(`\u0000${text}`, most));
      }),
      { numRuns: 2_000 },
    );
  });
});
