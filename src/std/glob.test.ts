import { expect, it } from "vitest";
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
