import type { LandingPlace } from "../../domain/change-state.ts";
import type { Following } from "../../domain/remote.ts";
import type { RunRow } from "../../domain/run.ts";
import { waitingBranch } from "../../domain/run.ts";
import { plural } from "../../std/text.ts";
import type { Place } from "./build-chain.ts";
import type { Git } from "./git.ts";
import { moveForward, swapRef } from "./move-target.ts";
import type { Fetched } from "./remote.ts";
import { branchRef, isAncestor, resolveRef, targetTip } from "./target.ts";

/** Whoever else moves the target does so now and then, not all the time. */
const mostTries = 5;

/** Brings the target, or what waits beside it, to where the remote was seen. */
export async function followTo(place: Place, run: RunRow, remote: string, seen: Fetched): Promise<Following> {
  if (seen.kind === "failed") return seen;
  const { git, objects } = place;
  const on = await targetTip(git, objects, run.target);
  // What is not here is told by whoever builds on it; what is not there is made by the first push.
  if (on === null || seen.commit === null) return { kind: "even" };
  for (const tip of new Set([on.target, on.tip])) if (await isAncestor(git, seen.commit, tip)) return { kind: "even" };
  const now = await bring(place, run, { commit: seen.commit, beside: false });
  if (now !== null) return { kind: "followed", commit: seen.commit, place: now };
  const detail = await divergedText(git, on.tip, seen.commit);
  return {
    kind: "failed",
    failure: { reason: "remote-failed", cause: "diverged", remote, target: run.target, detail },
  };
}

/** A commit that the remote has is brought to the target: it waits beside it where that has gone on by itself. */
export async function landPushed(place: Place, run: RunRow, commit: string): Promise<LandingPlace> {
  const there = await bring(place, run, { commit, beside: true });
  return (
    there ?? {
      on: "waiting",
      because: `${run.target} here cannot be moved to what was pushed; git pull brings both together`,
    }
  );
}

/** Null where there are commits here that the remote's do not build on; with `beside` only those that wait count. */
async function bring(
  place: Place,
  run: RunRow,
  { commit, beside }: { readonly commit: string; readonly beside: boolean },
): Promise<LandingPlace | null> {
  const { git, objects } = place;
  const { target } = run;
  const waiting = waitingBranch(target);
  for (let tries = 0; tries < mostTries; tries++) {
    const on = await targetTip(git, objects, target);
    if (on === null) return null;
    if (await isAncestor(git, commit, on.target)) return { on: "target" };
    if (on.waiting !== null && (await isAncestor(git, commit, on.waiting)))
      return { on: "waiting", because: `${target} could not be moved` };
    const forward = await isAncestor(git, on.target, commit);
    if (on.tip === on.target ? !forward && !beside : !(await isAncestor(git, on.tip, commit))) return null;
    const because = forward
      ? await moveForward(place, run, commit, on.target)
      : `${target} has gone on by itself meanwhile`;
    if (because === null) return { on: "target" };
    if ((await resolveRef(git, branchRef(target))) !== on.target) continue;
    if (await swapRef(place, branchRef(waiting), commit, on.waiting)) return { on: "waiting", because };
  }
  return null;
}

async function divergedText(git: Git, here: string, there: string): Promise<string> {
  const { ahead, behind } = await distance(git, here, there);
  return `${plural(ahead, "commit")} only here, ${plural(behind, "commit")} only there`;
}

/** Commits that only the first has, and that only the second has. */
export async function distance(
  git: Git,
  here: string,
  there: string,
): Promise<{ readonly ahead: number; readonly behind: number }> {
  const counted = await git.text(["rev-list", "--count", "--left-right", `${here}...${there}`]);
  const [ahead = 0, behind = 0] = counted.split(/\s+/).map(Number);
  return { ahead, behind };
}
