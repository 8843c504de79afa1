import { describe, expect, it } from "vitest";
import { logExcerpt } from "./log-excerpt.ts";

const many = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

describe("an excerpt", () => {
  it("of a short output is the output", () => {
    expect(logExcerpt("a\nb\n", 5)).toBe("a\nb");
  });

  it("keeps failures that stand far above the end, with what follows them", () => {
    const text = [
      ...many("ok", 10),
      "not ok 3 - parses",
      "  expected 1",
      "  got 2",
      ...many("ok", 30),
      "# fail 1",
    ].join("\n");
    expect(logExcerpt(text, 2)).toBe("…\nnot ok 3 - parses\n  expected 1\n  got 2\n…\nok 29\n# fail 1");
  });

  it("is bounded however many failures there are", () => {
    expect(logExcerpt(many("FAIL x", 10_000).join("\n"), 50).split("\n").length).toBeLessThan(200);
  });
});
