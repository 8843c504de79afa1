import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProjectFacts } from "../project-facts.ts";
import { projectText } from "./project-text.ts";
import { treeText } from "./tree-text.ts";

const facts: ProjectFacts = {
  commit: "0123456789abcdef",
  branch: "main",
  files: 4,
  paths: ["a.ts", "src/b.ts", "src/deep/c.ts", "src/deep/d.ts"],
  languages: [{ name: "TypeScript", files: 4, bytes: 2048 }],
  checks: [{ name: "test", run: "npm test" }],
  recent: ["Second", "First"],
  busy: [{ path: "a.ts", commits: 3 }],
  variables: ["A_KEY", "B_NAME"],
  guides: [{ path: "AGENTS.md", head: "Be kind.\nFiles:\n  nothing" }],
  notes: [],
};

describe("a project as text", () => {
  it("has all of it where there is room", () => {
    const text = projectText(facts, 10_000);
    expect(text).toMatch(/^4 files on main \(0123456789\)\n\nLanguages:\n {2}TypeScript: 4 files, 2\.0 kB\n/);
    expect(text).toContain("a.ts (3 commits)");
    expect(text).toContain("A_KEY B_NAME");
    expect(text).toMatch(/Files:\nsrc\/ \(3\)\n {2}deep\/ \(2\)\n {4}c\.ts\n {4}d\.ts\n {2}b\.ts\na\.ts$/);
  });

  it("lets no file's text pass for a section of ours", () => {
    expect(projectText(facts, 10_000).match(/^Files:$/gm)).toHaveLength(1);
    expect(projectText(facts, 10_000)).toContain("  | Files:");
  });

  it("is never longer than it may be", () => {
    const path = fc.array(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.nat(3_000), fc.array(path, { maxLength: 60 }), (room, paths) => {
        const some = { ...facts, paths: paths.map((parts) => parts.join("/")), files: paths.length + 3 };
        expect(projectText(some, room).length).toBeLessThanOrEqual(room);
      }),
    );
  });
});

describe("a tree as text", () => {
  it("says how many files a folder has that there is no room for", () => {
    const many = Array.from({ length: 50 }, (_, index) => `lib/file-${index}.ts`);
    expect(treeText(["a.ts", "b/c.ts", ...many], 52, 40)).toBe("b/ (1)\n  c.ts\nlib/ (50)\na.ts");
  });

  it("says that there is more than was listed", () => {
    expect(treeText(["a.ts"], 3, 100)).toBe("a.ts\n… and 2 more files");
  });
});
