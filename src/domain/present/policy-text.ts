import { plural } from "../../std/text.ts";
import type { PolicyFinding } from "../diff-policy/finding.ts";
import { ruleNames, rules, type RuleName } from "../diff-policy/rules.ts";
import { ruleSetting, type PolicySettings } from "../diff-policy/settings.ts";
import type { Failure } from "../failure.ts";

/** `deleted-tests in test/a.test.ts:3: 2 tests fewer than before`. */
export function findingText({ rule, path, line, what }: PolicyFinding): string {
  const place = path === null ? "" : ` in ${path}${line === null ? "" : `:${line}`}`;
  return `${rule}${place}: ${what}`;
}

export function warningText(finding: PolicyFinding): string {
  return `policy: ${findingText(finding)}`;
}

type Violation = Extract<Failure, { reason: "policy-violated" }>;

const shownInSentence = 3;

export function violationText({ findings, more }: Violation): string {
  const shown = findings.slice(0, shownInSentence).map(findingText);
  const rest = findings.length - shown.length + more;
  return `the diff policy refuses the change: ${shown.join("; ")}${rest > 0 ? `; and ${plural(rest, "more", "more")}` : ""}`;
}

/** For whoever is to do it again: all that was found, and what to do about it. */
export function violationAdvice(failure: Violation): string {
  const found = ruleNames.filter((rule) => failure.findings.some((finding) => finding.rule === rule));
  return found
    .map((rule) => {
      const of = failure.findings.filter((finding) => finding.rule === rule);
      return `- ${rules[rule].explanation}\n  ${rules[rule].remedy}\n${of.map((finding) => `  - ${placeText(finding)}`).join("\n")}`;
    })
    .join("\n");
}

function placeText({ path, line, what }: PolicyFinding): string {
  return path === null ? what : `\`${path}\`${line === null ? "" : `, line ${line}`}: ${what}`;
}

/** The rules that a failed task would have to be allowed. */
export function rulesOf({ findings }: Violation): RuleName[] {
  return ruleNames.filter((rule) => findings.some((finding) => finding.rule === rule));
}

/** What is configured otherwise than usual. */
export function policyText(settings: PolicySettings): string {
  const off = rulesOff(settings);
  if (off.length === ruleNames.length) return "OFF: agents may change tests, scope and secrets unseen";
  const of = (level: "warn" | "fail"): number =>
    ruleNames.filter((name) => ruleSetting(settings, name).level === level).length;
  const counts = `${of("fail")} rules fail a change, ${of("warn")} warn`;
  return off.length === 0 ? counts : `${counts}, off: ${off.join(", ")}`;
}

export function rulesOff(settings: PolicySettings): RuleName[] {
  return ruleNames.filter((name) => ruleSetting(settings, name).level === "off");
}
