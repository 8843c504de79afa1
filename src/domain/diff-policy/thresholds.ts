import type { DiffLine, FileDiff } from "./diff.ts";
import type { Suspicion } from "./finding.ts";
import { nameOf } from "./paths.ts";
import type { PolicyInput } from "./policy-input.ts";

/** Files in which tools are told how strict to be. */
const settingsFile =
  /^(?:package\.json|(?:jest|vitest|vite|karma|ava|playwright|cypress|wdio|web-test-runner)(?:\.[\w-]+)*\.(?:config|conf|workspace)?\.?[cm]?[jt]s(?:on)?|\.nycrc(?:\.\w+)?|\.c8rc(?:\.\w+)?|\.taprc|tsconfig(?:\.[\w-]+)*\.json|\.?codecov\.ya?ml|\.coveralls\.yml|pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|\.coveragerc|mypy\.ini|noxfile\.py|pom\.xml|build\.gradle(?:\.kts)?|sonar-project\.properties|Makefile|justfile|Cargo\.toml|tarpaulin\.toml|\.golangci\.(?:ya?ml|toml|json)|\.?ruff\.toml|\.flake8|\.?pylintrc|biome\.jsonc?|\.oxlintrc\.json|eslint\.config\.[cm]?[jt]s|\.eslintrc(?:\.\w+)?|detekt\.ya?ml|checkstyle\.xml|nightcrew\.yaml)$/;
const pipeline =
  /^\.(?:github\/workflows|circleci|gitlab)\/|(?:^|\/)(?:\.gitlab-ci\.yml|azure-pipelines\.yml|Jenkinsfile)$/;

export function isSettingsFile(path: string): boolean {
  return settingsFile.test(nameOf(path)) || pipeline.test(path);
}

interface Threshold {
  readonly key: string;
  readonly value: number;
  readonly line: number;
}

