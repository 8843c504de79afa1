import { parseJsonObject } from "../../std/json-lines.ts";
import { bootId, isSameProcess, startTimeOf } from "./process-table.ts";

/** A pid alone proves nothing: it is re-used, and after a boot all of them are. Written down, it tells a process from any other. */
export interface Identity {
  readonly pid: number;
  readonly startTime: string | null;
  readonly bootId: string | null;
}

export function ownIdentity(): Identity {
  return identityOf(process.pid);
}

/** Of whatever process has the pid now. */
export function identityOf(pid: number): Identity {
  return { pid, startTime: startTimeOf(pid), bootId: bootId() };
}

/** Null where the text names nobody. */
export function parseIdentity(text: string): Identity | null {
  const { pid, startTime, bootId: boot } = parseJsonObject(text) ?? {};
  if (typeof pid !== "number") return null;
  return {
    pid,
    startTime: typeof startTime === "string" ? startTime : null,
    bootId: typeof boot === "string" ? boot : null,
  };
}

export function isAlive({ pid, startTime, bootId: boot }: Identity): boolean {
  return pid > 0 && boot === bootId() && isSameProcess(pid, startTime);
}
