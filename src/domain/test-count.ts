import { stripAnsi } from "../std/text.ts";
import { type SummaryReader, type SummaryRule, summaryReader } from "./test-summary/reader.ts";
import { summaryRules } from "./test-summary/rules.ts";
import { addTallies, type Tally } from "./test-summary/tally.ts";

export interface TestCount {
  /** Several runners in one output: their names joined by " + ". */
  runner: string;
  passed: number;
  failed: number;
  skipped: number;
}

/** A summary line is short; what is longer is somebody's data. */
const maxLineChars = 2_000;
const maxStreams = 200;

/**
 * What monorepo tools put before each line of a script, the runs of several packages interleaved:
 * `packages/a test: …` (pnpm), `web:test: …` (turbo), `[web]: …` (yarn); not .NET's `Total tests: 3`.
 */
const streamPrefix =
  /^(?!Total tests: )(?:[\w@./-]{1,120}[ :](?=[\w:-]{0,60}(?:test|unit|spec|e2e|check))[\w:-]{1,60}|\[[\w@./-]{1,120}\]): ?/;

export function executed(count: TestCount): number {
  return count.passed + count.failed;
}

/** The tests an output says were run; null when no runner's summary is recognised in it. */
export function countTests(output: string): TestCount | null {
  const streams = new Map([["", summaryReader(summaryRules)]]);
  for (const raw of output.split(/\r\n?|\n/)) {
    if (raw.length > maxLineChars) continue;
    const line = raw.includes("\u001b") ? stripAnsi(raw) : raw;
    const prefix = streamPrefix.exec(line)?.[0] ?? "";
    if (streams.has(prefix) || streams.size < maxStreams) streamOf(streams, prefix).line(line.slice(prefix.length));
  }
  return total([...streams.values()].flatMap((stream) => [...stream.end()]));
}

function streamOf(streams: Map<string, SummaryReader>, prefix: string): SummaryReader {
  const known = streams.get(prefix);
  if (known !== undefined) return known;
  const created = summaryReader(summaryRules);
  streams.set(prefix, created);
  return created;
}

function total(found: readonly (readonly [SummaryRule, Tally])[]): TestCount | null {
  const sure = found.filter(([rule]) => rule.lastResort !== true);
  const used = sure.length > 0 ? sure : found;
  if (used.length === 0) return null;
  const sum = used.map(([, tally]) => tally).reduce(addTallies);
  const telling = used.filter(([, tally]) => tally.passed + tally.failed + tally.skipped > 0);
  const named = telling.length > 0 ? telling : used;
  return { runner: [...new Set(named.map(([rule]) => rule.runner))].join(" + "), ...sum };
}
