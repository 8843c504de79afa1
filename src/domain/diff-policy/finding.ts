import type { RuleName } from "./rules.ts";

/** What a rule found. */
export interface PolicyFinding {
  readonly rule: RuleName;
  readonly level: "warn" | "fail";
  /** Null where it is about the change as a whole. */
  readonly path: string | null;
  /** In the new file, or in the old one where it is about what was removed; null where none is meant. */
  readonly line: number | null;
  /** In a few words; holds no secret. */
  readonly what: string;
}

/** What a rule suspects, before anybody knows its level. */
export interface Suspicion {
  readonly rule: RuleName;
  readonly path: string | null;
  readonly line: number | null;
  readonly what: string;
  /** False: it may be innocent, so that it is a warning at most. */
  readonly certain: boolean;
}

/** Findings kept of one attempt; how many more there were is counted. */
export const maxFindings = 40;

export interface PolicyVerdict {
  /** Any of these fails the attempt. */
  readonly violations: readonly PolicyFinding[];
  readonly warnings: readonly PolicyFinding[];
  /** Findings that are not listed. */
  readonly more: number;
}
