import { plural } from "../../std/text.ts";
import type { DiffLine } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { isIllustration, isTestFile, languageOf, type Language } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";
import { isSettingsFile } from "./thresholds.ts";

const typeError = "a type error";

interface Ignore {
  /** As it is told; those of one name are counted together. */
  readonly name: string;
  readonly pattern: RegExp;
}

const inCode: Readonly<Record<Language, readonly Ignore[]>> = {
  javascript: [
    {
      name: "a linter's rule",
      pattern:
        /(?:\/\/|\/\*|\{\/\*)\s*(?:eslint|oxlint|tslint|stylelint|jshint)[-:]?\s?-?disable|(?:\/\/|\/\*)\s*(?:biome|deno-lint|standard|xo)-ignore|\/\*\s*eslint\s+[\w/-]+\s*:\s*(?:0|off|"off")/,
    },
    { name: typeError, pattern: /(?:\/\/|\/\*)\s*@ts-(?:ignore|expect-error|nocheck)\b/ },
    { name: "coverage", pattern: /\/\*\s*(?:istanbul|c8|v8|node:coverage)\s+(?:ignore|disable)/ },
  ],
  python: [
    {
      name: "a linter's rule",
      pattern: /#\s*(?:noqa|nosec|nosemgrep)\b|#\s*pylint:\s*disable|#\s*(?:ruff|flake8):\s*noqa/,
    },
    {
      name: "a type error",
      pattern: /#\s*(?:type:\s*ignore|pyright:\s*ignore|mypy:\s*(?:ignore|disable)|ty:\s*ignore)/,
    },
    { name: "coverage", pattern: /#\s*pragma:\s*no\s*cover/ },
  ],
  go: [{ name: "a linter's rule", pattern: /\/\/\s?nolint\b|\/\/\s*#nosec\b|\/\/lint:ignore\b/ }],
  rust: [{ name: "a linter's rule", pattern: /^\s*#!?\[(?:allow|expect)\(/ }],
  jvm: [
    {
      name: "a linter's rule",
      pattern:
        /@(?:SuppressWarnings|Suppress|SuppressFBWarnings|SuppressLint)\b|\/\/\s*(?:NOSONAR|CHECKSTYLE[:.]OFF|NOPMD|noinspection)\b/,
    },
  ],
};

/** Of the files that tell tools what to do. */
const inSettings: readonly Ignore[] = [
  {
    name: "tests, by a setting",
    pattern:
      /\b(?:testPathIgnorePatterns|modulePathIgnorePatterns|collect_ignore|norecursedirs|passWithNoTests|excludedGroups|skipTests|maven\.test\.skip)\b|(?:--deselect|--ignore(?:-glob)?=|-DskipTests|--passWithNoTests|--testPathIgnorePatterns|-k ["']?not )/,
  },
  {
    name: "tests, by a setting",
    pattern: /^\s*["']?exclude["']?\s*:.*\b(?:tests?|spec|e2e)\b/,
  },
  {
    name: "a linter's rule, by a setting",
    pattern:
      /^\s*["']?[@\w/-]+["']?\s*:\s*(?:\[\s*)?["']off["']|^\s*["']?(?:extend-)?(?:ignore|disable|per-file-ignores)["']?\s*[:=]\s*\[?\s*["']?[A-Za-z]/,
  },
  { name: "coverage, by a setting", pattern: /\b(?:coveragePathIgnorePatterns|exclude_lines|omit)\b\s*["']?\s*[:=]/ },
  {
    name: "a type error, by a setting",
    pattern: /\b(?:ignore_errors|ignore_missing_imports|skipLibCheck)\b["']?\s*[:=]\s*["']?true/i,
  },
  {
    name: "a failure",
    pattern: /\|\|\s*(?:true|:|exit 0)\s*(?:["'&;]|$)|\bcontinue-on-error:\s*true|\ballow_failure:\s*true/,
  },
];

/** Compared by count over the whole diff: an ignore that moved with its code is none that came. */
export function newIgnores({ diff }: Pick<PolicyInput, "diff">): Suspicion[] {
  const found = new Map<string, { added: { path: string; line: DiffLine }[]; removed: number }>();
  const ofName = (name: string): { added: { path: string; line: DiffLine }[]; removed: number } => {
    const counts = found.get(name) ?? { added: [], removed: 0 };
    found.set(name, counts);
    return counts;
  };
  for (const { path, added, removed } of diff.files) {
    const ignores = ignoresOf(path);
    for (const { name, pattern } of ignores) {
      for (const line of added) if (pattern.test(line.text)) ofName(name).added.push({ path, line });
      for (const { text } of removed) if (pattern.test(text)) ofName(name).removed++;
    }
  }
  return [...found].flatMap(([name, { added, removed }]): Suspicion[] => {
    const more = added.length - removed;
    const [first] = added.slice(-more);
    if (more <= 0 || first === undefined) return [];
    const places = [...new Set(added.map(({ path }) => path))];
    const where = places.length > 1 ? `, in ${plural(places.length, "file")}` : "";
    const what = `${name} is ignored in ${plural(more, "more place", "more places")}${where}: ${first.line.text.trim().slice(0, 120)}`;
    return [{ rule: "new-ignores", path: first.path, line: first.line.line, what, certain: true }];
  });
}

function ignoresOf(path: string): readonly Ignore[] {
  if (isSettingsFile(path)) return inSettings;
  const language = languageOf(path);
  if (language === null || (isIllustration(path) && !isTestFile(path))) return [];
  // Tests pass wrong types on purpose.
  return isTestFile(path) ? inCode[language].filter(({ name }) => name !== typeError) : inCode[language];
}
