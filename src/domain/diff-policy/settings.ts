import { pathMatcher } from "./paths.ts";
import { ruleNames, rules, type PolicyLevel, type RuleName } from "./rules.ts";

export interface RuleSetting {
  readonly level: PolicyLevel;
  /** Path patterns that the rule does not look at. */
  readonly except: readonly string[];
}

/** As a run keeps it: what was configured otherwise than the table of rules says. */
export interface PolicySettings {
  readonly rules: Readonly<Partial<Record<RuleName, RuleSetting>>>;
  readonly limits: PolicyLimits;
}

export interface PolicyLimits {
  readonly fileBytes: number;
  /** Added and removed ones together. */
  readonly lines: number;
  readonly files: number;
}

export const defaultLimits: PolicyLimits = { fileBytes: 5 * 1024 * 1024, lines: 3_000, files: 150 };

export const defaultPolicy: PolicySettings = { rules: {}, limits: defaultLimits };

export function ruleSetting({ rules: configured }: PolicySettings, name: RuleName): RuleSetting {
  return configured[name] ?? { level: rules[name].level, except: [] };
}

/** What a runner needs to know of a task and its run to look at a diff. */
export interface DiffPolicy {
  readonly settings: PolicySettings;
  readonly task: PolicyTask;
  /** Paths in the repository that the checks of the gate name. */
  readonly gatePaths: readonly string[];
  /** Names of scripts that they run; absent: none. */
  readonly gateScripts?: readonly string[];
}

export interface PolicyTask {
  readonly title: string;
  readonly description: string;
  /** Its declared files: expected ones, and the scope it was planned with. */
  readonly files: readonly string[];
  /** Nobody declared them, a model expects them: a file that is missing is no fault, one of the gate's is not to be changed. */
  readonly filesGuessed?: boolean;
  /** Rules that do not count for it. */
  readonly allow: readonly RuleName[];
}

/** What a finding of a rule comes to, by its path. */
export function levelFor(
  { settings, task }: Pick<DiffPolicy, "settings" | "task">,
  name: RuleName,
): (path: string | null) => PolicyLevel {
  if (task.allow.includes(name)) return () => "off";
  const { level, except } = ruleSetting(settings, name);
  const isExcepted = except.length === 0 ? () => false : pathMatcher(except);
  return (path) => (path !== null && isExcepted(path) ? "off" : level);
}

/** Whether there is anything to look at. */
export function looksAtAnything({ settings, task }: DiffPolicy): boolean {
  return ruleNames.some((name) => !task.allow.includes(name) && ruleSetting(settings, name).level !== "off");
}
