import { lastLines } from "../../std/text.ts";

/** What says of which test or place it is told. */
const failed =
  /^\s*(not ok \d|FAIL\b|--- FAIL|✖|✗|×|●|E {3}\S|error(\[\w+\])?:|\S+\(\d+,\d+\): error|\S+:\d+:\d+:? (- )?error\b)|\bFAILED\b|panicked at/;
/** What names the cause, with or without a test. */
const cause = /\b[A-Z]\w*(Error|Exception)\b.*:|\berror:|\bfatal:|: (command )?not found\b|No such file or directory/;
/** Of what passed, of time, of the program itself, and empty lines. */
const noise =
  /^\s*(#?\s*$|#?\s*at .*[:(]|---$|\.\.\.$|-{8,}$|={8,}$|1\.\.\d+$|ok \d|✔|✓|√|# (Subtest:|Node\.js v|tests \d|suites \d|pass \d|fail \d|cancelled \d|skipped \d|todo \d|duration_ms )|ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) |(duration_ms|type|exitCode|signal|failureType):|npm (ERR!|error|notice))/;
/** How far before the first failure its cause may stand. */
const before = 6;

/** The lines of a check's output that tell a person what is wrong: its end is often nothing but counts. */
export function tellingLines(log: string, count: number, maxChars: number): string {
  const lines = log.trimEnd().split("\n");
  if (lines.length <= count) return lastLines(log, count, maxChars);
  const kept = lines.filter((line) => !noise.test(line));
  const first = kept.findIndex((line) => failed.test(line));
  const from = first < 0 ? kept.findIndex((line) => cause.test(line)) : causeBefore(kept, first);
  if (from < 0) return lastLines(log, count, maxChars);
  const start = Math.max(0, Math.min(from, kept.length - count));
  return kept
    .slice(start, start + count)
    .join("\n")
    .slice(0, maxChars);
}

function causeBefore(lines: readonly string[], failure: number): number {
  const start = Math.max(0, failure - before);
  const found = lines.slice(start, failure).findIndex((line) => cause.test(line));
  return found < 0 ? failure : start + found;
}
