import type { SummaryRule } from "./reader.ts";
import { lastLine, type Tally, sum } from "./tally.ts";
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
];
