import type { Config } from "../../adapters/config/schema.ts";
import { ruleNames, rules } from "../../domain/diff-policy/rules.ts";
import { defaultLimits, type PolicySettings, type RuleSetting } from "../../domain/diff-policy/settings.ts";

/** What the configuration says otherwise than the table of rules. */
export function policyOf({ policy }: Pick<Config, "policy">): PolicySettings {
  if (policy === undefined) return { rules: {}, limits: defaultLimits };
  if (policy === "off") {
    const off = ruleNames.map((name) => [name, { level: "off", except: [] }] as const);
    return { rules: Object.fromEntries(off), limits: defaultLimits };
  }
  const configured = ruleNames.flatMap((name): [string, RuleSetting][] => {
    const given = policy.rules[name];
    if (given === undefined) return [];
    const setting = typeof given === "string" ? { level: given } : given;
    return [[name, { level: setting.level ?? rules[name].level, except: setting.except ?? [] }]];
  });
  const { file, lines, files } = policy.limits;
  return {
    rules: Object.fromEntries(configured),
    limits: {
      fileBytes: file ?? defaultLimits.fileBytes,
      lines: lines ?? defaultLimits.lines,
      files: files ?? defaultLimits.files,
    },
  };
}
