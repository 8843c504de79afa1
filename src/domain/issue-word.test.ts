import { describe, expect, it } from "vitest";
import { isIssueWord, issueWord } from "./issue-word.ts";

describe("a word that names issues", () => {
  it.each([
    ["seeds:", { tracker: "seeds", place: null, ids: [] }],
    ["seeds:app-1,app-2", { tracker: "seeds", place: null, ids: ["app-1", "app-2"] }],
    ["seeds:My Größe-1a2b, app-2", { tracker: "seeds", place: null, ids: ["My Größe-1a2b", "app-2"] }],
    ["beads:bd-1.2", { tracker: "beads", place: null, ids: ["bd-1.2"] }],
    ["github:", { tracker: "github", place: null, ids: [] }],
    ["github:a/b.c", { tracker: "github", place: "a/b.c", ids: [] }],
    ["github:a/b#1,#2 3", { tracker: "github", place: "a/b", ids: ["1", "2", "3"] }],
    ["GH-101", { tracker: "github", place: null, ids: ["101"] }],
    ["gh-7", { tracker: "github", place: null, ids: ["7"] }],
  ])("%s", (word, meant) => {
    expect(issueWord(word)).toEqual(meant);
    expect(isIssueWord(word)).toBe(true);
  });

  it.each(["Fix GH-101", "ROADMAP.md", "seeds", "fix: github:", ""])("is not %j", (word) => {
    expect(issueWord(word)).toBeNull();
    expect(isIssueWord(word)).toBe(false);
  });

  it.each(["seeds:a b;c", "github:a", "github:a/b/c", "github:../x", "github:a/b#x", "github:a/b#0", "github:a/b?c"])(
    "refuses %j, and says what it should be",
    (word) => {
      expect(() => issueWord(word)).toThrow(expect.objectContaining({ code: "bad-issue" }) as Error);
    },
  );
});
