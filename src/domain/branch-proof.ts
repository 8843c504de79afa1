/** What git says of a branch that is to be removed. */
export interface BranchFacts {
  /** Commits it has on top of the one it began at; null where that one is not known. */
  readonly own: number | null;
  /** Null: the target branch is gone. */
  readonly target: AgainstTarget | null;
}

export interface AgainstTarget {
  /** Its tip is in the target's history. */
  readonly reachable: boolean;
  /** Commits of it that are not in the target's history, and how many of these are merges. */
  readonly ahead: number;
  readonly merges: number;
  /** Of the others, those whose patch is in the target, to the letter. */
  readonly patchesThere: number;
}

/** Whether all that a branch holds is in the target, and how that is known. */
export type Proof =
  /** No commit of its own: there was nothing to merge. */
  | { readonly kind: "nothing" }
  | { readonly kind: "reachable" }
  | { readonly kind: "patches"; readonly count: number }
  | { readonly kind: "unproven"; readonly because: Doubt };

export type Doubt =
  | { readonly reason: "target-gone" }
  /** A merge has no patch to compare: what was resolved in it could be nowhere else. */
  | { readonly reason: "merge-commits"; readonly count: number }
  | { readonly reason: "not-in-target"; readonly count: number };

/** The rule by which work may be removed: in doubt it is saved first. */
export function proveBranch({ own, target }: BranchFacts): Proof {
  if (target === null) return unproven({ reason: "target-gone" });
  // Also without commits of its own a branch may be all that keeps the ones below it, where the target was set back.
  if (target.reachable) return own === 0 ? { kind: "nothing" } : { kind: "reachable" };
  if (target.merges > 0) return unproven({ reason: "merge-commits", count: target.merges });
  const missing = target.ahead - target.patchesThere;
  if (target.ahead === 0 || missing > 0) return unproven({ reason: "not-in-target", count: missing });
  return { kind: "patches", count: target.ahead };
}

function unproven(because: Doubt): Proof {
  return { kind: "unproven", because };
}
