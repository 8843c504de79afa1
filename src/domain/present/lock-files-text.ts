import { plural } from "../../std/text.ts";
import type { Regeneration } from "../change-state.ts";
import type { GateVerdict } from "../verdict.ts";
import { causeText, listText } from "./failure-text.ts";

/** Why lock files could not be made anew by their tools. `detail`: what else kept it, where all tools did their work. */
export function notMadeText(judged: GateVerdict, detail: string | null): string {
  if (judged.verdict === "pass") return `what their tools made of them could not be kept: ${detail ?? "unknown"}`;
  const { failure, check } = judged;
  const how =
    failure.reason === "check-failed"
      ? failure.exit
      : failure.reason === "gate-blocked"
        ? causeText(failure.cause)
        : "";
  return `“${check}” could not make them anew: ${how}`;
}

/** What a change waits for. */
export function regeneratingText({ paths, trial }: Pick<Regeneration, "paths"> & Partial<Regeneration>): string {
  const then = trial === null ? "to be made anew when it is its turn" : "made anew";
  return `changed on both sides, and ${then}: ${listText(paths)}`;
}

/** Why they are not made anew once more. */
export function spentText(regenerations: number): string {
  return `they were made anew ${plural(regenerations, "time")}, and the target went on each time`;
}
