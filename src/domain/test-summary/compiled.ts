import type { SummaryRule } from "./reader.ts";
import { lastLine, nothing, occurrences, ofAll, sum, type Tally } from "./tally.ts";

const goPackage =
  /^(?:ok(?: {2,}\t?|\t)\S+\s+(?:\(cached\)|\d[\d.]*s)|FAIL(?:\t|\s{2,})\S+\s+(?:\d[\d.]*s|\[[^\]]*\])$|\?\s+\S+\s+\[no test files\]|\t\S+\t\tcoverage: 0\.0% of statements$)/;
/** A test that prints without a line end stands before its own `--- PASS`; names of subtests have a slash. */
const goTest = /^=== RUN |--- (?:PASS|FAIL|SKIP): [^\s/]+ \(|^testing: warning: no tests to run$/;

const goTests: SummaryRule = {
  runner: "go test",
  collects: goTest,
  opens: goPackage,
  read: (text) => {
    if (!/^=== RUN /m.test(text)) return null;
    const failed = occurrences(text, /--- FAIL: [^\s/]+ \(/g);
    return {
      passed: occurrences(text, /--- PASS: [^\s/]+ \(/g),
      failed: failed === 0 && lastLine(text).startsWith("FAIL") ? 1 : failed,
      skipped: occurrences(text, /--- SKIP: [^\s/]+ \(/g),
    };
  },
};

/** Without -v an `ok` says that a package's tests ran, not how many there are. */
const goPackages: SummaryRule = {
  runner: "go test (packages)",
  collects: goTest,
  opens: goPackage,
  read: (text) => {
    if (/^=== RUN /m.test(text)) return null;
    const line = lastLine(text);
    if (line.startsWith("FAIL")) return { ...nothing, failed: 1 };
    const empty = !line.startsWith("ok") || /\[no tests to run\]|^testing: warning: no tests to run$/m.test(text);
    return { ...nothing, passed: empty ? 0 : 1 };
  },
};

const goEvent = String.raw`^\{"Time":"[^"]{1,40}","Action":"(?:pass|fail|skip)","Package":"[^"]{1,300}"`;

/** With -json: an event for each test, then one for its package. Packages may be told between one another. */
const goEvents: SummaryRule = {
  runner: "go test",
  collects: new RegExp(String.raw`${goEvent},"Test":"[^"/]{1,300}","Elapsed":[\d.]{1,20}\}$`),
  opens: new RegExp(String.raw`${goEvent},"Elapsed":[\d.]{1,20}(?:,"FailedBuild":"[^"]{1,300}")?\}$`),
  read: (text) => {
    const failed = occurrences(text, /"Action":"fail",.*"Test":/g);
    return {
      passed: occurrences(text, /"Action":"pass",.*"Test":/g),
      failed: failed === 0 && lastLine(text).includes('"Action":"fail"') ? 1 : failed,
      skipped: occurrences(text, /"Action":"skip",.*"Test":/g),
    };
  },
};

const gotestsum: SummaryRule = {
  runner: "gotestsum",
  opens: /^DONE (?:\d{1,9} runs?, )?\d{1,9} tests?(?:, \d{1,9} [a-z]+)* in \d/,
  replaces: [goTests, goPackages],
  read: (text) => ofAll(sum(text, /(\d+) tests?/g), sum(text, /(\d+) failures?/g), sum(text, /(\d+) skipped/g)),
};

const gradleTests: SummaryRule = {
  runner: "gradle",
  collects: /^(?=[^>\s][^>]* > ).* (?:PASSED|FAILED|SKIPPED)$/,
  read: (text) => ({
    passed: occurrences(text, / PASSED$/gm),
    failed: occurrences(text, / FAILED$/gm),
    skipped: occurrences(text, / SKIPPED$/gm),
  }),
};

/** Printed when a test failed, or by a plugin. */
const gradleTotals: SummaryRule = {
  runner: "gradle",
  opens: /^(?:\d{1,9} tests? completed(?:, \d{1,9} [a-z]+)*|(?:SUCCESS|FAILURE): Executed \d{1,9} tests? in .*)$/,
  replaces: [gradleTests],
  read: (text) =>
    ofAll(sum(text, /(\d+) tests? (?:completed|in )/g), sum(text, /(\d+) failed/g), sum(text, /(\d+) skipped/g)),
};

const dotnetAssembly: SummaryRule = {
  runner: "dotnet test",
  opens: /^(?:Passed|Failed|Skipped)! +- Failed: +\d{1,9}, Passed: +\d{1,9}, Skipped: +\d{1,9}, Total: +\d/,
  read: (text) => ({
    passed: sum(text, /Passed: +(\d+)/g),
    failed: sum(text, /Failed: +(\d+)/g),
    skipped: sum(text, /Skipped: +(\d+)/g),
  }),
};

/** Of the platform that tests bring along, and of `dotnet test` that is to say more. */
const dotnetLines: SummaryRule = {
  runner: "dotnet test",
  opens: /^(?:Test run summary: |Test Run (?:Successful|Failed)\.$|Total tests: \d)/,
  continues: /^(?: {2,}\w[\w ]*: +\d|Total tests: \d)/,
  replaces: [dotnetAssembly],
  read: (text) => {
    if (!/^\s*total(?: tests)?: +\d/im.test(text)) return null;
    const of = (name: string): number => sum(text, new RegExp(`^\\s*${name}: +(\\d{1,9})$`, "gim"));
    return ofAll(of("total(?: tests)?"), of("failed"), of("skipped"));
  },
};

const dotnetTotals: SummaryRule = {
  runner: "dotnet test",
  opens: /^Test summary: total: \d{1,9}, failed: \d{1,9}, succeeded: \d{1,9}, skipped: \d{1,9}/,
  replaces: [dotnetAssembly],
  read: (text) => ofAll(sum(text, /total: (\d+)/g), sum(text, /failed: (\d+)/g), sum(text, /skipped: (\d+)/g)),
};

/** Both Swift libraries count assertion failures; a test may have several. */
function swiftTally(tests: number, issues: number, skipped: number): Tally {
  return ofAll(tests, Math.min(issues, Math.max(0, tests - skipped)), skipped);
}

export const compiledRules: readonly SummaryRule[] = [
  goTests,
  goPackages,
  goEvents,
  gotestsum,
  {
    runner: "cargo test",
    begins: /^running \d{1,9} tests?$/,
    opens: /^test result: (?:ok|FAILED)\. \d{1,9} passed; \d{1,9} failed; \d{1,9} ignored; /,
    read: (text) => ({
      passed: sum(text, /(\d+) passed;/g),
      failed: sum(text, /(\d+) failed;/g),
      skipped: sum(text, /(\d+) ignored;/g),
    }),
  },
  {
    runner: "cargo nextest",
    opens: /^\s*Summary \[ *[\d.]+s\] +\d{1,9}(?:\/\d{1,9})? tests? run: /,
    read: (text) => ({
      passed: sum(text, /(\d+) passed\b/g),
      failed: sum(text, /(\d+) (?:failed|exec failed|timed out)\b/g),
      skipped: sum(text, /(\d+) skipped\b/g),
    }),
  },
  {
    runner: "maven",
    // Lines of single classes go on with the time; without a level only what stands below `Results` is Maven's.
    collects: /^(?:\[INFO\] )?Results ?:$/,
    opens:
      /^(?:\[(?:INFO|WARNING|ERROR)\] )?Tests run: \d{1,9}, Failures: \d{1,9}, Errors: \d{1,9}, Skipped: \d{1,9}(?:, Flakes: \d{1,9})?$/,
    read: (text) =>
      /^\[|^Results/.test(text)
        ? ofAll(sum(text, /run: (\d+)/g), sum(text, /(?:Failures|Errors): (\d+)/g), sum(text, /Skipped: (\d+)/g))
        : null,
  },
  gradleTotals,
  gradleTests,
  {
    runner: "ctest",
    opens: /^\d{1,3}% tests passed, \d{1,9} tests? failed out of \d{1,9}$/,
    continues:
      /^(?:Total Test time|Label Time Summary|The following tests did not run:|\S+ += +[\d.]+ sec|\s+\d+ - .* \((?:Skipped|Disabled)\)$)/,
    read: (text) => {
      // Skipped tests are among the passed ones, disabled ones are not even among all.
      const skipped = occurrences(text, / \(Skipped\)$/gm);
      const tally = ofAll(sum(text, /out of (\d+)/g), sum(text, /(\d+) tests? failed/g), skipped);
      return { ...tally, skipped: skipped + occurrences(text, / \(Disabled\)$/gm) };
    },
  },
  dotnetTotals,
  dotnetLines,
  dotnetAssembly,
  {
    runner: "XCTest",
    begins: /^Test Suite '(?:All|Selected) tests' started/,
    opens: /^\s*Executed \d{1,9} tests?, with (?:\d{1,9} tests? skipped and )?\d{1,9} failures? \(/,
    read: (text) =>
      swiftTally(sum(text, /Executed (\d+)/g), sum(text, /(\d+) failures?/g), sum(text, /(\d+) tests? skipped/g)),
  },
  {
    runner: "Swift Testing",
    opens: /^\S{1,4} +Test run with \d{1,9} tests?(?: in \d{1,9} suites?)? (?:passed|failed) after \d/,
    read: (text) =>
      swiftTally(
        sum(text, /with (\d+) tests?/g),
        / failed after /.test(text) ? Math.max(1, sum(text, /(\d+) issues?\b/g)) : 0,
        0,
      ),
  },
];
