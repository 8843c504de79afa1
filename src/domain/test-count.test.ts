import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countTests, executed, type TestCount } from "./test-count.ts";
import { cpuMsOf } from "../../test/rig/cpu-time.ts";

/** runner, passed, failed, skipped. */
type Counts = readonly [string, number, number, number];

function count([runner, passed, failed, skipped]: Counts): TestCount {
  return { runner, passed, failed, skipped };
}

const node = ["# tests 6", "# suites 0", "# pass 3", "# fail 1", "# cancelled 0", "# skipped 1", "# todo 1"].join("\n");

/** Ends of what the tools really printed; those not run here are marked. */
const captured: Readonly<Record<string, { readonly output: string; readonly counts: Counts }>> = {
  "pytest -q": {
    output: `..FsxX                                                                   [100%]
=================================== FAILURES ===================================
___________________________________ test_bad ___________________________________

>   def test_bad(): assert 1 == 2
E   assert 1 == 2

test_a.py:4: AssertionError
=========================== short test summary info ============================
FAILED test_a.py::test_bad - assert 1 == 2
1 failed, 2 passed, 1 skipped, 1 xfailed, 1 xpassed in 0.02s`,
    counts: ["pytest", 4, 1, 1],
  },
  "pytest in colour": {
    output: `\u001b[1m============================= test session starts ==============================\u001b[0m
collected 6 items

test_a.py \u001b[32m.\u001b[0m\u001b[32m.\u001b[0m\u001b[31mF\u001b[0m                       [100%]\u001b[0m
\u001b[31m========= \u001b[31m\u001b[1m1 failed\u001b[0m, \u001b[32m2 passed\u001b[0m, \u001b[33m1 skipped\u001b[0m, \u001b[33m1 xfailed\u001b[0m, \u001b[33m1 xpassed\u001b[0m\u001b[31m in 0.05s\u001b[0m\u001b[31m =========\u001b[0m`,
    counts: ["pytest", 4, 1, 1],
  },
  "pytest without tests": { output: "\nno tests ran in 0.00s\n", counts: ["pytest", 0, 0, 0] },
  "pytest with skipped tests only": {
    output: "s                                                                        [100%]\n1 skipped in 0.00s\n",
    counts: ["pytest", 0, 0, 1],
  },
  "pytest with a module that cannot be imported": {
    output: `============================= test session starts ==============================
collected 0 items / 1 error
=========================== short test summary info ============================
ERROR test_e.py
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
=============================== 1 error in 0.08s ===============================`,
    counts: ["pytest", 0, 1, 0],
  },
  "pytest that deselects all": {
    output:
      "collected 6 items / 6 deselected / 0 selected\n\n============================ 6 deselected in 0.00s =============================",
    counts: ["pytest", 0, 0, 0],
  },
  "pytest --collect-only": {
    output: "test_a.py::test_xp\n\n6 tests collected in 0.00s\n",
    counts: ["pytest", 0, 0, 0],
  },
  "pytest that took minutes (from knowledge)": {
    output: "=== test session starts ===\n=========== 120 passed, 3 warnings, 2 rerun in 75.30s (0:01:15) ===========",
    counts: ["pytest", 120, 0, 0],
  },
  unittest: {
    output: `----------------------------------------------------------------------
Ran 6 tests in 0.001s

FAILED (failures=1, errors=1, skipped=1, expected failures=1, unexpected successes=1)`,
    counts: ["unittest", 2, 3, 1],
  },
  "unittest, all passed": { output: ".\n-----\nRan 1 test in 0.000s\n\nOK\n", counts: ["unittest", 1, 0, 0] },
  "unittest with skipped tests only": {
    output: "s\n-----\nRan 1 test in 0.000s\n\nOK (skipped=1)\n",
    counts: ["unittest", 0, 0, 1],
  },
  "unittest 3.11 without tests": { output: "-----\nRan 0 tests in 0.000s\n\nOK\n", counts: ["unittest", 0, 0, 0] },
  "unittest 3.13 without tests": {
    output: "-----\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n",
    counts: ["unittest", 0, 0, 0],
  },
  "unittest 3.12.1 with skipped tests only": {
    output: "Ran 0 tests in 0.000s\n\nNO TESTS RAN (skipped=1)\n",
    counts: ["unittest", 0, 0, 1],
  },
  "node --test, TAP": {
    output: `TAP version 13
# Subtest: ok
ok 1 - ok
  ---
  duration_ms: 0.817329
  ...
not ok 2 - bad
ok 3 - s # SKIP
ok 4 - t # TODO
# Subtest: parent
    # Subtest: kid
    ok 1 - kid
    1..1
ok 5 - parent
1..5
${node}
# duration_ms 81.029855`,
    counts: ["node:test", 3, 1, 2],
  },
  "node --test, spec": {
    output: `▶ parent
  ✔ kid (0.111556ms)
✔ parent (0.374258ms)
${node.replaceAll("#", "ℹ")}
ℹ duration_ms 77.420492

✖ failing tests:

test at a.test.mjs:2:20
✖ bad (0.679103ms)`,
    counts: ["node:test", 3, 1, 2],
  },
  "node --test without tests": {
    output: "TAP version 13\n1..0\n# tests 0\n# suites 0\n# pass 0\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n",
    counts: ["node:test", 0, 0, 0],
  },
  "Test::More": {
    output: "1..4\nok 1\nok 2\nok 3 # skip no\nnot ok 4 # TODO x\n#   Failed (TODO) test at t/a.t line 1.\n",
    counts: ["TAP", 2, 0, 2],
  },
  "Test::More, plan at the end": { output: "not ok 1\nok 2\n1..2\n", counts: ["TAP", 1, 1, 0] },
  "Test::More, all skipped": { output: "1..0 # SKIP n\n", counts: ["TAP", 0, 0, 0] },
  "node-tap": {
    output: `TAP version 14
# Subtest: a
    ok 1 - x
    1..2
ok 1 - a # time=6.109ms

ok 2 - z
ok 3 - q # SKIP
not ok 5 - should be equal
1..5
# { total: 6, pass: 3, fail: 1, todo: 1, skip: 1 }
# time=22.803ms`,
    counts: ["TAP", 3, 1, 2],
  },
  "mocha -R tap": {
    output: "ok 1 x a\nnot ok 2 x b\n  boo\nok 3 x c # SKIP -\nok 5 x e\n# tests 3\n# pass 2\n# fail 1\n1..5\n",
    counts: ["TAP", 2, 1, 0],
  },
  "ava --tap": {
    output:
      "TAP version 13\nok 1 - z › z\nok 2 - test › c # SKIP\nnot ok 5 - test › b\n\n1..6\n# tests 5\n# pass 3\n# skip 1\n# fail 2\n",
    counts: ["TAP", 2, 2, 1],
  },
  vitest: {
    output: `
 RUN  v4.1.12 /repo

stdout | t/b.test.mjs > z
      Tests  99 passed (99)

 ✓ t/b.test.mjs (1 test) 2ms

 Test Files  1 failed | 1 passed (2)
      Tests  1 failed | 2 passed | 1 expected fail | 1 skipped | 1 todo (6)
   Start at  13:06:47
   Duration  332ms (transform 15ms, setup 0ms, import 35ms, tests 8ms, environment 0ms)`,
    counts: ["vitest", 3, 1, 2],
  },
  "vitest in colour": {
    output: `\u001b[1m\u001b[30m\u001b[46m RUN \u001b[49m\u001b[39m\u001b[22m \u001b[36mv4.1.12 \u001b[39m\u001b[90m/repo\u001b[39m
\u001b[2m Test Files \u001b[22m \u001b[1m\u001b[32m1 passed\u001b[39m\u001b[22m\u001b[2m | \u001b[22m\u001b[33m1 skipped\u001b[39m\u001b[90m (2)\u001b[39m
\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[32m1 passed\u001b[39m\u001b[22m\u001b[2m | \u001b[22m\u001b[33m1 skipped\u001b[39m\u001b[90m (2)\u001b[39m
\u001b[2m   Start at \u001b[22m 13:06:53`,
    counts: ["vitest", 1, 0, 1],
  },
  "vitest with skipped tests only": {
    output: " RUN  v4.1.12 /repo\n\n Test Files  1 skipped (1)\n      Tests  1 skipped (1)\n   Start at  13:06:51\n",
    counts: ["vitest", 0, 0, 1],
  },
  "vitest with a file that has no test": {
    output: " RUN  v4.1.12 /repo\n\n Test Files  1 failed (1)\n      Tests  no tests\n   Start at  13:06:52\n",
    counts: ["vitest", 0, 1, 0],
  },
  "vitest without files": {
    output: "\n RUN  v4.1.12 /repo\n\nNo test files found, exiting with code 0\n",
    counts: ["vitest", 0, 0, 0],
  },
  jest: {
    output: `PASS t/b.test.js
  ● Console

    console.log
      Tests:  99 passed, 99 total

      at Object.log (t/b.test.js:1:23)


Test Suites: 1 failed, 1 passed, 2 total
Tests:       1 failed, 1 skipped, 1 todo, 2 passed, 5 total
Snapshots:   0 total
Time:        0.27 s
Ran all test suites.`,
    counts: ["jest", 2, 1, 2],
  },
  "jest in colour": {
    output: `\u001b[1mTest Suites: \u001b[22m\u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m, 1 total
\u001b[1mTests:       \u001b[22m\u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m, \u001b[1m\u001b[33m1 skipped\u001b[39m\u001b[22m, \u001b[1m\u001b[35m1 todo\u001b[39m\u001b[22m, \u001b[1m\u001b[32m2 passed\u001b[39m\u001b[22m, 5 total`,
    counts: ["jest", 2, 1, 2],
  },
  "jest with skipped tests only": {
    output: "Test Suites: 1 skipped, 0 of 1 total\nTests:       1 skipped, 1 total\nSnapshots:   0 total\n",
    counts: ["jest", 0, 0, 1],
  },
  "jest with a suite that cannot be loaded": {
    output: "Test Suites: 1 failed, 1 total\nTests:       0 total\nSnapshots:   0 total\n",
    counts: ["jest", 0, 1, 0],
  },
  "jest without files": {
    output: "No tests found, exiting with code 0\n",
    counts: ["jest", 0, 0, 0],
  },
  mocha: {
    output:
      "\n  x\n    ✔ a\n    1) b\n    - c\n\n\n  2 passing (3ms)\n  2 pending\n  1 failing\n\n  1) x\n       b:\n     Error: boo\n",
    counts: ["mocha", 2, 1, 2],
  },
  "mocha in colour": {
    output:
      "\u001b[92m \u001b[0m\u001b[32m 2 passing\u001b[0m\u001b[90m (3ms)\u001b[0m\n\u001b[36m \u001b[0m\u001b[36m 2 pending\u001b[0m\n\u001b[31m  1 failing\u001b[0m\n",
    counts: ["mocha", 2, 1, 2],
  },
  "mocha without matching tests": { output: "\n\n  0 passing (1ms)\n\n", counts: ["mocha", 0, 0, 0] },
  "mocha without files": { output: 'Error: No test files found: "test"\n', counts: ["mocha", 0, 0, 0] },
  ava: {
    output:
      "  ✔ z\n    ℹ 99 tests passed\n  99 tests passed\n  ✔ z2\n  ─\n\n  2 tests passed\n  1 known failure\n  1 test skipped\n  1 test todo\n",
    counts: ["ava", 3, 0, 2],
  },
  "ava, one failed: passed ones are not told": {
    output:
      "  ─\n\n  test › b\n\n  Test failed via `t.fail()`\n\n  ─\n\n  1 test failed\n  1 known failure\n  1 test skipped\n  1 test todo\n",
    counts: ["ava", 1, 1, 2],
  },
  "ava with an exception": { output: "  ─\n\n  1 test passed\n  1 uncaught exception\n", counts: ["ava", 1, 1, 0] },
  "ava without files": { output: "\n  ✘ Couldn’t find any files to test\n", counts: ["ava", 0, 0, 0] },
  jasmine: {
    output:
      "Started\nF*.*\n\nFailures:\n1) s bad\n  Message:\n    Expected 1 to be 2.\nPending:\n\n1) s todo\n  No reason given\n\n4 specs, 1 failure, 2 pending specs\nFinished in 0.061 seconds\n",
    counts: ["jasmine", 1, 1, 2],
  },
  "jasmine without specs": { output: "No specs found\nFinished in 0.001 seconds\n", counts: ["jasmine", 0, 0, 0] },
  uvu: {
    output:
      'a.js  • ✘   (1 / 2)\n\n   FAIL  "bad"\n\n  Total:     2\u001b[31m\n  Passed:    1\u001b[39m\n  Skipped:   \u001b[33m1\u001b[39m\n  Duration:  10.81ms\n',
    counts: ["uvu", 1, 1, 1],
  },
  "uvu without tests": {
    output: "\n  Total:     0\u001b[32m\n  Passed:    0\u001b[39m\n  Skipped:   0\n  Duration:  0.33ms\n",
    counts: ["uvu", 0, 0, 0],
  },
  playwright: {
    output: `
Running 5 tests using 1 worker

[1/1] a.spec.js:1:55 › ok
  9 passed (1.0s)
  1) a.spec.js:1:77 › bad ────────────────────────────────────────────────────────────────────────

    Error Context: test-results/a-bad/error-context.md

  1 failed
    a.spec.js:1:77 › bad ─────────────────────────────────────────────────────────────────────────
  1 flaky
    a.spec.js:1:177 › flaky ──────────────────────────────────────────────────────────────────────
  2 skipped
  1 passed (16.4s)
`,
    counts: ["playwright", 2, 1, 2],
  },
  "playwright, all failed": {
    output: "\nRunning 1 test using 1 worker\nF\n\n  1 failed\n    [chromium] › a.spec.js:1:77 › bad ─────\n",
    counts: ["playwright", 0, 1, 0],
  },
  "playwright without tests": {
    output: "Error: No tests found.\nMake sure that arguments are regular expressions matching test files.\n",
    counts: ["playwright", 0, 0, 0],
  },
  "go test": {
    output: `ok  \tx.example/m/a\t0.002s
?   \tx.example/m/b\t[no test files]
--- FAIL: TestA (0.00s)
    --- FAIL: TestA/sub (0.00s)
        c_test.go:3: x
FAIL
FAIL\tx.example/m/c\t0.004s
ok  \tx.example/m/d\t0.002s [no tests to run]
FAIL\tx.example/m/e [build failed]
FAIL`,
    counts: ["go test (packages)", 1, 2, 0],
  },
  "go test, cached and with coverage": {
    output: "ok  \tx.example/m/a\t(cached)\nok  \tx.example/m/b\t0.002s\tcoverage: 31.0% of statements\n",
    counts: ["go test (packages)", 2, 0, 0],
  },
  "go test without tests": {
    output: "?   \tx.example/m/b\t[no test files]\nok  \tx.example/m/d\t(cached) [no tests to run]\n",
    counts: ["go test (packages)", 0, 0, 0],
  },
  "go test in a folder without tests": {
    output: "testing: warning: no tests to run\nPASS\nok  \tx.example/m/d\t0.002s\n",
    counts: ["go test (packages)", 0, 0, 0],
  },
  "go test -v": {
    output: `=== RUN   TestA
=== RUN   TestA/sub_x
--- PASS: TestA (0.00s)
    --- PASS: TestA/sub_x (0.00s)
=== RUN   TestB
    a_test.go:4: no
--- SKIP: TestB (0.00s)
=== RUN   TestC
no line end--- PASS: TestC (0.00s)
PASS
ok  \tx.example/m/a\t0.002s
?   \tx.example/m/b\t[no test files]
=== RUN   TestA
--- FAIL: TestA (0.00s)
    --- FAIL: TestA/sub (0.00s)
FAIL
FAIL\tx.example/m/c\t0.002s`,
    counts: ["go test", 2, 1, 1],
  },
  gotestsum: {
    output:
      "--- PASS: TestC (0.00s)\nPASS\nok  \tx.example/m/a\t(cached)\n\nDONE 9 tests, 2 skipped, 3 failures, 1 error in 0.225s\n",
    counts: ["gotestsum", 4, 3, 2],
  },
  "gotestsum without tests": { output: "∅  b\n\nDONE 0 tests in 0.000s\n", counts: ["gotestsum", 0, 0, 0] },
  "cargo test": {
    output: `
running 2 tests
test tests::b ... ignored
test tests::a ... ok

test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/it.rs (target/debug/deps/it-c402cc767e4d8483)

running 2 tests
test t ... ok
test u ... FAILED

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.06s

error: test failed, to rerun pass \`--test it\``,
    counts: ["cargo test", 2, 1, 1],
  },
  "cargo test without tests": {
    output:
      "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.00s\n",
    counts: ["cargo test", 0, 0, 0],
  },
  "cargo nextest": {
    output: `    Starting 3 tests across 2 binaries (1 test skipped)
        FAIL [   0.075s] (3/3) cr::it u
    running 1 test
    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.07s
────────────
     Summary [   0.081s] 3 tests run: 2 passed, 1 failed, 1 skipped
        FAIL [   0.075s] (3/3) cr::it u
error: test run failed`,
    counts: ["cargo nextest", 2, 1, 1],
  },
  "cargo nextest in colour": {
    output:
      "\u001b[32;1m     Summary\u001b[0m [   0.006s] \u001b[1m1\u001b[0m test run: \u001b[1m1\u001b[0m \u001b[32;1mpassed\u001b[0m, \u001b[1m1\u001b[0m \u001b[33;1mskipped\u001b[0m",
    counts: ["cargo nextest", 1, 0, 1],
  },
  "cargo nextest without tests": {
    output: "     Summary [   0.000s] 0 tests run: 0 passed, 4 skipped\nerror: no tests to run\n",
    counts: ["cargo nextest", 0, 0, 4],
  },
  "cargo nextest, cancelled (from knowledge)": {
    output: "     Summary [   5.201s] 13/19 tests run: 11 passed (1 slow, 2 leaky), 1 failed, 1 timed out, 0 skipped\n",
    counts: ["cargo nextest", 11, 2, 0],
  },
  "mvn -B test, two modules": {
    output: `[INFO] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.047 s -- in p.BTest
[INFO] Running p.ATest
Tests run: 77, Failures: 0, Errors: 0, Skipped: 0
[WARNING] Tests run: 3, Failures: 0, Errors: 0, Skipped: 1, Time elapsed: 0.007 s -- in p.ATest
[INFO]
[INFO] Results:
[INFO]
[WARNING] Tests run: 4, Failures: 0, Errors: 0, Skipped: 1
[INFO]
[ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 0, Time elapsed: 0.065 s <<< FAILURE! -- in p.CTest
[INFO] Results:
[INFO]
[ERROR] Failures:
[ERROR]   CTest.a:2
[INFO]
[ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 0
[INFO] Total time:  8.317 s`,
    counts: ["maven", 4, 2, 1],
  },
  "old Surefire without levels (from knowledge)": {
    output: "Results :\n\nTests run: 4, Failures: 0, Errors: 0, Skipped: 1\n\n[INFO] BUILD SUCCESS\n",
    counts: ["maven", 3, 0, 1],
  },
  ctest: {
    output: `4/6 Test #4: s ................................***Skipped   0.00 sec
6/6 Test #6: nr ...............................***Not Run   0.00 sec

60% tests passed, 2 tests failed out of 5

Total Test time (real) =   0.01 sec

The following tests did not run:
\t  4 - s (Skipped)
\t  5 - dis (Disabled)

The following tests FAILED:
\t  2 - b (Failed)
\t  6 - nr (Not Run)`,
    counts: ["ctest", 2, 2, 2],
  },
  "ctest calls skipped tests passed": {
    output:
      "100% tests passed, 0 tests failed out of 1\n\nTotal Test time (real) =   0.00 sec\n\nThe following tests did not run:\n\t  4 - s (Skipped)\n",
    counts: ["ctest", 0, 0, 1],
  },
  "ctest without tests": { output: "No tests were found!!!\n", counts: ["ctest", 0, 0, 0] },
  prove: {
    output: `t/a.t .. ok
t/b.t ..
Dubious, test returned 1 (wstat 256, 0x100)
Failed 1/2 subtests

Test Summary Report
-------------------
t/b.t (Wstat: 256 (exited 1) Tests: 2 Failed: 1)
  Failed test:  1
  Non-zero exit status: 1
Files=2, Tests=6,  0 wallclock secs ( 0.01 usr  0.00 sys +  0.03 cusr  0.02 csys =  0.06 CPU)
Result: FAIL`,
    counts: ["prove", 5, 1, 0],
  },
  "prove -v": {
    output:
      "t/a.t ..\n1..4\nok 1\nok 2\nok 3 # skip no\nnot ok 4 # TODO x\nok\nAll tests successful.\nFiles=1, Tests=4,  0 wallclock secs\nResult: PASS\n",
    counts: ["prove", 4, 0, 0],
  },
  "prove without tests": {
    output: "t/s.t .. skipped: n\nFiles=1, Tests=0,  0 wallclock secs\nResult: NOTESTS\n",
    counts: ["prove", 0, 0, 0],
  },
  "prove with a script that died": {
    output:
      "t/c.t (Wstat: 65280 (exited 255) Tests: 0 Failed: 0)\n  Parse errors: No plan found in TAP output\nFiles=1, Tests=0,  0 wallclock secs\nResult: FAIL\n",
    counts: ["prove", 0, 1, 0],
  },
  "bun test": {
    output:
      "b.test.ts:\n 99 pass\n(pass) z [0.03ms]\n\n 2 pass\n 1 skip\n 1 todo\n 1 fail\n 1 expect() calls\nRan 5 tests across 2 files. [31.00ms]\n",
    counts: ["bun test", 2, 1, 2],
  },
  "bun test in colour": {
    output:
      "\u001b[0m\u001b[32m 2 pass\u001b[0m\n \u001b[0m\u001b[33m1 skip\u001b[0m\n\u001b[0m\u001b[31m 1 fail\u001b[0m\n 1 expect() calls\nRan 4 tests across 2 files. \u001b[0m\u001b[2m[\u001b[1m3.00ms\u001b[0m\u001b[2m]\u001b[0m\n",
    counts: ["bun test", 2, 1, 1],
  },
  "bun test without files": { output: "bun test v1.4.5 (a7733435c)\nNo tests found!\n", counts: ["bun test", 0, 0, 0] },
  "deno test": {
    output:
      "\u001b[0m\u001b[31mFAILED\u001b[0m | 2 passed (1 step) | 1 failed | 1 ignored \u001b[0m\u001b[38;5;245m(23ms)\u001b[0m\n",
    counts: ["deno test", 2, 1, 1],
  },
  "deno test without matching tests": {
    output: "ok | 0 passed | 0 failed | 4 filtered out (6ms)\n",
    counts: ["deno test", 0, 0, 0],
  },
  "deno test without files": { output: "error: No test modules found\n", counts: ["deno test", 0, 0, 0] },
  "RSpec (from knowledge)": {
    output: "Finished in 0.002 seconds (files took 0.06 seconds to load)\n5 examples, 1 failure, 1 pending\n",
    counts: ["RSpec", 3, 1, 1],
  },
  "RSpec with a file that cannot be loaded (from its sources)": {
    output:
      "Finished in n.nnnn seconds (files took n.nnnn seconds to load)\n0 examples, 0 failures, 3 errors occurred outside of examples\n",
    counts: ["RSpec", 0, 3, 0],
  },
  "minitest (from public logs)": {
    output:
      "Finished in 0.002941s, 5100.3060 runs/s, 6460.3876 assertions/s.\n\n15 runs, 19 assertions, 0 failures, 0 errors, 1 skips\n",
    counts: ["minitest", 14, 0, 1],
  },
  "PHPUnit, all passed (from knowledge)": {
    output: "Time: 00:00.004, Memory: 8.00 MB\n\nOK (5 tests, 9 assertions)\n",
    counts: ["PHPUnit", 5, 0, 0],
  },
  "PHPUnit with failures (from knowledge)": {
    output: "FAILURES!\nTests: 5, Assertions: 9, Failures: 1, Errors: 1, PHPUnit Warnings: 1, Skipped: 1.\n",
    counts: ["PHPUnit", 2, 2, 1],
  },
  "PHPUnit with an incomplete test only (from its sources)": {
    output: "OK, but there were issues!\nTests: 1, Assertions: 0, Incomplete: 1.\n",
    counts: ["PHPUnit", 0, 0, 1],
  },
  "PHPUnit without tests (from knowledge)": { output: "No tests executed!\n", counts: ["PHPUnit", 0, 0, 0] },
  "Pest (from public logs)": {
    output: "  Tests:    2 skipped, 1 todo, 1 failed, 2 passed (3 assertions)\n  Duration: 4.50s\n",
    counts: ["Pest", 2, 1, 3],
  },
  "dotnet test (from public logs)": {
    output: `Passed!  - Failed:     0, Passed:   433, Skipped:     5, Total:   438, Duration: 9 m 44 s - Blazor.Tests.dll (net5.0)
Failed!  - Failed:     1, Passed:     5, Skipped:     0, Total:     6, Duration: 6 s - Other.Tests.dll (net5.0)`,
    counts: ["dotnet test", 438, 1, 5],
  },
  "dotnet test, .NET 9 (from public logs)": {
    output: "Test summary: total: 34, failed: 0, succeeded: 27, skipped: 7, duration: 1.0s\nBuild succeeded in 1.1s\n",
    counts: ["dotnet test", 27, 0, 7],
  },
  "dotnet test on the platform of .NET 10 (from its documentation)": {
    output: `Test run summary: Failed! - bin/Debug/net10.0/a.Tests.dll (net10.0|x64)
  total: 6
  failed: 1
  succeeded: 3
  skipped: 2
  duration: 2s 232ms
`,
    counts: ["dotnet test", 3, 1, 2],
  },
  "dotnet test of more words (from public logs)": {
    output: `Test Run Failed.
Total tests: 3052
     Passed: 3007
     Failed: 2
    Skipped: 43
 Total time: 36,5587 Seconds
`,
    counts: ["dotnet test", 3007, 2, 43],
  },
  "XCTest (from public logs)": {
    output: `Test Suite 'All tests' started at 2024-01-03 15:08:21.364
Test Suite 'MemoryTests' failed at 2024-01-03 15:08:21.364
\t Executed 3 tests, with 1 failure (0 unexpected) in 0.077 (0.077) seconds
Test Suite 'debug.xctest' failed at 2024-01-03 15:08:21.364
\t Executed 24 tests, with 2 tests skipped and 5 failures (0 unexpected) in 197.131 (197.131) seconds
Test Suite 'All tests' failed at 2024-01-03 15:08:21.364
\t Executed 24 tests, with 2 tests skipped and 5 failures (0 unexpected) in 197.131 (197.131) seconds`,
    counts: ["XCTest", 17, 5, 2],
  },
  "Swift Testing (from public logs)": {
    output: "✘ Test run with 3 tests in 1 suite failed after 5.179 seconds with 2 issues.\n",
    counts: ["Swift Testing", 1, 2, 0],
  },
  "Gradle with a failed test (from public logs)": {
    output:
      "> Task :test FAILED\n\nFooTest > testBar FAILED\n    java.lang.AssertionError at FooTest.kt:25\nFooTest > testQux PASSED\n\n9 tests completed, 1 failed, 7 skipped\n",
    counts: ["gradle", 1, 1, 7],
  },
  "go test -json": {
    output: [
      String.raw`{"Time":"2026-11-28T03:16:27.629218072Z","Action":"start","Package":"x"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631383179Z","Action":"run","Package":"x","Test":"TestA"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631495978Z","Action":"run","Package":"x","Test":"TestA/sub/one"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631555076Z","Action":"output","Package":"x","Test":"TestA/sub/one","Output":"--- PASS: TestA/sub/one (0.00s)\n"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.63156463Z","Action":"pass","Package":"x","Test":"TestA/sub/one","Elapsed":0}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631581665Z","Action":"output","Package":"x","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631597659Z","Action":"pass","Package":"x","Test":"TestA","Elapsed":0}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631606602Z","Action":"run","Package":"x","Test":"TestB"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631663347Z","Action":"skip","Package":"x","Test":"TestB","Elapsed":0}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631670868Z","Action":"run","Package":"x","Test":"TestC"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631685821Z","Action":"output","Package":"x","Test":"TestC","Output":"    a_test.go:5: {\"Action\":\"pass\",\"Test\":\"fake\"}\n"}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631742795Z","Action":"fail","Package":"x","Test":"TestC","Elapsed":0}`,
      String.raw`{"Time":"2026-11-28T03:16:27.631806215Z","Action":"fail","Package":"x","Elapsed":0.003}`,
    ].join("\n"),
    counts: ["go test", 1, 1, 1],
  },
  "Gradle that logs its events (from public logs)": {
    output:
      "> Task :test\n\nTwoferTest > noNameGiven PASSED\n\nTwoferTest > aNameGiven SKIPPED\n\nBUILD SUCCESSFUL in 3s\n",
    counts: ["gradle", 1, 0, 1],
  },
};

