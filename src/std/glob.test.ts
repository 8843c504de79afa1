import { expect, it } from "vitest";
import { cpuMsOf } from "../../test/rig/cpu-time.ts";
import fc from "fast-check";
import { globPattern } from "./glob.ts";

it.each([
  ["*.ts", ["a.ts", "sub/a.ts"], ["a.tsx", "a.ts/b"]],
  ["src/*.ts", ["src/a.ts"], ["src/sub/a.ts", "a.ts"]],
  ["src/**/*.ts", ["src/a.ts", "src/b/c/a.ts"], ["lib/a.ts"]],
  ["**/*.{ts,js}", ["a.ts", "b/a.js"], ["a.css"]],
  ["src/**", ["src/a", "src/a/b"], ["srca"]],
  ["./a?.[ch]", ["ab.c", "ab.h"], ["a.c", "ab.d", "a/.c"]],
  ["[!a]b", ["cb"], ["ab"]],
  ["a+(b).ts", ["a+(b).ts"], ["aab.ts"]],
  ["/a", ["a", "b/a"], []],
])("%j fits %j and not %j", (glob, fits, others) => {
  const pattern = globPattern(glob);
  expect(fits.filter((path) => !pattern.test(path))).toEqual([]);
  expect(others.filter((path) => pattern.test(path))).toEqual([]);
});

it("makes a pattern of anything", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."*?[]{},!^-\\/az.+(|$".split("")) }),
      (glob) => void globPattern(glob),
    ),
  );
});

it("tells soon whatever the glob, and the same by either of its ways", () => {
  const deep = `${"a/".repeat(40)}${"a".repeat(80)}`;
  for (const glob of [
    "*a".repeat(12),
    "**a".repeat(12),
    "**/".repeat(300),
    "{a,aa}".repeat(40),
    "{a*,a,*a}".repeat(9),
  ]) {
    expect(cpuMsOf(() => expect(globPattern(`${glob}b`).test(deep)).toBe(false))).toBeLessThan(2_000);
  }
  const pieces = ["a", "b", "/", "*", "**", "**/", "?", "[ab]", "{a,b}", "{a*,/}", "{,b}", "{**/,a{b,/}}"];
  const globs = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(""));
  const paths = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 14 });
  fc.assert(
    fc.property(globs, paths, (glob, path) => {
      // So many ways that change nothing make it one that is read by places.
      expect(globPattern(`${glob}{${",".repeat(20)}}`).test(path)).toBe(globPattern(glob).test(path));
    }),
    { numRuns: 2_000 },
  );
});
