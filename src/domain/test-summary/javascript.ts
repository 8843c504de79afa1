import type { SummaryRule } from "./reader.ts";
import { lastLine, ofAll, type Tally, sum } from "./tally.ts";
import { tapLines } from "./tap.ts";

/** vitest and jest count files and tests; a file that could not be loaded shows only among the files. */
function filesAndTests(text: string): Tally {
  const tests = lastLine(text);
  return {
    passed: sum(tests, /(\d+) (?:passed|expected fail)\b/g),
    failed: sum(tests, /(\d+) failed\b/g) || sum(text, /(\d+) failed\b/g),
    skipped: sum(tests, /(\d+) (?:skipped|todo)\b/g),
  };
}

/** Only the line of those that passed is told with the time. */
const playwrightLine =
  /^ {2}\d{1,9} (?:failed|flaky|interrupted|skipped|did not run|passed \([\d.]{1,20}m?s?\)|errors? (?:was|were) not a part of any test.*)$/;

export const javascriptRules: readonly SummaryRule[] = [
  {
    runner: "vitest",
    begins: /^\s*(?:RUN|DEV)\s+v\d/,
    collects: /^\s*Test Files\s+(?:no|\d)/,
    opens: /^\s*Tests\s+(?:no tests$|\d{1,9} (?:failed|passed|expected fail|skipped|todo)\b)/,
    after: /^\s*Test Files\s+(?:no|\d)/,
    read: filesAndTests,
  },
  {
    runner: "jest",
    collects: /^Test Suites: /,
    opens: /^Tests: +(?:\d{1,9} [a-z]+, )*\d{1,9} total$/,
    after: /^Test Suites: /,
    read: filesAndTests,
  },
  {
    runner: "mocha",
    opens: /^ {2}\d{1,9} passing(?: \(\d+ ?[a-z]+\))?$/,
    continues: /^ {2}\d{1,9} (?:pending|failing)$/,
    read: (text) => ({
      passed: sum(text, /(\d+) passing/g),
      failed: sum(text, /(\d+) failing/g),
      skipped: sum(text, /(\d+) pending/g),
    }),
  },
  {
    runner: "ava",
    // Leaves the passed ones out as soon as one failed.
    opens:
      /^ {2}\d{1,9} (?:tests? (?:passed|failed|skipped|todo)|known failures?|(?:hooks?|uncaught|unhandled) [a-z]+)$/,
    continues:
      /^ {2}\d{1,9} (?:tests? (?:passed|failed|skipped|todo)|known failures?|(?:hooks?|uncaught|unhandled) [a-z]+)$/,
    after: /^ {2}─$/,
    read: (text) => ({
      passed: sum(text, /(\d+) (?:tests? passed|known failures?)$/gm),
      failed: sum(text, /(\d+) (?:tests? failed|(?:hooks?|uncaught|unhandled) [a-z]+)$/gm),
      skipped: sum(text, /(\d+) tests? (?:skipped|todo)$/gm),
    }),
  },
  {
    runner: "node:test",
    opens: /^(?:ℹ|#) tests \d{1,9}$/,
    continues: /^(?:ℹ|#) (?:suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/,
    replaces: [tapLines],
    read: (text) => {
      // Other TAP writers end with tests and pass as well, but know no suites.
      if (!/ suites \d/.test(text) || !/ pass \d/.test(text)) return null;
      return {
        passed: sum(text, / pass (\d+)$/gm),
        failed: sum(text, / (?:fail|cancelled) (\d+)$/gm),
        skipped: sum(text, / (?:skipped|todo) (\d+)$/gm),
      };
    },
  },
  {
    runner: "bun test",
    opens: /^ \d{1,9} pass$/,
    continues:
      /^(?: \d{1,9} (?:skip|todo|fail|filtered out|errors?|expect\(\) calls?|snapshots?\b.*)|Ran \d{1,9} tests? across .*)$/,
    read: (text) => {
      if (!/^Ran \d/m.test(text)) return null;
      const failed = sum(text, /^ (\d+) fail$/gm) || sum(text, /^ (\d+) errors?$/gm);
      return { passed: sum(text, /^ (\d+) pass$/gm), failed, skipped: sum(text, /^ (\d+) (?:skip|todo)$/gm) };
    },
  },
  {
    runner: "deno test",
    opens: /^(?:ok|FAILED) \| \d{1,9} passed\b/,
    read: (text) => ({
      passed: sum(text, /(\d+) passed/g),
      failed: sum(text, /(\d+) failed/g),
      skipped: sum(text, /(\d+) ignored/g),
    }),
  },
  {
    runner: "jasmine",
    opens: /^\d{1,9} specs?, \d{1,9} failures?(?:, \d{1,9} pending specs?)?$/,
    read: (text) =>
      ofAll(sum(text, /(\d+) specs?,/g), sum(text, /(\d+) failures?/g), sum(text, /(\d+) pending specs?/g)),
  },
  {
    // Skipped ones are not in its total.
    runner: "uvu",
    opens: /^ {2}Total: {5}\d{1,9}$/,
    continues: /^ {2}(?:Passed: {4}|Skipped: {3}|Duration: {2})[\d.]+(?:ms|s)?$/,
    read: (text) => {
      if (!/^ {2}Passed: /m.test(text) || !/^ {2}Skipped: /m.test(text)) return null;
      const [all, passed] = [sum(text, /Total: +(\d+)/g), sum(text, /Passed: +(\d+)/g)];
      return { passed, failed: Math.max(0, all - passed), skipped: sum(text, /Skipped: +(\d+)/g) };
    },
  },
  {
    // One that passed when it was run again is called flaky.
    runner: "playwright",
    begins: /^Running \d{1,9} tests? using \d{1,9} workers?/,
    opens: playwrightLine,
    continues: new RegExp(`${playwrightLine.source}|^ {4}\\S[^›]* › `),
    read: (text) => ({
      passed: sum(text, /^ {2}(\d+) (?:passed|flaky)/gm),
      failed: sum(text, /^ {2}(\d+) (?:failed|interrupted|errors? )/gm),
      skipped: sum(text, /^ {2}(\d+) (?:skipped|did not run)/gm),
    }),
  },
];
