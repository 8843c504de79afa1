import { join } from "node:path";
import type { Candidate, LandingPlace } from "../../domain/change-state.ts";
import type {
  CandidateOutcome,
  LandingOutcome,
  MadeMerge,
  PromotionOutcome,
  RevertOutcome,
} from "../../domain/input.ts";
import { remoteFailureText } from "../../domain/present/remote-text.ts";
import type { Following } from "../../domain/remote.ts";
import type { Waiting } from "../../domain/report.ts";
import { waitingBranch, type RunRow } from "../../domain/run.ts";
import type { BuildRequest, KeepRequest, PromotionRequest, Repository, RevertRequest } from "../../engine/ports.ts";
import { crashPoint } from "../../engine/crash-point.ts";
import { messageOf } from "../../std/operational-error.ts";
import { Git, type CommitIdentity } from "./git.ts";
import type { GitServers } from "./git-servers.ts";
import { branchRef, isAncestor, resolveRef, targetTip } from "./target.ts";
import type { MarkReader } from "../sources/tick-text.ts";
import { buildChain, groundOf, type Base, type Place } from "./build-chain.ts";
import { buildPromotionOf } from "./build-promotion.ts";
import { buildRevertOf } from "./build-revert.ts";
import { followTo, landPushed } from "./follow-remote.ts";
import { moveForward, swapRef } from "./move-target.ts";
import type { Fetched } from "./remote.ts";
import type { Remotes } from "./remotes.ts";
import { keepMergeOf } from "./merge-lock-files.ts";

export interface RepositoryParts {
  readonly reader: MarkReader;
  readonly servers: GitServers;
  readonly remotes: Remotes;
  readonly identityOf: (run: RunRow) => Promise<CommitIdentity>;
}

/** Landings on a local ref, made without a checkout; where the run has a remote, that has them first. */
export class GitRepository implements Repository {
  private readonly reader: MarkReader;
  private readonly identityOf: (run: RunRow) => Promise<CommitIdentity>;
  private readonly servers: GitServers;
  private readonly remotes: Remotes;

  constructor({ reader, servers, remotes, identityOf }: RepositoryParts) {
    this.reader = reader;
    this.servers = servers;
    this.remotes = remotes;
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
    return this.onTarget(request.run, (place, base) => buildRevertOf(place, base, request), request.at);
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
    at?: string,
  ): Promise<RevertOutcome> {
    try {
      const place = this.at(run);
      const on =
        at === undefined
          ? await targetTip(place.git, place.objects, run.target)
          : { target: at, waiting: null, tip: at };
      if (on === null) return { kind: "impossible", detail: `branch ${run.target} is gone` };
      const by = await this.identityOf(run);
      const ground = await groundOf(place, on, by);
      if (ground === null) return { kind: "impossible", detail: divergedText(run) };
      return await build(place, { on, ground, by, reader: this.reader });
    } catch (error) {
      return { kind: "impossible", detail: messageOf(error) };
    }
  }

  /** `seen`: where the remote was just seen; it is looked at where nothing is given. */
  async follow(run: RunRow, seen?: Fetched): Promise<Following> {
    const { remote } = run.settings.queue;
    if (remote === undefined) return { kind: "even" };
    try {
      return await followTo(this.at(run), run, remote, seen ?? (await this.remotes.fetch(run, remote)));
    } catch (error) {
      const about = { reason: "remote-failed", remote, target: run.target } as const;
      return { kind: "failed", failure: { ...about, cause: "unreachable", detail: messageOf(error) } };
    }
  }

  async land(run: RunRow, candidate: Candidate): Promise<LandingOutcome> {
    try {
      return await landCandidate(this.at(run), run, candidate, this.remotes);
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
async function landCandidate(
  place: Place,
  run: RunRow,
  candidate: Candidate,
  remotes: Remotes,
): Promise<LandingOutcome> {
  const { git } = place;
  const { commit, on } = candidate;
  // What brings nothing new is not pushed.
  const remote = commit === on.tip ? undefined : run.settings.queue.remote;
  const now = await targetTip(git, place.objects, run.target);
  if (now === null) return { kind: "refused", detail: `branch ${run.target} is gone`, tip: on.tip };
  const moved = now.target !== on.target || now.tip !== on.tip;
  // Observe first: a landing that was interrupted after it was done is done.
  if (moved && (await isAncestor(git, commit, now.target))) return landedAt({ on: "target" }, remote);
  if (moved && now.waiting !== null && (await isAncestor(git, commit, now.waiting)))
    return landedAt({ on: "waiting", because: `${run.target} could not be moved` }, remote);
  if (moved && remote !== undefined && (await isThere(place.git, commit, await remotes.fetch(run, remote))))
    return landedAt(await landPushed(place, run, commit), remote);
  if (moved) return { kind: "moved" };
  // The target has all of it already: nothing is to be moved.
  if (commit === on.target) return { kind: "landed", place: { on: "target" } };
  crashPoint("landing/before-move");
  if (remote !== undefined) return landThere(place, run, candidate, { remote, remotes });
  const obstacle = await moveForward(place, run, commit, on.target);
  if (obstacle === null) return { kind: "landed", place: { on: "target" } };
  if ((await resolveRef(git, branchRef(run.target))) !== on.target) return { kind: "moved" };
  return landBeside(place, run, { commit, on }, obstacle);
}

function landedAt(place: LandingPlace, remote: string | undefined): LandingOutcome {
  return { kind: "landed", place, ...(remote === undefined ? {} : { pushedTo: remote }) };
}

/** The remote is asked to take it: what it has is landed, wherever the target here has gone meanwhile. */
async function landThere(
  place: Place,
  run: RunRow,
  { commit, on }: Candidate,
  { remote, remotes }: { readonly remote: string; readonly remotes: Remotes },
): Promise<LandingOutcome> {
  const pushed = await remotes.push(run, remote, commit);
  switch (pushed.kind) {
    case "pushed":
      crashPoint("landing/pushed");
      return landedAt(await landPushed(place, run, commit), remote);
    case "rejected":
      return { kind: "moved", rejectedBy: remote };
    case "failed": {
      const { failure } = pushed;
      return { kind: "refused", detail: remoteFailureText(failure), tip: on.tip, failure };
    }
  }
}

/** The target has moved; the landing may have been pushed all the same, and not been recorded before a crash. */
async function isThere(git: Git, commit: string, seen: Fetched): Promise<boolean> {
  return seen.kind === "fetched" && seen.commit !== null && (await isAncestor(git, commit, seen.commit));
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

/** Brings what waits to the target when its checkout has become clean, and drops the waiting branch once it holds nothing more. */
async function deliverWaiting(place: Place, run: RunRow): Promise<Waiting | null> {
  const { git, objects } = place;
  const on = await targetTip(git, objects, run.target);
  if (on === null || on.waiting === null) return null;
  const branch = waitingBranch(run.target);
  if (on.tip !== on.target) {
    const fastForward = await isAncestor(git, on.target, on.waiting);
    if (!fastForward) return { branch, fastForward, because: `${run.target} has gone on meanwhile` };
    const obstacle = await moveForward(place, run, on.waiting, on.target);
    if (obstacle !== null) return { branch, fastForward, because: obstacle };
  }
  await git.call(["update-ref", "-d", branchRef(branch), on.waiting]);
  return null;
}
