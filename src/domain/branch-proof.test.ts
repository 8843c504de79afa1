import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveBranch, type AgainstTarget } from "./branch-proof.ts";

const apart: AgainstTarget = { reachable: false, ahead: 2, merges: 0, patchesThere: 0 };

describe("a branch may go", () => {
  it("when its tip is in the target's history", () => {
    const target = { ...apart, reachable: true, ahead: 0 };
    expect(proveBranch({ own: 2, target })).toEqual({ kind: "reachable" });
    expect(proveBranch({ own: null, target })).toEqual({ kind: "reachable" });
  });

  it("when it holds nothing of its own, which is not called merged", () => {
    expect(proveBranch({ own: 0, target: { ...apart, reachable: true, ahead: 0 } })).toEqual({ kind: "nothing" });
  });

  it("when each of its patches is in the target", () => {
    expect(proveBranch({ own: 2, target: { ...apart, patchesThere: 2 } })).toEqual({ kind: "patches", count: 2 });
  });
});

describe("a branch is saved first", () => {
  it("when the target is gone", () => {
    expect(proveBranch({ own: 0, target: null })).toEqual({ kind: "unproven", because: { reason: "target-gone" } });
  });

  it("when one patch is missing", () => {
    const because = { reason: "not-in-target", count: 1 };
    expect(proveBranch({ own: 2, target: { ...apart, patchesThere: 1 } })).toEqual({ kind: "unproven", because });
  });

  it("when there is a merge among its commits, though every patch that can be compared is there", () => {
    const because = { reason: "merge-commits", count: 1 };
    const target = { ...apart, ahead: 3, merges: 1, patchesThere: 2 };
    expect(proveBranch({ own: 3, target })).toEqual({ kind: "unproven", because });
  });

  it("when it has no commit of its own, but the target does not reach it any more", () => {
    expect(proveBranch({ own: 0, target: apart }).kind).toBe("unproven");
  });
});

it("nothing is proven of commits that are not in the target, unless all of them have their patch there", () => {
  const target = fc.record({
    reachable: fc.constant(false),
    ahead: fc.nat(5),
    merges: fc.nat(5),
    patchesThere: fc.nat(5),
  });
  fc.assert(
    fc.property(target, fc.option(fc.nat(5)), (against, own) => {
      const proven = proveBranch({ own, target: against }).kind !== "unproven";
      return !proven || (against.merges === 0 && against.ahead > 0 && against.patchesThere >= against.ahead);
    }),
  );
});
