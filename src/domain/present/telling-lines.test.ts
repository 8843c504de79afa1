import { describe, expect, it } from "vitest";
import { tellingLines } from "./telling-lines.ts";

const told = (log: string, count = 6): string[] => tellingLines(log, count, 1_000).split("\n");

const tapEnd = `1..1
# tests 1
# suites 0
# pass 0
# fail 1
# cancelled 0
# skipped 0
# todo 0
# duration_ms 702.3`;

describe("the telling lines of a check's output", () => {
  it("are not the counts at the end of node:test", () => {
    const log = `
> shop@1.0.0 test
> node --test

TAP version 13
# Subtest: price
not ok 1 - price
  ---
  duration_ms: 1.6
  location: 'test/price.test.js:2:1'
  failureType: 'testCodeFailure'
  error: '6 == 4'
  code: 'ERR_ASSERTION'
  name: 'AssertionError'
  expected: 4
  actual: 6
  ...
${tapEnd}`;
    expect(told(log).map((line) => line.trim())).toEqual([
      "not ok 1 - price",
      "location: 'test/price.test.js:2:1'",
      "error: '6 == 4'",
      "code: 'ERR_ASSERTION'",
      "name: 'AssertionError'",
      "expected: 4",
    ]);
  });

  it("begin with the cause, where that stands before the test that failed by it", () => {
    const log = `TAP version 13
# test/price.test.js:1
# import { price } from "../src/price.js";
#          ^^^^^
# SyntaxError: The requested module '../src/price.js' does not provide an export named 'price'
#     at ModuleJob._instantiate (node:internal/modules/esm/module_job:213:21)
# Node.js v20.20.2
# Subtest: test/price.test.js
not ok 1 - test/price.test.js
  ---
  duration_ms: 379.2
  error: 'test failed'
  code: 'ERR_TEST_FAILURE'
  ...
${tapEnd}`;
    expect(told(log, 2)).toEqual([
      "# SyntaxError: The requested module '../src/price.js' does not provide an export named 'price'",
      "not ok 1 - test/price.test.js",
    ]);
  });

  it("are those of the first test that failed, not of the many that passed", () => {
    const passed = Array.from({ length: 20 }, (_, index) => `   ✓ case ${index} throws TypeError: nothing`).join("\n");
    const log = `${passed}
   × is five
 FAIL  x.test.ts > is five
AssertionError: expected 4 to be 5
- Expected
+ Received

 Test Files  1 failed (1)
      Tests  1 failed | 20 passed (21)
   Start at  15:54:11
   Duration  1.02s`;
    expect(told(log, 3)).toEqual(["   × is five", " FAIL  x.test.ts > is five", "AssertionError: expected 4 to be 5"]);
  });

  it("are those of a traceback of unittest", () => {
    const log = `F
======================================================================
FAIL: test_total (tests.test_total.T.test_total)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "tests/test_total.py", line 4, in test_total
    self.assertEqual(total([1, 2]), 4)
AssertionError: 3 != 4

----------------------------------------------------------------------
Ran 1 test in 0.000s

FAILED (failures=1)`;
    expect(told(log, 5).at(0)).toContain("FAIL: test_total");
    expect(told(log, 5).at(-1)).toBe("AssertionError: 3 != 4");
  });

  it("are its end where nothing is known of it, and all of it where that is short", () => {
    const numbers = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    expect(told(numbers.join("\n"), 3)).toEqual(["line 17", "line 18", "line 19"]);
    expect(told("ok 1\n# pass 1\n")).toEqual(["ok 1", "# pass 1"]);
    expect(tellingLines(`error: ${"x".repeat(2_000)}\n`.repeat(9), 6, 1_000)).toHaveLength(1_000);
  });
});
