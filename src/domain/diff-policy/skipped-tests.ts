import { normalised, type DiffLine, type FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { languageOf, type Language } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";
import { holdsTests, LineCounts, testCases, type TestCase } from "./test-cases.ts";

/** A way to keep a test from running. */
interface Mark {
  readonly pattern: RegExp;
  /** Only under some condition: that is often right. */
  readonly conditional?: boolean;
  /** Why it may be right though the test ran before. */
  readonly doubt?: string;
  /** Stands before the test it is about, on a line of its own. */
  readonly before?: boolean;
  /** Keeps all others from running. */
  readonly focus?: boolean;
}

/** In the order they are tried. */
const marks: Readonly<Record<Language, readonly Mark[]>> = {
  javascript: [
    {
      pattern: /^\s*(?:[a-z]+\s+)?(?:it|test|describe|suite|context)(?:\.\w+)*\.(?:skipIf|runIf|if)\b/,
      conditional: true,
    },
    {
      pattern:
        /^\s*(?:[a-z]+\s+)?(?:it|test|describe|suite|context|specify|Deno\.test)(?:\.\w+)*\.(?:skip|todo|fixme|failing|fails|ignore)\b/,
    },
    { pattern: /^\s*(?:xit|xtest|xdescribe|xcontext|xspecify)\s*[.(]/ },
    {
      pattern:
        /^\s*(?:[a-z]+\s+)?(?:it|test|describe|suite|context|specify)(?:\.\w+)*\.only\b|^\s*(?:fit|fdescribe|ftest)\s*\(/,
      focus: true,
    },
    { pattern: /^\s*(?:it|test)\s*\(\s*(["'`]).*\1\s*,\s*\{[^}]*\b(?:skip|todo)\s*:\s*(?:true|["'`])/ },
    { pattern: /^\s*(?:this|t|ctx|context|testInfo)\.skip\(/, conditional: true },
    { pattern: /^\s*if\s*\(\s*(?:false|0)\s*\)/ },
    { pattern: /^\s*if\s*\(.*\bprocess\.env\.\w+.*\)\s*\{?\s*return\b/, conditional: true },
  ],
  python: [
    { pattern: /^\s*@(?:pytest\.mark\.skipif|unittest\.skip(?:If|Unless)|skip(?:If|Unless|if))\b/, conditional: true },
    { pattern: /^\s*@(?:pytest\.mark\.xfail)\(.*\b(?:condition|sys\.|os\.|platform)/, conditional: true },
    { pattern: /^\s*@(?:pytest\.mark\.(?:skip|xfail)|unittest\.(?:skip|expectedFailure)|skip)\b/, before: true },
    { pattern: /^pytestmark\s*=.*\bpytest\.mark\.(?:skip|xfail)\b/ },
    { pattern: /^\s*(?:collect_ignore(?:_glob)?\s*=|__test__\s*=\s*False)/ },
    {
      pattern: /^\s*(?:pytest\.(?:skip|xfail|importorskip)\(|self\.skipTest\(|raise (?:unittest\.)?SkipTest)/,
      conditional: true,
    },
    { pattern: /^\s*if\s+(?:False|0)\s*:/ },
  ],
  go: [
    { pattern: /^\/\/go:build ignore\b|^\/\/ \+build ignore\b/ },
    { pattern: /^\/\/go:build\b/, conditional: true },
    { pattern: /^\s*if false \{/ },
    // One indent: the first thing that the test does, whatever happens.
    { pattern: /^(?:\t| {2,4})[tbf]\.Skip(?:f|Now)?\(/ },
    { pattern: /\b[tbf]\.Skip(?:f|Now)?\(/, conditional: true },
  ],
  rust: [
    { pattern: /^\s*#\[ignore\b/, before: true },
    { pattern: /^\s*#\[cfg_attr\(.*\bignore\b/, conditional: true },
    { pattern: /^\s*#!?\[cfg\((?:any\(\)|FALSE|false)\)\]/, before: true },
    { pattern: /^\s*#\[should_panic\b/, before: true, doubt: "it has to panic now" },
    { pattern: /^\s*if false \{/ },
  ],
  jvm: [
    { pattern: /^\s*@(?:Disabled(?:On|If|For)\w*|Enabled(?:On|If|For)\w*)\b/, conditional: true },
    { pattern: /^\s*@(?:Disabled|Ignore)\b/, before: true },
    { pattern: /^\s*@Test\s*\(.*\benabled\s*=\s*false/, before: true },
    {
      pattern:
        /^\s*(?:Assume|Assumptions)\.\w+\(|^\s*assume(?:True|False|That|NotNull)\(|^\s*throw new SkipException\b/,
      conditional: true,
    },
    { pattern: /^\s*if\s*\(\s*false\s*\)/ },
  ],
};

const comment = /^\s*(?:\/\/(?!go:build)|\/\*|\*(?!\/)|#(?!!?\[))/;

export function skippedTests({ diff, task }: Pick<PolicyInput, "diff" | "task">): Suspicion[] {
  const files = diff.files.filter((file) => file.status !== "deleted" && holdsTests(file));
  const before = LineCounts.of(diff.files.flatMap(({ removed }) => removed));
  const ran = namesThatRan(diff.files);
  const asked = /\b(?:skip|disable|quarantine|ignore|mute)\b[^.\n]{0,60}\b(?:tests?|specs?|suites?)\b/i.test(
    `${task.title}\n${task.description}`,
  );
  return files.flatMap((file) => {
    const language = languageOf(file.path);
    if (language === null) return [];
    const cases = testCases(file.added, language);
    const reworded = marksIn(file.removed, language);
    return file.added.flatMap((line): Suspicion[] => {
      const mark = markOf(line, language);
      if (mark === undefined) return [];
      // What stood elsewhere before was moved; what stood here in other words was there before.
      const [moved, kept] = [before.take(normalised(line.text)), reworded.take(mark.pattern.source)];
      const fresh = isOfFreshTest({ mark, file, line, cases, ran });
      // A new test that runs under a condition is as it should be.
      if (moved || kept || (fresh && (mark.conditional === true || mark.doubt !== undefined))) return [];
      const doubt = doubtAbout(mark, fresh) ?? (asked ? "the task seems to ask for it" : null);
      const excerpt = line.text.trim().slice(0, 120);
      const what = doubt === null ? excerpt : `${excerpt} (${doubt})`;
      return [{ rule: "skipped-tests", path: file.path, line: line.line, what, certain: doubt === null }];
    });
  });
}

function markOf({ text }: DiffLine, language: Language): Mark | undefined {
  if (comment.test(text) && !text.startsWith("// +build ignore")) return undefined;
  return marks[language].find(({ pattern }) => pattern.test(text));
}

function marksIn(lines: readonly DiffLine[], language: Language): LineCounts {
  const counts = new LineCounts();
  for (const line of lines) {
    const mark = markOf(line, language);
    if (mark !== undefined) counts.add(mark.pattern.source);
  }
  return counts;
}

interface Place {
  readonly mark: Mark;
  readonly file: FileDiff;
  readonly line: DiffLine;
  readonly cases: readonly TestCase[];
  /** Names of tests and groups that ran before. */
  readonly ran: ReadonlySet<string>;
}

/** Why it may be innocent, else null: a test that is new and skipped hides nothing that ran before. */
function doubtAbout(mark: Mark, fresh: boolean): string | null {
  if (mark.focus === true) return null;
  if (mark.conditional === true) return "under a condition";
  if (mark.doubt !== undefined) return mark.doubt;
  return fresh ? "of a test that is new" : null;
}

/** By its name, where that stands beside the mark; else by the test next to it, where both came in one piece. */
function isOfFreshTest({ mark, file, line, cases, ran }: Place): boolean {
  if (file.status === "added" && ran.size === 0) return true;
  const name = cases.find((one) => one.line === line.line && one.name !== "")?.name ?? groupName(line.text);
  if (name !== null) return !ran.has(name);
  const lines = new Set(file.added.map((one) => one.line));
  const near = (step: number): TestCase | undefined => {
    for (let at = line.line, left = mostBetween; lines.has(at) && left > 0; at += step, left--) {
      const found = cases.find((one) => one.line === at);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const stands = mark.before === true || mark.conditional === true;
  const found = stands ? (near(1) ?? near(-1)) : near(-1);
  return found !== undefined && !ran.has(found.name);
}

/** Lines between a mark and the test that it is of. */
const mostBetween = 12;

function groupName(text: string): string | null {
  return /\b(?:describe|suite|context)(?:\.\w+)*(?:\(.*\))?\s*\(\s*(["'`])((?:\\.|(?!\1).)*)/.exec(text)?.[2] ?? null;
}

/** Removed lines that began a test or a group without a mark. */
function namesThatRan(files: readonly FileDiff[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of files) {
    const language = languageOf(file.path);
    if (language === null || !holdsTests(file)) continue;
    const running = file.removed.filter((line) => markOf(line, language) === undefined);
    for (const { name } of testCases(running, language)) if (name !== "") names.add(name);
    for (const { text } of running) {
      const group = groupName(text);
      if (group !== null) names.add(group);
    }
  }
  return names;
}
