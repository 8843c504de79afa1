import type { Halt } from "../queue/queue-row.ts";
import type { RevertReason } from "../failure.ts";

/** Why nothing lands. */
export function haltText(halt: Halt): string {
  switch (halt.reason) {
    case "reverts":
      return `${halt.count} landings in a row had to be taken back`;
    case "stuck":
      return halt.detail;
  }
}

export function revertText(why: RevertReason): string {
  return why.by === "person" ? "a person asked for it" : `“${why.check}” failed on the target with it, and not before`;
}
