import { singleLine } from "../../std/text.ts";
import { assertionSuspicions } from "./assertions.ts";
import { conflictMarkers } from "./conflict-markers.ts";
import { clipped } from "./diff.ts";
import { deletedTests } from "./deleted-tests.ts";
import { fileSuspicions } from "./file-kinds.ts";
import { maxFindings, type PolicyFinding, type PolicyVerdict, type Suspicion } from "./finding.ts";
import { hiddenTests } from "./hidden-tests.ts";
import { newIgnores } from "./ignores.ts";
import type { PolicyInput } from "./policy-input.ts";
import { ruleNames } from "./rules.ts";
import { scopeSuspicions } from "./scope.ts";
import { secretSuspicions } from "./secrets.ts";
import { levelFor } from "./settings.ts";
import { skippedTests } from "./skipped-tests.ts";
import { loweredThresholds } from "./thresholds.ts";

const maxWhat = 300;

/** What the policy says of an attempt's work. Nobody but a person can allow what it forbids. */
export function checkDiff(input: PolicyInput): PolicyVerdict {
  const code = { ...input, diff: clipped(input.diff) };
  const suspicions = [
    ...scopeSuspicions(input),
    ...secretSuspicions(input),
    ...fileSuspicions(input),
    ...conflictMarkers(code),
    ...deletedTests(code),
    ...skippedTests(code),
    ...hiddenTests(code),
    ...assertionSuspicions(code),
    ...loweredThresholds(code),
    ...newIgnores(code),
  ];
  const judged = judge(suspicions, input);
  const all = (level: PolicyFinding["level"]): PolicyFinding[] => judged.filter((finding) => finding.level === level);
  const violations = all("fail").slice(0, maxFindings);
  const warnings = all("warn").slice(0, maxFindings - violations.length);
  return { violations, warnings, more: judged.length - violations.length - warnings.length };
}

function judge(suspicions: readonly Suspicion[], input: PolicyInput): PolicyFinding[] {
  const levels = new Map(ruleNames.map((name) => [name, levelFor(input, name)]));
  return suspicions.flatMap((suspicion): PolicyFinding[] => {
    const { rule, path, line, certain } = suspicion;
    const looksAt = levels.get(rule);
    if (looksAt === undefined) return [];
    const level = looksAt(path);
    if (level === "off") return [];
    const what = singleLine(input.redact(suspicion.what), maxWhat);
    return [{ rule, path, line, what, level: certain ? level : "warn" }];
  });
}
