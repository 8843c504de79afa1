import { compiledRules } from "./compiled.ts";
import { javascriptRules } from "./javascript.ts";
import type { SummaryRule } from "./reader.ts";
import { scriptingRules } from "./scripting.ts";
import { tapLines, tapTotals } from "./tap.ts";
import { nothing, sum } from "./tally.ts";

/** Messages by which a runner says that it found no test. */
const emptyRuns: readonly SummaryRule[] = (
  [
    ["vitest", /^No test files found/],
    ["jest", /^No tests found, exiting with code/],
    ["mocha", /^Error: No test files found/],
    ["ava", /^\s*✘ Couldn[’']t find any (?:files to test|matching tests)/],
    ["bun test", /^No tests found!$/],
    ["jasmine", /^No specs found$/],
    ["playwright", /^Error: No tests found\.?$/],
    ["deno test", /^error: No test modules found/],
    ["cargo nextest", /^error: no tests to run$/],
    ["maven", /^(?:\[INFO\] )?(?:There are no|No) tests to run\.?$/],
    ["ctest", /^No tests were found!!!$/],
    ["PHPUnit", /^No tests executed!$/],
    ["dotnet test", /^No test (?:is available in|matches the given testcase filter) /],
  ] as const
).map(([runner, opens]) => ({ runner, opens, read: () => nothing }));

/** What hand-written runners tend to print. */
const plain: SummaryRule = {
  runner: "summary line",
  lastResort: true,
  // No line begins a run: the last summary is the one that counts.
  begins: /(?!)/,
  opens: /^\s*\d{1,9} passed, \d{1,9} failed(?:, \d{1,9} skipped)?\.?$/,
  read: (text) => ({
    passed: sum(text, /(\d+) passed/g),
    failed: sum(text, /(\d+) failed/g),
    skipped: sum(text, /(\d+) skipped/g),
  }),
};

/**
 * A file or package that could not be loaded counts as one failed test: the run did try it. Tests that failed as
 * expected were executed and pass; todo, pending, ignored and disabled ones are skipped.
 */
export const summaryRules: readonly SummaryRule[] = [
  ...javascriptRules,
  ...scriptingRules,
  ...compiledRules,
  ...emptyRuns,
  plain,
  // Behind what replaces them, or a line that ends a summary and begins the next one would be lost.
  tapTotals,
  tapLines,
];
