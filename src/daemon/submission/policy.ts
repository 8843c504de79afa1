import type { Config } from "../../adapters/config/schema.ts";
import { ruleNames, rules } from "../../domain/diff-policy/rules.ts";
import {
  defaultLimits,
  defaultPolicy,
  type PolicySettings,
  type RuleSetting,
} from "../../domain/diff-policy/settings.ts";

/** What the configuration says otherwise than the table of rules. */
export function policyOf({ policy }: Pick<Config, "policy">): PolicySettings {
  if (policy === undefined) return defaultPolicy;
  const configured = ruleNames.flatMap((name): [string, RuleSetting][] => {
    const given = policy.rules[name];
    return given === undefined ? [] : [[name, { level: given.level ?? rules[name].level, except: given.except ?? [] }]];
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
