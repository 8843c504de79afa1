import { join } from "node:path";
import type { Candidate } from "../../domain/change-state.ts";
import type {
  CandidateOutcome,
  LandingOutcome,
  MadeMerge,
  PromotionOutcome,
  RevertOutcome,
} from "../../domain/input.ts";
import type { Waiting } from "../../domain/report.ts";
import { waitingBranch, type RunRow } from "../../domain/run.ts";
import type { BuildRequest, KeepRequest, PromotionRequest, Repository, RevertRequest } from "../../engine/ports.ts";
import { crashPoint } from "../../engine/crash-point.ts";
import { messageOf } from "../../std/operational-error.ts";
import { Git, type CommitIdentity } from "./git.ts";
import type { GitServers } from "./git-servers.ts";
import { branchRef, checkoutOf, isAncestor, isDirty, resolveRef, targetTip, type Checkout } from "./target.ts";
import type { BoxReader } from "../sources/tick-text.ts";
import { buildChain, groundOf, type Base, type Place } from "./build-chain.ts";
import { buildPromotionOf } from "./build-promotion.ts";
import { buildRevertOf } from "./build-revert.ts";
import { keepMergeOf } from "./merge-lock-files.ts";

/** Landings on a local ref, made without a checkout. */
export class GitRepository implements Repository {
  private readonly reader: BoxReader;
  private readonly identityOf: (run: RunRow) => Promise<CommitIdentity>;
  private readonly servers: GitServers;

  constructor(reader: BoxReader, servers: GitServers, identityOf: (run: RunRow) => Promise<CommitIdentity>) {
    this.reader = reader;
    this.servers = servers;
    this.identityOf = identityOf;
  }

  async build(request: BuildRequest): Promise<CandidateOutcome> {
    try {
      return await this.buildCandidate(request);
    } catch (error) {
      return { kind: "impossible", detail: messageOf(error), tip: "" };
    }
  }

  buildRevert(request: RevertRequest): Promise<RevertOutcome> {
    return this.onTarget(request.run, (place, base) => buildRevertOf(place, base, request));
  }

  async keepMerge(request: KeepRequest): Promise<MadeMerge> {
    try {
      return await keepMergeOf(this.at(request.run), await this.identityOf(request.run), request);
    } catch (error) {
      return { kind: "none", detail: messageOf(error) };
    }
  }

  buildPromotion(request: PromotionRequest): Promise<PromotionOutcome> {
    return this.onTarget(request.run, (place, base) => buildPromotionOf(place, base, request));
  }

  private async onTarget(
    run: RunRow,
    build: (place: Place, base: Base) => Promise<RevertOutcome>,
  ): Promise<RevertOutcome> {
    try {
      const place = this.at(run);
      const on = await targetTip(place.git, place.objects, run.target);
      if (on === null) return { kind: "impossible", detail: `branch ${run.target} is gone` };
      const by = await this.identityOf(run);
      const ground = await groundOf(place, on, by);
      if (ground === null) return { kind: "impossible", detail: divergedText(run) };
      return await build(place, { on, ground, by, reader: this.reader });
    } catch (error) {
      return { kind: "impossible", detail: messageOf(error) };
    }
  }

  async land(run: RunRow, candidate: Candidate): Promise<LandingOutcome> {
    try {
      return await landCandidate(this.at(run), run, candidate);
    } catch (error) {
      return { kind: "refused", detail: messageOf(error), tip: candidate.on.tip };
    }
  }

  async deliver(run: RunRow): Promise<Waiting | null> {
    try {
      return await deliverWaiting(this.at(run), run);
    } catch (error) {
      return { branch: waitingBranch(run.target), fastForward: true, because: messageOf(error) };
    }
  }

  private at(run: RunRow): Place {
    const git = new Git({ gitDir: run.repository });
    return { git, objectsDir: join(run.repository, "objects"), ...this.servers.of(run.repository) };
  }

  private async buildCandidate({ run, parts, history }: BuildRequest): Promise<CandidateOutcome> {
    const place = this.at(run);
    const on = await targetTip(place.git, place.objects, run.target);
    if (on === null) return { kind: "impossible", detail: `branch ${run.target} is gone`, tip: "" };
    const by = await this.identityOf(run);
    const ground = await groundOf(place, on, by);
    if (ground === null) return { kind: "impossible", detail: divergedText(run), tip: on.tip };
    return buildChain(place, { on, ground, by, reader: this.reader }, { parts, history });
  }
}

