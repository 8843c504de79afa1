import { plural } from "../../std/text.ts";
import { normalised, type DiffLine, type FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { languageOf, type Language } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";
import { holdsTests, LineCounts } from "./test-cases.ts";

/** Tests that stand there as before, and do nothing: lines around them were added. */
export function hiddenTests({ diff }: Pick<PolicyInput, "diff">): Suspicion[] {
  return diff.files
    .filter((file) => file.status === "modified" && holdsTests(file))
    .flatMap((file) => {
      const language = languageOf(file.path);
      return language === null ? [] : [...inComment(file, language), ...inPassedClass(file, language), ...caught(file)];
    });
}

interface Edges {
  readonly opening: readonly DiffLine[];
  readonly closing: readonly DiffLine[];
}

const opens = /^\s*\/\*(?!\*)(?!.*\*\/)/;
const closes = /^(?!.*\/\*).*\*\/\s*$/;

/** Lines that begin or end a comment of several lines. */
function edgesOf(lines: readonly DiffLine[], language: Language): Edges {
  if (language !== "python") {
    const matching = (edge: RegExp): DiffLine[] => lines.filter(({ text }) => edge.test(text));
    return { opening: matching(opens), closing: matching(closes) };
  }
  const quotes = lines.filter(({ text }) => (text.match(/"""|'''/g)?.length ?? 0) % 2 === 1);
  return { opening: quotes.slice(0, 1), closing: quotes.slice(1) };
}

/** Strings of several lines begin and end in the same way: two that stand alone, and are all there is, are a comment. */
function isComment({ opening, closing }: Edges, language: Language): boolean {
  const isBare = ({ text }: DiffLine): boolean => /^\s*(?:"""|''')\s*$/.test(text);
  return language !== "python" || (closing.length === 1 && [...opening, ...closing].every(isBare));
}

/** Both ends were added, and what is between them was there before. */
function inComment({ path, added, removed }: FileDiff, language: Language): Suspicion[] {
  const edges = edgesOf(added, language);
  // A comment that was there is written anew.
  if (removed.some(({ text }) => /\/\*|\*\/|"""|'''/.test(text)) || !isComment(edges, language)) return [];
  return edges.opening.flatMap(({ line }): Suspicion[] => {
    const end = edges.closing.find((other) => other.line > line);
    if (end === undefined) return [];
    const fresh = added.filter((other) => other.line > line && other.line < end.line).length;
    const kept = end.line - line - 1 - fresh;
    const what = `${plural(kept, "line")} of tests became a comment`;
    return kept > 0 ? [{ rule: "skipped-tests", path, line, what, certain: true }] : [];
  });
}

/** pytest looks into classes by their names. */
function inPassedClass({ path, added, removed }: FileDiff, language: Language): Suspicion[] {
  if (language !== "python") return [];
  const classes = (lines: readonly DiffLine[]): { name: string; line: number }[] =>
    lines.flatMap(({ text, line }) => {
      const [, name, bases = ""] = /^class\s+(\w+)\s*(\([^)]*\))?/.exec(text) ?? [];
      return name === undefined || bases.includes("TestCase") ? [] : [{ name, line }];
    });
  const [before, after] = [classes(removed), classes(added)];
  const gone = before.find(({ name }) => name.startsWith("Test") && !after.some((one) => one.name === name));
  const instead = after.find(({ name }) => !name.startsWith("Test") && !before.some((one) => one.name === name));
  if (gone === undefined || instead === undefined) return [];
  const what = `class ${gone.name} became ${instead.name}, in which pytest looks for no tests`;
  return [{ rule: "skipped-tests", path, line: instead.line, what, certain: false }];
}

/** Lines between `try` and what catches: more is no test any more. */
const mostTried = 60;

/** Lines that were there stand in a `try` now, of which nobody hears. */
function caught({ path, added, removed }: FileDiff): Suspicion[] {
  const before = LineCounts.of(removed.filter(({ text }) => /[(!]|\bassert\b/.test(text)));
  return added.flatMap(({ text, line }, index): Suspicion[] => {
    if (!/^\s*try\s*[:{]/.test(text)) return [];
    const rest = added.slice(index + 1, index + mostTried);
    const at = rest.findIndex((other) => /\bcatch\b|^\s*except\b/.test(other.text));
    const kept = rest
      .slice(0, at)
      .filter((other) => /\bexpect\b|\bassert/i.test(other.text) && before.take(normalised(other.text)));
    if (at < 0 || kept.length === 0 || !isSilent(rest.slice(at, at + 3).map((other) => other.text))) return [];
    return [
      {
        rule: "loosened-assertions",
        path,
        line,
        what: `${plural(kept.length, "assertion")} may fail unheard: what catches it does nothing`,
        certain: true,
      },
    ];
  });
}

function isSilent([head = "", ...rest]: readonly string[]): boolean {
  if (/\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/.test(head) || /^\s*except\b.*:\s*pass\s*$/.test(head)) return true;
  const [first = ""] = rest.filter((text) => !/^\s*(?:\/\/|#|$)/.test(text));
  return /[{:]\s*(?:\/\/.*|#.*)?$/.test(head) && /^\s*(?:\}|pass\b)/.test(first);
}
