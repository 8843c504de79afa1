import { plural } from "../../std/text.ts";
import { normalised, type DiffLine, type FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { languageOf, type Language } from "./paths.ts";
import { asksToDelete } from "./deleted-tests.ts";
import type { PolicyInput } from "./policy-input.ts";
import { strengthOf, weakest } from "./assertion-strength.ts";
import { addsTable, holdsTests, LineCounts, testCases } from "./test-cases.ts";

const assertion: Readonly<Record<Language, RegExp>> = {
  javascript:
    /\bexpect(?:\.\w+)?\s*\(|\bassert(?:\.\w+)*\s*\(|\bt\.(?:is|not|deepEqual|notDeepEqual|like|true|false|truthy|falsy|throws\w*|notThrows\w*|regex|notRegex|snapshot|assert|equal|same|ok)\(|\.should\b/,
  python: /^\s*assert\b|\bself\.(?:assert\w+|fail)\(|\bpytest\.(?:raises|warns|fail)\(|\.assert_\w+\(|\bassert_\w+\(/,
  go: /\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require|qt)\.[A-Z]\w*\(|\bc\.(?:Assert|Check)\(/,
  rust: /\b(?:debug_)?assert(?:_\w+)?!|#\[should_panic/,
  jvm: /\b(?:assert\w*|verify\w*|fail|expectThrows|shouldBe|shouldThrow)\s*[({<]|\sshould[A-Z]\w*\s|\bAssert(?:ions)?\.\w+\(/,
};

const comment = /^\s*(?:\/\/|\/\*|\*(?!\w)|#(?!\[)|"""|''')/;

interface Counted {
  readonly file: FileDiff;
  readonly language: Language;
  readonly lost: readonly DiffLine[];
  readonly fresh: readonly DiffLine[];
  /** The file's tests themselves became fewer: that is told by another rule. */
  readonly fewerTests: boolean;
}

/** Counted over the whole diff: an assertion that moved to another file, or was only written otherwise, is not lost. */
export function assertionSuspicions({ diff, task }: Pick<PolicyInput, "diff" | "task">): Suspicion[] {
  const counted = countIn(diff.files.filter((file) => !file.unread && holdsTests(file)));
  return [...removed(counted, asksToDelete(task)), ...counted.flatMap(loosened), ...counted.flatMap(alwaysHolding)];
}

function countIn(files: readonly FileDiff[]): Counted[] {
  const sides = files.flatMap((file) => {
    const language = languageOf(file.path);
    if (language === null) return [];
    const of = (lines: readonly DiffLine[]): DiffLine[] =>
      lines.filter(({ text }) => !comment.test(text) && assertion[language].test(text));
    return [{ file, language, added: of(file.added), removed: of(file.removed) }];
  });
  const [came, went] = [new LineCounts(), new LineCounts()];
  for (const side of sides) {
    for (const { text } of side.added) came.add(normalised(text));
    for (const { text } of side.removed) went.add(normalised(text));
  }
  return sides.map(({ file, language, added, removed: gone }) => ({
    file,
    language,
    lost: gone.filter(({ text }) => !came.take(normalised(text))),
    fresh: added.filter(({ text }) => !went.take(normalised(text))),
    fewerTests: testCases(file.removed, language).length > testCases(file.added, language).length,
  }));
}

function removed(counted: readonly Counted[], asked: boolean): Suspicion[] {
  let spare = sum(counted.map(({ lost, fresh }) => Math.max(0, fresh.length - lost.length)));
  return counted.flatMap(({ file, lost, fresh, fewerTests }): Suspicion[] => {
    const missing = lost.length - fresh.length;
    if (file.status === "deleted" || fewerTests || missing <= 0) return [];
    // Elsewhere in the diff there are more than before: a helper, or a better test.
    const made = Math.min(spare, missing);
    spare -= made;
    const left = missing - made;
    if (left === 0) return [];
    const [first] = lost;
    const only = fresh.length === 0 && !addsTable(file) && !asked;
    const what = `${plural(left, "assertion")} fewer than before, such as ${excerpt(first?.text ?? "")}`;
    return [{ rule: "removed-assertions", path: file.path, line: first?.line ?? null, what, certain: only }];
  });
}

/** One assertion of a subject where there was a stronger one of the same. */
function loosened({ file, language, lost, fresh }: Counted): Suspicion[] {
  const before = new Map<string, { strength: number; text: string }>();
  for (const { text } of lost) {
    const told = strengthOf(text, language);
    if (told !== null && told.strength > (before.get(told.subject)?.strength ?? 0))
      before.set(told.subject, { strength: told.strength, text });
  }
  const kept = new Map<string, number>();
  for (const { text } of fresh) {
    const told = strengthOf(text, language);
    if (told !== null) kept.set(told.subject, Math.max(kept.get(told.subject) ?? 0, told.strength));
  }
  return fresh.flatMap(({ text, line }): Suspicion[] => {
    const told = strengthOf(text, language);
    const earlier = told === null ? undefined : before.get(told.subject);
    if (told === null || earlier === undefined || told.strength >= earlier.strength) return [];
    // A stronger one of the same subject stands beside it.
    if ((kept.get(told.subject) ?? 0) >= earlier.strength || earlier.strength - told.strength < 2) return [];
    const what = `${excerpt(earlier.text)} became ${excerpt(text)}`;
    return [{ rule: "loosened-assertions", path: file.path, line, what, certain: true }];
  });
}

function alwaysHolding({ file, language, fresh }: Counted): Suspicion[] {
  return fresh
    .filter(({ text }) => weakest[language].test(text))
    .map(({ text, line }) => ({
      rule: "loosened-assertions",
      path: file.path,
      line,
      what: `${excerpt(text)} always holds`,
      certain: true,
    }));
}

function excerpt(text: string): string {
  const line = text.trim();
  return `“${line.length > 100 ? `${line.slice(0, 99)}…` : line}”`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
