import type { RunRow } from "../../domain/run.ts";
import { crashPoint } from "../../engine/crash-point.ts";
import type { Place } from "./build-chain.ts";
import { Git } from "./git.ts";
import { branchRef, checkoutOf, isDirty, resolveRef, type Checkout } from "./target.ts";

/** Moves the target forward. Null when it is at `commit`, else why not. */
export async function moveForward(place: Place, run: RunRow, commit: string, target: string): Promise<string | null> {
  const checkout = await checkoutOf(run.checkout, run.repository, run.target);
  if (checkout !== null) {
    return (await obstacleIn(checkout, run)) ?? fastForward(place.git, checkout.path, run, commit);
  }
  return (await swapRef(place, branchRef(run.target), commit, target)) ? null : `${run.target} has moved meanwhile`;
}

/** Why a checkout must not be touched; null when it may be fast-forwarded. */
async function obstacleIn({ path, busyWith }: Checkout, run: RunRow): Promise<string | null> {
  if (busyWith !== null) return `${run.target} is being ${busyWith} in ${path}`;
  // A tracker's own file is written here by the run itself; git keeps it, or refuses to go over it.
  const own = run.settings.sources.flatMap(({ tracker, tracked }) => (tracker === undefined ? [] : (tracked ?? [])));
  return (await isDirty(path, own)) ? `${path} has uncommitted changes` : null;
}

/** Null when the checkout, and with it the target, is at the commit; else why not. */
async function fastForward(git: Git, checkout: string, run: RunRow, commit: string): Promise<string | null> {
  const result = await new Git({ cwd: checkout }).call(["merge", "--ff-only", "--quiet", "--no-autostash", commit], {
    allow: [1, 2, 128],
    timeoutMs: 600_000,
  });
  crashPoint("landing/fast-forwarded");
  if (result.code === 0 && (await resolveRef(git, branchRef(run.target))) === commit) return null;
  const why = result.stderr.trim().split("\n").slice(0, 4).join(" ");
  return `git could not fast-forward ${checkout}: ${why}`;
}

/** False when the ref was not at `from` any more; null stands for "not there". */
export async function swapRef({ git, refs }: Place, ref: string, to: string, from: string | null): Promise<boolean> {
  try {
    await refs.swap(ref, to, from);
    crashPoint("landing/swapped");
    return true;
  } catch (error) {
    if ((await resolveRef(git, ref)) !== from) return false;
    throw error;
  }
}