const least =
  /(?<!\w-?)(branches|functions|lines|statements|fail[_-]under|(?:cov-)?fail-under|check-coverage|coverage[_-]?threshold|threshold|target|min(?:imum)?(?:[_-]?coverage)?|min-?coverage|minimum(?:Ratio)?|jacoco\.\w+|sonar\.coverage\.\w+)\b["']?\s*(?:[:=>]|=>|\s)\s*["']?(\d+(?:\.\d+)?)/gi;
const most =
  /(?<!\w-?)(max-?warnings|maxWarnings|max[_-]?(?:complexity|errors|issues)|retries|reruns|flaky_retries)\b["']?\s*(?:[:=>]|\s)\s*["']?(\d+(?:\.\d+)?)/gi;

/** Switches of strictness, in the state that they are left in. */
const strict =
  /(?<!\w-?)["']?(strict|noImplicitAny|strictNullChecks|noUncheckedIndexedAccess|exactOptionalPropertyTypes|noUnusedLocals|noUnusedParameters|noImplicitReturns|allowUnusedLabels|disallow_untyped_defs|warn_return_any|warn_unused_ignores|check_untyped_defs|fail_on_warning|warningsAsErrors|allWarningsAsErrors|isFailOnViolation|failOnViolation|failOnError|failOnWarning|forbidOnly|bail)["']?\s*[:=]\s*["']?(true|false)\b/gi;

export function loweredThresholds({ diff }: Pick<PolicyInput, "diff">): Suspicion[] {
  return diff.files.filter(({ path, status }) => status === "modified" && isSettingsFile(path)).flatMap(inFile);
}

function inFile(file: FileDiff): Suspicion[] {
  return [
    ...compared(file, least, (before, after) => after < before).map((suspicion) => ({ ...suspicion })),
    ...compared(file, most, (before, after) => after > before),
    ...switched(file),
    ...chosenOtherwise(file),
  ];
}

/** Keys are paired in their order: the second `lines` of a file before with the second after. */
function compared(
  { path, added, removed }: FileDiff,
  pattern: RegExp,
  isLower: (before: number, after: number) => boolean,
): Suspicion[] {
  const before = byKey(thresholds(removed, pattern));
  const after = byKey(thresholds(added, pattern));
  const about = { rule: "lowered-thresholds", path } as const;
  return [...before].flatMap(([key, earlier]): Suspicion[] => {
    const later = after.get(key) ?? [];
    return earlier.flatMap(({ value, line }, index): Suspicion[] => {
      const now = later[index];
      if (now === undefined) {
        // What is called so may be anything, unless it is about coverage by its name.
        return isCoverage(key) ? [{ ...about, line, what: `${key} ${value} was removed`, certain: false }] : [];
      }
      if (!isLower(value, now.value)) return [];
      return [{ ...about, line: now.line, what: `${key} was ${value}, and is ${now.value}`, certain: isCoverage(key) }];
    });
  });
}

function isCoverage(key: string): boolean {
  return /^(?:branches|functions|lines|statements)$|fail[_-]under|coverage|warnings/i.test(key);
}

function thresholds(lines: readonly DiffLine[], pattern: RegExp): Threshold[] {
  return lines
    .filter(({ text }) => !/^\s*(?:\/\/|#|<!--|;)/.test(text))
    .flatMap(({ text, line }) =>
      [...text.matchAll(pattern)].map(([, key = "", value = ""]) => ({
        key: key.toLowerCase(),
        value: Number(value),
        line,
      })),
    );
}

function byKey(found: readonly Threshold[]): Map<string, Threshold[]> {
  const groups = new Map<string, Threshold[]>();
  for (const one of found) groups.set(one.key, [...(groups.get(one.key) ?? []), one]);
  return groups;
}

/** Which tests there are at all: whether these are fewer a person has to see. */
const choice =
  /^\s*["']?(testMatch|testRegex|testpaths|python_(?:files|classes|functions)|testDir|specPattern|include|testPaths)["']?\s*[:=]\s*(.*?),?\s*$/;

function chosenOtherwise({ path, added, removed }: FileDiff): Suspicion[] {
  const choices = (lines: readonly DiffLine[]): { key: string; value: string; line: number }[] =>
    lines.flatMap(({ text, line }) => {
      const [, key, value = ""] = choice.exec(text) ?? [];
      return key === undefined ? [] : [{ key, value, line }];
    });
  const before = choices(removed);
  return choices(added).flatMap(({ key, value, line }): Suspicion[] => {
    const was = before.find((one) => one.key === key)?.value;
    // The rest of what begins here stands on other lines.
    if (was === undefined || was === value || [was, value].some((text) => /[[{(]$/.test(text))) return [];
    return [{ rule: "lowered-thresholds", path, line, what: `${key} was ${was}, and is ${value}`, certain: false }];
  });
}

function switched({ path, added, removed }: FileDiff): Suspicion[] {
  const states = (lines: readonly DiffLine[]): Map<string, { value: string; line: number }> =>
    new Map(
      lines.flatMap(({ text, line }) =>
        [...text.matchAll(strict)].map(
          ([, key = "", value = ""]) => [key, { value: value.toLowerCase(), line }] as const,
        ),
      ),
    );
  const before = states(removed);
  const after = states(added);
  const about = { rule: "lowered-thresholds", path } as const;
  // Of what is gone nobody knows what holds without it.
  const gone = [...before].filter(([key, { value }]) => value === "true" && !after.has(key));
  const off = [...after]
    .filter(([key, { value }]) => value === "false" && before.get(key)?.value === "true")
    .map(([key, { line }]): Suspicion => ({ ...about, line, what: `${key} was true, and is false`, certain: true }));
  return [
    ...off,
    ...gone.map(([key, { line }]): Suspicion => ({
      ...about,
      line,
      what: `${key}, which was true, was removed`,
      certain: false,
    })),
  ];
}
