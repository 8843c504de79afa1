import { unreachable } from "../../std/assert.ts";
import { plural } from "../../std/text.ts";
import type { Doubt, Proof } from "../branch-proof.ts";

/** Why a branch may go, or what keeps it from going unsaved. */
export function proofText(proof: Proof, target: string): string {
  switch (proof.kind) {
    case "nothing":
      return "it holds no commit of its own";
    case "reachable":
      return `merged: ${target} has its commits`;
    case "patches":
      return proof.count === 1 ? `${target} has its patch` : `${target} has all ${proof.count} patches of it`;
    case "unproven":
      return doubtText(proof.because, target);
    default:
      return unreachable(proof);
  }
}

function doubtText(because: Doubt, target: string): string {
  switch (because.reason) {
    case "target-gone":
      return `${target} is gone`;
    case "merge-commits":
      return `${plural(because.count, "merge")} among its commits, of which nothing can be proven`;
    case "not-in-target":
      return `not in ${target}`;
    default:
      return unreachable(because);
  }
}