function divergedText({ target }: RunRow): string {
  return `${target} and ${waitingBranch(target)} have diverged and do not merge cleanly`;
}

/** The target's ref moves by compare-and-swap, or by git's own fast-forward where it is checked out clean. */
async function landCandidate(place: Place, run: RunRow, { commit, on }: Candidate): Promise<LandingOutcome> {
  const { git } = place;
  const now = await targetTip(git, place.objects, run.target);
  if (now === null) return { kind: "refused", detail: `branch ${run.target} is gone`, tip: on.tip };
  const moved = now.target !== on.target || now.tip !== on.tip;
  // Observe first: a landing that was interrupted after it was done is done.
  if (moved && (await isAncestor(git, commit, now.target))) return { kind: "landed", place: { on: "target" } };
  if (moved && now.waiting !== null && (await isAncestor(git, commit, now.waiting))) return waitingAgain(run);
  if (moved) return { kind: "moved" };
  // The target has all of it already: nothing is to be moved.
  if (commit === on.target) return { kind: "landed", place: { on: "target" } };
  crashPoint("landing/before-move");
  const checkout = await checkoutOf(run.checkout, run.repository, run.target);
  if (checkout === null) {
    return (await swapRef(place, branchRef(run.target), commit, on.target))
      ? { kind: "landed", place: { on: "target" } }
      : { kind: "moved" };
  }
  const obstacle = (await obstacleIn(checkout, run)) ?? (await fastForward(git, checkout.path, run, commit));
  if (obstacle === null) return { kind: "landed", place: { on: "target" } };
  if ((await resolveRef(git, branchRef(run.target))) !== on.target) return { kind: "moved" };
  return landBeside(place, run, { commit, on }, obstacle);
}

function waitingAgain(run: RunRow): LandingOutcome {
  return { kind: "landed", place: { on: "waiting", because: `${run.target} could not be moved` } };
}

/** Why a checkout must not be touched; null when it may be fast-forwarded. */
async function obstacleIn({ path, busyWith }: Checkout, run: RunRow): Promise<string | null> {
  if (busyWith !== null) return `${run.target} is being ${busyWith} in ${path}`;
  return (await isDirty(path)) ? `${path} has uncommitted changes` : null;
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

async function landBeside(
  place: Place,
  run: RunRow,
  { commit, on }: Pick<Candidate, "commit" | "on">,
  because: string,
): Promise<LandingOutcome> {
  const swapped = await swapRef(place, branchRef(waitingBranch(run.target)), commit, on.waiting);
  return swapped ? { kind: "landed", place: { on: "waiting", because } } : { kind: "moved" };
}

/** False when the ref was not at `from` any more; null stands for "not there". */
async function swapRef({ git, refs }: Place, ref: string, to: string, from: string | null): Promise<boolean> {
  try {
    await refs.swap(ref, to, from);
    crashPoint("landing/swapped");
    return true;
  } catch (error) {
    if ((await resolveRef(git, ref)) !== from) return false;
    throw error;
  }
}

/** Brings what waits to the target when its checkout has become clean, and drops the waiting branch once it holds nothing more. */
async function deliverWaiting(place: Place, run: RunRow): Promise<Waiting | null> {
  const { git, objects } = place;
  const on = await targetTip(git, objects, run.target);
  if (on === null || on.waiting === null) return null;
  const branch = waitingBranch(run.target);
  if (on.tip !== on.target) {
    const fastForward = await isAncestor(git, on.target, on.waiting);
    if (!fastForward) return { branch, fastForward, because: `${run.target} has gone on meanwhile` };
    const obstacle = await bringIn(place, run, on.waiting, on.target);
    if (obstacle !== null) return { branch, fastForward, because: obstacle };
  }
  await git.call(["update-ref", "-d", branchRef(branch), on.waiting]);
  return null;
}

/** Null when the target is at `waiting`, else why not. */
async function bringIn(place: Place, run: RunRow, waiting: string, target: string): Promise<string | null> {
  const checkout = await checkoutOf(run.checkout, run.repository, run.target);
  if (checkout !== null) {
    return (await obstacleIn(checkout, run)) ?? fastForward(place.git, checkout.path, run, waiting);
  }
  return (await swapRef(place, branchRef(run.target), waiting, target)) ? null : `${run.target} has moved meanwhile`;
}
