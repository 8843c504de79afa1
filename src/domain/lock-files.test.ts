import { describe, expect, it } from "vitest";
import { canRegenerate, isLockFile, toolsFor, type LockFileRule } from "./lock-files.ts";

const rule = (path: string, run = "lock"): LockFileRule => ({ path, run, timeoutMs: 1 });

describe("a rule for lock files", () => {
  it.each([
    ["package-lock.json", "package-lock.json", true],
    ["package-lock.json", "web/package-lock.json", false],
    ["web/package-lock.json", "web/package-lock.json", true],
    ["**/package-lock.json", "package-lock.json", true],
    ["**/package-lock.json", "a/b/package-lock.json", true],
    ["*.lock", "a.lock", true],
    ["*.lock", "a/b.lock", false],
    ["a.lock", "a-lock", false],
  ])("%s and the file %s: %s", (path, file, expected) => {
    expect(isLockFile([rule(path)])(file)).toBe(expected);
  });
});

describe("a conflict", () => {
  const rules = [rule("a.lock"), rule("b.lock")];

  it("is settled by tools where all of its files have one", () => {
    expect(canRegenerate(rules, ["a.lock", "b.lock"])).toBe(true);
    expect(canRegenerate(rules, ["a.lock", "c.txt"])).toBe(false);
    expect(canRegenerate([], ["a.lock"])).toBe(false);
    expect(canRegenerate(rules, [])).toBe(false);
  });

  it("in too many files is not", () => {
    const many = Array.from({ length: 21 }, (_, index) => `${index}/a.lock`);
    expect(canRegenerate([rule("**/a.lock")], many)).toBe(false);
    expect(canRegenerate([rule("**/a.lock")], many.slice(1))).toBe(true);
  });
});

describe("the tools for files", () => {
  it("are run once in each folder, by the first rule that fits", () => {
    const rules = [rule("a.lock", "one"), rule("*.lock", "two"), rule("**/*.lock", "three")];
    const tools = toolsFor(rules, ["a.lock", "b.lock", "c.lock", "sub/a.lock", "sub/b.lock"]);
    expect(tools.map(({ name }) => name)).toEqual(["one", "two", "three (in sub)"]);
    expect(tools.map(({ run }) => run)).toEqual(["one", "two", "cd -- 'sub' || exit\nthree"]);
  });

  it("are given names of folders as they are, whatever a shell would make of them", () => {
    const [tool] = toolsFor([rule("**/a.lock")], ["it's; $(rm -rf ~)/a.lock"]);
    expect(tool?.run).toBe("cd -- 'it'\\''s; $(rm -rf ~)' || exit\nlock");
  });
});
