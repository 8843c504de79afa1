import { normalised, type DiffLine, type FileDiff } from "./diff.ts";
import { isTestFile, languageOf, type Language } from "./paths.ts";

/** A test, as a line of code begins it. */
export interface TestCase {
  /** Empty where the name stands on a line that did not change. */
  readonly name: string;
  readonly line: number;
  /** It is one of many by a table beside it. */
  readonly table: boolean;
}

/** Functions that tests of JavaScript begin with, at the start of a line, and what is chained to them. */
const jsCase =
  /^\s*(?:[a-z]+\s+)*(?:it|test|specify|fit|xit|xtest|ftest|Deno\.test)((?:\.[\w$]+(?:\([^()]*\))?)*)\s*[(`<]/;
/** The end of a table over several lines: what follows is the test's name. */
const jsAfterTable = /^\s*(?:\]|`)(?:\s*as const)?\s*\)?\s*\(\s*["'`]/;
const jsName = /\(\s*(["'`])((?:\\.|(?!\1).)*)\1/g;
const jsChained =
  /^(?:\.(?:skip|only|each|for|concurrent|sequential|todo|fails|failing|fixme|serial|runIf|skipIf|prop|slow)(?:\([^()]*\))?)*$/;

const pyCase = /^\s*(?:\w+\s+)?def\s+(test\w*)\s*\(/;
const goCase = /^func\s+(?:\([^)]*\)\s*)?((?:Test|Fuzz|Benchmark|Example)\w*)\s*[([]/;
const goSubtest = /\b\w+\.Run\(\s*"((?:\\.|[^"])*)"/;
const rustMark = /^\s*#\[(?:[\w:]+::)?(?:test|rstest|test_case|quickcheck|proptest|case)\b/;
const rustName = /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:\w+\s+)*fn\s+(\w+)/;
const jvmMark = /^\s*@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Property)\b/;
const jvmName = /(?:\bvoid|\bfun|\bpublic\s+[\w<>[\]]+)\s+(?:`([^`]+)`|(\w+))\s*\(/;

/** Marked lines are followed by others before the name: attributes, and what a long signature needs. */
const nameWithin = 6;

export function testCases(lines: readonly DiffLine[], language: Language): TestCase[] {
  switch (language) {
    case "javascript":
      return lines.flatMap((line) => jsTest(line));
    case "python":
      return lines.flatMap(({ text, line }) => named(pyCase.exec(text)?.[1], line));
    case "go":
      return lines.flatMap(({ text, line }) => named((goCase.exec(text) ?? goSubtest.exec(text))?.[1], line));
    case "rust":
      return marked(lines, rustMark, rustName);
    case "jvm":
      return marked(lines, jvmMark, jvmName);
  }
}

/** `test.describe(…)` groups, `test.beforeEach(…)` prepares, `test.use(…)` sets: these are none. */
function jsTest({ text, line }: DiffLine): TestCase[] {
  const chain = jsCase.exec(text)?.[1] ?? null;
  if (chain === null ? !jsAfterTable.test(text) : !jsChained.test(chain)) return [];
  const names = [...text.matchAll(jsName)].map(([, , name = ""]) => name);
  const table = chain === null || /\.(?:each|for|prop)/.test(chain);
  // A table on the same line may hold texts of its own.
  return [{ name: (table ? names.at(-1) : names[0]) ?? "", line, table }];
}

function named(name: string | undefined, line: number): TestCase[] {
  return name === undefined ? [] : [{ name, line, table: false }];
}

function marked(lines: readonly DiffLine[], mark: RegExp, namePattern: RegExp): TestCase[] {
  return lines.flatMap(({ text, line }, index) => {
    if (!mark.test(text)) return [];
    const behind = lines.slice(index, index + nameWithin).filter((other, offset) => other.line === line + offset);
    const match = behind.map((other) => namePattern.exec(other.text)).find((found) => found !== null);
    return [{ name: match?.[1] ?? match?.[2] ?? "", line, table: /case|rstest|Parameterized|Repeated/.test(text) }];
  });
}

/** Whether its tests are looked at. Tests of Rust stand beside the code. */
export function holdsTests({ path, added, removed }: FileDiff): boolean {
  if (isTestFile(path)) return true;
  if (languageOf(path) !== "rust") return false;
  return [...added, ...removed].some(({ text }) => rustMark.test(text) || /#\[cfg\(test\)\]|#\[ignore/.test(text));
}

/** Many tests written as one over a table: fewer tests by count, not by what they show. */
const tableMark =
  /\.each\b|\.for\(|parametrize|@ParameterizedTest|@MethodSource|@ValueSource|@CsvSource|\bt\.Run\(|#\[(?:case|rstest|test_case)|subTest\(|for\s+_?,?\s*\w+\s*:?=\s*range\b/;

export function addsTable({ added }: FileDiff): boolean {
  return added.some(({ text }) => tableMark.test(text));
}

/** A multiset of lines: what was taken away here may have come back elsewhere. */
export class LineCounts {
  private readonly counts = new Map<string, number>();

  add(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** False where there is none left. */
  take(key: string): boolean {
    const count = this.counts.get(key) ?? 0;
    if (count === 0) return false;
    this.counts.set(key, count - 1);
    return true;
  }

  static of(lines: Iterable<DiffLine>): LineCounts {
    const counts = new LineCounts();
    for (const { text } of lines) counts.add(normalised(text));
    return counts;
  }
}