const cases = Object.entries(captured).map(([name, { output, counts }]) => ({ name, output, expected: count(counts) }));

describe("countTests", () => {
  it.each(cases)("reads $name", ({ output, expected }) => {
    expect(countTests(output)).toEqual(expected);
  });

  it.each(cases)("reads $name with other line ends, noise around and the prefix of a monorepo tool", (given) => {
    const { output, expected } = given;
    expect(countTests(output.replaceAll("\n", "\r\n"))).toEqual(expected);
    expect(countTests(`> pkg@1.0.0 test\n> run\n\n${output}\n\nnpm error code 1\nDone in 3.1s\n`)).toEqual(expected);
    expect(countTests(output.replaceAll(/^/gm, "packages/a test: "))).toEqual(expected);
  });

  it.each(cases)("adds two runs of $name, one after the other", ({ output, expected }) => {
    const { runner, passed, failed, skipped } = expected;
    const twice = { runner, passed: 2 * passed, failed: 2 * failed, skipped: 2 * skipped };
    expect(countTests(`${output}\n\n> @s/b@1.0.0 test\n> run\n\n${output}`)).toEqual(twice);
  });

  it("adds different runners and names those that ran something", () => {
    const pytest = "..  [100%]\n2 passed in 0.01s";
    const cargo =
      "running 1 test\n.\ntest result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
    expect(countTests(`${pytest}\n${cargo}\nNo test files found, exiting with code 0`)).toEqual(
      count(["pytest + cargo test", 3, 0, 1]),
    );
  });

  it("keeps the interleaved lines of several packages apart", () => {
    const lines = node.split("\n");
    const pnpm = lines.flatMap((line) => [`packages/a test:unit: ${line}`, `packages/b test:unit: ${line}`]);
    expect(countTests(pnpm.join("\n"))).toEqual(count(["node:test", 6, 2, 4]));
    const turbo = lines.flatMap((line) => [`web:test: ${line}`, `@s/api:test: ${line}`]);
    expect(countTests(turbo.join("\n"))).toEqual(count(["node:test", 6, 2, 4]));
  });

  it("reads the summary line of a hand-written runner, the last one, and only where nothing else is told", () => {
    expect(countTests("3 passed, 0 failed")).toEqual(count(["summary line", 3, 0, 0]));
    expect(countTests("1 passed, 0 failed\n3 passed, 1 failed, 1 skipped\n")).toEqual(count(["summary line", 3, 1, 1]));
    expect(countTests("99 passed, 0 failed\n\nno tests ran in 0.00s\n")).toEqual(count(["pytest", 0, 0, 0]));
  });

  it.each([
    [
      "a test's own print before the summary",
      "== test session starts ==\n99 passed in 0.1s\n== 1 passed in 0.2s ==",
      1,
    ],
    ["an inner pytest", "= test session starts =\n= test session starts =\n= 9 passed in 1s =\n= 1 passed in 2s =", 1],
    [
      "a captured cargo line",
      "running 1 test\ntest result: ok. 99 passed; 0 failed; 0 ignored; \ntest result: ok. 1 passed; 0 failed; 0 ignored; ",
      1,
    ],
    ["a unittest line without its verdict", "Ran 99 tests in 0.1s\n...\nRan 1 test in 0.2s\n\nOK", 1],
    [
      "a vitest line without files",
      " RUN  v4.0.0 /r\n Tests  99 passed (99)\n Test Files  1 passed (1)\n Tests  1 passed (1)",
      1,
    ],
  ])("is not easily deceived: %s", (_what, output, passed) => {
    expect(countTests(output)?.passed).toBe(passed);
  });

  it.each([
    "",
    "\n\r\n",
    "all good",
    "Compiling 12 files\n3 packages installed in 2s\n12 files changed in 3s",
    "ok",
    "OK",
    "OK (skipped=1)",
    "Tests:       5 passed, 5 total",
    "      Tests  5 passed (5)",
    "he said: 3 passed, 0 failed",
    "assert text == '=== 3 passed in 0.1s ==='",
    "Tests run: 77, Failures: 0, Errors: 0, Skipped: 0",
    " 99 pass\n",
    "  99 tests passed",
    "ok 1 - without a plan",
    "FAIL t/a.test.js",
    "error: test failed, to rerun pass `--test it`",
    "BUILD SUCCESSFUL in 3s\n2 actionable tasks: 2 executed",
    `${"x".repeat(3_000)}\r${" ".repeat(2_500)}3 passed in 0.1s`,
  ])("finds nothing in %j", (output) => {
    expect(countTests(output)).toBeNull();
  });
});

