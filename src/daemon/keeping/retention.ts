import { maxDays } from "../../api/keeping-contract.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { parseBytes } from "../../std/text.ts";
import type { WorkspaceBounds } from "./workspace-bounds.ts";

export interface Retention {
  /** How long runs are kept once they are finished; null: for ever. */
  readonly days: number | null;
  /** The daemon cleans up by itself. */
  readonly automatic: boolean;
  readonly bounds: WorkspaceBounds;
}

const defaultDays = 7;

const defaultBounds: WorkspaceBounds = { slots: 32, bytes: 100 * 1024 ** 3 };

/** From `NIGHTCREW_WORKSPACES` (of one repository) and `NIGHTCREW_WORKSPACES_BYTES` (of the home, with kept folders). */
function boundsOf(env: NodeJS.ProcessEnv): WorkspaceBounds {
  const numberOf = (name: string, parse: (text: string) => number | null, otherwise: number): number => {
    const text = env[name] ?? "";
    const value = text === "" ? otherwise : parse(text);
    if (value !== null && Number.isFinite(value) && value >= 1) return value;
    throw new OperationalError({
      code: "invalid-setting",
      what: `${name} is not a bound: ${text}`,
      next: `set it to 32 or 100GB, say, or leave it out: unset ${name}`,
    });
  };
  return {
    slots: numberOf("NIGHTCREW_WORKSPACES", Number, defaultBounds.slots),
    bytes: numberOf("NIGHTCREW_WORKSPACES_BYTES", parseBytes, defaultBounds.bytes),
  };
}

/** From `AGENT_RUN_RETENTION` (days, 0: for ever) and `AGENT_AUTO_CLEANUP` (on unless it says otherwise). */
export function retentionOf(env: NodeJS.ProcessEnv): Retention {
  return {
    days: daysOf(env["AGENT_RUN_RETENTION"] ?? ""),
    automatic: isOn(env["AGENT_AUTO_CLEANUP"] ?? ""),
    bounds: boundsOf(env),
  };
}

function daysOf(text: string): number | null {
  if (text === "") return defaultDays;
  const days = Number(text);
  if (Number.isInteger(days) && days >= 0 && days <= maxDays) return days === 0 ? null : days;
  throw new OperationalError({
    code: "invalid-setting",
    what: `AGENT_RUN_RETENTION is not a number of days from 0 to ${maxDays}: ${text}`,
    why: "runs that have been finished for so long may be removed; with 0 none is",
    next: "set it to one, or leave it out: unset AGENT_RUN_RETENTION",
  });
}

function isOn(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (["", "1", "true", "yes", "on"].includes(word)) return true;
  if (["0", "false", "no", "off"].includes(word)) return false;
  throw new OperationalError({
    code: "invalid-setting",
    what: `AGENT_AUTO_CLEANUP is neither 1 nor 0: ${text}`,
    next: "set it to one, or leave it out: unset AGENT_AUTO_CLEANUP",
  });
}

const dayMs = 86_400_000;

/** Runs finished at or before it are due. */
export function dueTime(now: number, days: number): number {
  return now - days * dayMs;
}
