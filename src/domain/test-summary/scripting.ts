import type { SummaryRule } from "./reader.ts";
import { lastLine, ofAll, sum } from "./tally.ts";
import { tapLines } from "./tap.ts";

export const scriptingRules: readonly SummaryRule[] = [
  {
    runner: "pytest",
    // With -q there is no header, only the progress.
    begins: /^=+ test session starts =+$|^[.FEsxXRpP]+ +\[100%\]$/,
    opens:
      /^(?:=+ )?(?:no tests (?:ran|collected)|\d{1,9}(?:\/\d{1,9})? (?:failed|passed|skipped|deselected|xfailed|xpassed|warnings?|errors?|rerun|tests? collected))(?:, \d{1,9} [a-z]+(?: [a-z]+){0,2})*(?: \([^)]*\))? in \d[\d.]*(?:s| seconds)(?: \([^)]*\))?(?: =+)?$/,
    read: (text) => ({
      passed: sum(text, /(\d+) (?:passed|xfailed|xpassed)\b/g),
      failed: sum(text, /(\d+) (?:failed|errors?)\b/g),
      skipped: sum(text, /(\d+) skipped\b/g),
    }),
  },
  {
    runner: "unittest",
    collects: /^Ran \d{1,9} tests? in \d[\d.]*s$/,
    opens: /^(?:OK|FAILED|NO TESTS RAN)(?: \([a-z]+.*\))?$/,
    read: (text) => {
      const ran = text.split("\n").at(-2);
      if (ran === undefined) return null;
      const failed = sum(text, /(?:\(|, )(?:failures|errors|unexpected successes)=(\d+)/g);
      return ofAll(sum(ran, /^Ran (\d+)/g), failed, sum(text, /skipped=(\d+)/g));
    },
  },
  {
    runner: "RSpec",
    opens: /^\d{1,9} examples?, \d{1,9} failures?(?:, \d{1,9} [a-z]+(?: [a-z]+){0,4})*$/,
    read: (text) => {
      const failed = sum(text, /(\d+) failures?/g);
      const tally = ofAll(sum(text, /(\d+) examples?,/g), failed, sum(text, /(\d+) pending/g));
      return { ...tally, failed: failed + sum(text, /(\d+) errors?/g) };
    },
  },
  {
    // Also Rails and test-unit.
    runner: "minitest",
    opens: /^\d{1,9} (?:runs|tests), \d{1,9} assertions, \d{1,9} failures, \d{1,9} errors(?:, \d{1,9} [a-z]+)*$/,
    read: (text) =>
      ofAll(
        sum(text, /(\d+) (?:runs|tests)/g),
        sum(text, /(\d+) (?:failures|errors)/g),
        sum(text, /(\d+) (?:skips|pendings|omissions)/g),
      ),
  },
  {
    runner: "PHPUnit",
    opens:
      /^(?:OK \(\d{1,9} tests?, \d{1,9} assertions?\)|Tests: \d{1,9}, Assertions: \d{1,9}(?:, [A-Za-z ]+: \d{1,9})*\.)$/,
    read: (text) =>
      ofAll(
        sum(text, /(?:OK \(|^Tests: )(\d+)/g),
        sum(text, /, (?:Failures|Errors): (\d+)/g),
        sum(text, /, (?:Skipped|Incomplete): (\d+)/g),
      ),
  },
  {
    runner: "Pest",
    opens: /^ *Tests: +\d{1,9} [a-z]+(?:, \d{1,9} [a-z]+)* \(\d{1,9} assertions?\)$/,
    read: (text) => ({
      passed: sum(text, /(\d+) (?:passed|risky|deprecated|warnings?|notices?)/g),
      failed: sum(text, /(\d+) failed/g),
      skipped: sum(text, /(\d+) (?:skipped|todos?|incomplete)/g),
    }),
  },
  {
    runner: "prove",
    collects: /^\S+ +\(Wstat: .*Failed: \d{1,9}\)$/,
    opens: /^Files=\d{1,9}, Tests=\d{1,9}, /,
    continues: /^Result: (?:PASS|FAIL|NOTESTS)$/,
    replaces: [tapLines],
    read: (text) => {
      const failed = sum(text, /Failed: (\d+)\)$/gm);
      const tests = sum(text, /^Files=\d+, Tests=(\d+)/gm);
      // A program that died fails the run without a failed test.
      return ofAll(tests, failed === 0 && lastLine(text) === "Result: FAIL" ? 1 : failed, 0);
    },
  },
];
