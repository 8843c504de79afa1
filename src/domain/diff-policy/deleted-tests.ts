import { plural } from "../../std/text.ts";
import type { FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { isNamedAsTest, isTestFile, languageOf, nameOf } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";
import type { PolicyTask } from "./settings.ts";
import { addsTable, holdsTests, LineCounts, testCases, type TestCase } from "./test-cases.ts";

interface Fewer {
  readonly file: FileDiff;
  readonly added: readonly TestCase[];
  readonly removed: readonly TestCase[];
  /** Tests that are nowhere any more, under any name. */
  readonly lost: readonly TestCase[];
  /** Added here under names that nothing else had. */
  readonly fresh: readonly TestCase[];
}

/** Tests that are gone. One that was moved is found again by its name, one that was renamed by the count in its file. */
export function deletedTests({ diff, task }: Pick<PolicyInput, "diff" | "task">): Suspicion[] {
  const files = fewerIn(diff.files.filter((file) => !file.unread && holdsTests(file)));
  const around = aroundOf(files, diff.files);
  const hidden = movedOutOfSight(files);
  const asked = asksToDelete(task);
  const found = files.flatMap(({ file, lost, fresh }): Suspicion[] => {
    // Of equally many new ones in the same file these are most likely the old ones, under other names.
    const gone = lost.slice(fresh.length);
    if (gone.length === 0) return [];
    const innocent = asked ? askedFor : innocence(file, gone, around);
    const what = innocent === null ? lostText(file, gone) : `${lostText(file, gone)} (${innocent})`;
    return [{ rule: "deleted-tests", path: file.path, line: gone[0]?.line ?? null, what, certain: innocent === null }];
  });
  const unread = diff.files.filter((file) => file.unread && file.status === "deleted" && isTestFile(file.path));
  return [
    ...found,
    ...hidden,
    ...unread.map(({ path }): Suspicion => ({
      rule: "deleted-tests",
      path,
      line: null,
      what: "a test file was deleted; it was not looked into",
      certain: false,
    })),
  ];
}

/** Found again by their names, but in files that runners pass over unless they are told otherwise. */
function movedOutOfSight(files: readonly Fewer[]): Suspicion[] {
  const seen = new Map(
    files.flatMap(({ file, added }) =>
      isNamedAsTest(file.path) ? [] : added.map(({ name }) => [name, file.path] as const),
    ),
  );
  return files.flatMap(({ file, removed }): Suspicion[] => {
    // `test.js` may hold all of a project's, and be split into files of any name.
    const named = isNamedAsTest(file.path) && !/^tests?\./.test(nameOf(file.path));
    const away = named ? removed.filter(({ name }) => name !== "" && seen.has(name)) : [];
    const [first] = away;
    if (first === undefined) return [];
    const what = `${plural(away.length, "test")} went to ${seen.get(first.name)}, which by its name holds none`;
    return [{ rule: "deleted-tests", path: file.path, line: first.line, what, certain: false }];
  });
}

const askedFor = "the task seems to ask for it";

/**
 * The task's own words: what a person asked for is told, and does not fail. What is removed, replaced or reverted as a whole
 * takes its tests with it.
 */
export function asksToDelete({ title, description }: PolicyTask): boolean {
  return (
    /^\W*(?:\w+(?:\([\w-]+\))?!?:\s*)?(?:remove|delete|drop|retire|revert|undo|strip|replace|rewrite|deprecate|migrate)\b/i.test(
      title,
    ) ||
    /\b(?:remove|delete|drop|retire|prune|consolidate|merge|deduplicate|rewrite|replace)\b[^.\n]{0,60}\b(?:tests?|specs?|suites?|test cases?)\b/i.test(
      `${title}\n${description}`,
    )
  );
}

function fewerIn(files: readonly FileDiff[]): Fewer[] {
  const sides = files.map((file) => {
    const language = languageOf(file.path);
    const of = (lines: FileDiff["added"]): TestCase[] => (language === null ? [] : testCases(lines, language));
    return { file, added: of(file.added), removed: of(file.removed) };
  });
  const addedNames = new LineCounts();
  const removedNames = new LineCounts();
  for (const { added, removed } of sides) {
    for (const { name } of added) if (name !== "") addedNames.add(name);
    for (const { name } of removed) if (name !== "") removedNames.add(name);
  }
  return sides.map(({ file, added, removed }) => ({
    file,
    added,
    removed,
    lost: removed.filter(({ name }) => name === "" || !addedNames.take(name)),
    fresh: added.filter(({ name }) => name === "" || !removedNames.take(name)),
  }));
}

interface Around {
  /** Files with more tests than before, and how many more. */
  readonly richer: readonly { readonly file: FileDiff; readonly more: number; readonly subject: string }[];
  /** By what they are about: other files that were deleted. */
  readonly deleted: ReadonlyMap<string, string>;
}

/** More of them are not compared with every file that has fewer. */
const mostRicher = 200;

function aroundOf(files: readonly Fewer[], all: readonly FileDiff[]): Around {
  const richer = files
    .map(({ file, lost, fresh }) => ({ file, more: fresh.length - lost.length, subject: subjectOf(file.path) }))
    .filter(({ more }) => more > 0)
    .slice(0, mostRicher);
  const gone = all.filter(({ path, status }) => status === "deleted" && !isTestFile(path));
  return { richer, deleted: new Map(gone.map(({ path }) => [subjectOf(path), path])) };
}

/** Why it may be no dilution, else null. */
function innocence(file: FileDiff, gone: readonly TestCase[], { richer, deleted }: Around): string | null {
  if (addsTable(file)) return "a table of cases came in the same file";
  if (file.status !== "deleted") return subjectGone(file, deleted);
  const own = subjectOf(file.path);
  const successor = richer.find(
    (other) => other.more >= gone.length && (other.file.status === "added" || sameSubject(other.subject, own)),
  );
  return successor === undefined ? subjectGone(file, deleted) : `as many came in ${successor.file.path}`;
}

function subjectGone({ path }: FileDiff, deleted: Around["deleted"]): string | null {
  const subject = deleted.get(subjectOf(path));
  return subject === undefined ? null : `${subject}, which they are of, was deleted as well`;
}

/** What a test file is about, by its name: `parser` of `test_parser.py`, `parser_test.go`, `ParserTest.java`. */
function subjectOf(path: string): string {
  return nameOf(path)
    .replace(/^test_/, "")
    .replace(/[._-](?:test|spec|e2e|cy|test-d|tests)(?=\.)/, "")
    .replace(/\..*$/, "")
    .replace(/(?:_tests?|Tests?|TestCase|IT|Spec)$/, "")
    .toLowerCase();
}

function sameSubject(a: string, b: string): boolean {
  return a !== "" && b !== "" && (a.includes(b) || b.includes(a));
}

const mostNames = 4;

function lostText({ status }: FileDiff, gone: readonly TestCase[]): string {
  const names = gone.map(({ name }) => name).filter((name) => name !== "");
  const shown = names.slice(0, mostNames).map((name) => `“${name.slice(0, 80)}”`);
  const rest = gone.length - shown.length;
  const list = shown.length === 0 ? "" : `: ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  return status === "deleted"
    ? `deleted with ${plural(gone.length, "test")}${list}`
    : `${plural(gone.length, "test")} fewer than before${list}`;
}