describe("executed", () => {
  it("counts failed tests and not skipped ones", () => {
    expect(executed(count(["x", 2, 1, 5]))).toBe(3);
    expect(executed(count(["x", 0, 0, 5]))).toBe(0);
  });
});

describe("untrusted output", () => {
  const lines = cases.flatMap(({ output }) => output.split("\n"));
  const pieces = [
    ...lines,
    "> ",
    " > ",
    "=",
    "(",
    "[",
    "\u001b[",
    "\u001b]",
    "9",
    "-",
    " ",
    "\t",
    "1 passed, ",
    "test test ",
    "# ",
  ];

  it("never throws and never gives anything but counts", () => {
    const line = fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
    const end = fc.constantFrom("\n", "\r\n", "\r", "");
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end), { maxLength: 60 }), (parts) => {
        const counted = countTests(parts.flat().join(""));
        const { runner, passed, failed, skipped } = counted ?? count(["none", 0, 0, 0]);
        expect(runner).not.toBe("");
        expect([passed, failed, skipped].every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps to exact numbers where absurd ones are printed", () => {
    const digits = "9".repeat(400);
    for (const { output } of cases) {
      const counted = countTests(output.replaceAll(/\d+/g, digits));
      expect(Number.isSafeInteger(counted === null ? 0 : executed(counted))).toBe(true);
    }
  });

  it("takes linear time, whatever is repeated", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.constantFrom(...pieces), fc.constantFrom(...pieces), fc.boolean(), (first, second, oneLine) => {
        const row = oneLine ? `${first}${second}`.repeat(2_000).slice(0, 2_000) : `${first}\n${second}`;
        const output = `${row}\n`.repeat(Math.ceil(200_000 / (row.length + 1)));
        // Some 50 ms here; what is quadratic in the length of a line takes seconds.
        expect(cpuMsOf(() => countTests(output))).toBeLessThan(2_000);
      }),
      { numRuns: 150 },
    );
  });

  it("follows a bounded number of prefixes, and always the lines without one", () => {
    const prefixed = Array.from({ length: 5_000 }, (_, index) => `pkg${index}:test: 1 passed in 0.1s\n`).join("");
    expect(countTests(`${prefixed}== 1 passed in 0.1s ==\n`)).toEqual(count(["pytest", 200, 0, 0]));
  });

  it("reads megabytes, and lines of megabytes", () => {
    const noise = "    at Object.<anonymous> (/repo/src/some/file.ts:12:34)\n".repeat(100_000);
    expect(countTests(`${noise}${"x".repeat(3_000_000)}\n3 passed in 0.1s\n`)).toEqual(count(["pytest", 3, 0, 0]));
  });
});
