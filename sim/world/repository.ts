import type { Candidate, LandingPlace, Link, TargetTip, TickOutcome } from "../../src/domain/change-state.ts";
import type {
  CandidateOutcome,
  LandingOutcome,
  Left,
  MadeMerge,
  PromotionOutcome,
  RevertOutcome,
} from "../../src/domain/input.ts";
import type { RemoteFailure } from "../../src/domain/failure.ts";
import type { MarkAnchor } from "../../src/domain/plan.ts";
import type { Following } from "../../src/domain/remote.ts";
import type { Waiting } from "../../src/domain/report.ts";
import { attemptBranch, attemptNumber, waitingBranch, type AttemptId, type RunRow } from "../../src/domain/run.ts";
import type {
  BuildPart,
  BuildRequest,
  KeepRequest,
  PromotionRequest,
  Repository,
  RevertRequest,
} from "../../src/engine/ports.ts";
import type { Commit, Tree } from "./git-model.ts";
import type { Life } from "./life.ts";
import { gateKeyOf, type World } from "./world.ts";

interface Built {
  readonly commit: Commit;
  readonly change?: AttemptId;
  readonly lands: boolean;
  readonly undoes?: string;
  readonly promotes?: boolean;
}

/** Landings as the git adapter makes them, with a pause wherever a person's git may come between two of its own. */
export class SimulatedRepository implements Repository {
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  async build({ run, parts, history }: BuildRequest): Promise<CandidateOutcome> {
    const { git } = this.world;
    const label = `build ${parts.map(({ change }) => change.id).join(" ")}`;
    await this.life.pause(label);
    const on = this.tipOf(run);
    if (on === null) return { kind: "impossible", detail: `${run.target} is gone`, tip: "" };
    const ground = this.baseOf(on);
    if (ground === null) return { kind: "impossible", detail: `${run.target} has diverged`, tip: on.tip };
    const diverged = on.tip !== on.target && !git.isAncestor(on.target, on.tip);
    const onto = diverged ? [on.tip, on.target] : [on.tip];
    const direct = history === "every-change" || parts.length === 1;
    const links: Link[] = [];
    const left: Left[] = [];
    const made: Commit[] = [];
    let last = git.commit(ground);
    for (const part of parts) {
      const { change, ticks } = part;
      const merged = git.merge(last.id, change.tip);
      if (merged.kind === "conflict") {
        left.push(this.leftOf(part, ground, merged.paths));
        continue;
      }
      const { tree, tick } = tickAll(merged.tree, last.tree, ticks);
      if (sameTree(tree, last.tree)) {
        const merge = git.mergeOf(change.tip, ground);
        const about = { change: change.id, tick };
        if (merge !== null) links.push({ ...about, commit: merge, there: "merged" });
        else if (made.length === 0 || this.isIn(ground, change.tip))
          links.push({ ...about, commit: on.tip, there: "done" });
        else left.push({ change: change.id, paths: [], with: "others" });
        continue;
      }
      const parents = made.length === 0 && direct ? onto : [last.id];
      const message = [part.subject, ...part.trailers, part.at].join("\n");
      last = git.write(tree, [...new Set([...parents, change.tip])], message);
      made.push(last);
      this.built(run, { commit: last, change: change.id, lands: direct });
      links.push({ change: change.id, commit: last.id, tick });
    }
    await this.life.pause(`${label}: answer`);
    if (made.length === 0) {
      const { id: commit, treeId: tree } = last;
      if (commit !== on.tip) this.built(run, { commit: last, lands: true });
      return { kind: "built", candidate: { commit, tree, on, links }, left };
    }
    const alone = direct || (made.length === 1 && ground === on.tip);
    const landing = alone ? last : git.write(last.tree, [...onto, last.id], `Land ${made.length}`);
    this.built(run, { commit: landing, lands: true });
    return { kind: "built", candidate: { commit: landing.id, tree: landing.treeId, on, links }, left };
  }

  /** All of a change was done by others already. */
  private isIn(ground: string, tip: string): boolean {
    const { git } = this.world;
    const merged = git.merge(ground, tip);
    return merged.kind === "clean" && sameTree(merged.tree, git.commit(ground).tree);
  }

  /** Where only lock files that a tool makes are in conflict, both are merged for it. */
  private leftOf(
    { change: { id: change, tip }, lockFiles }: BuildPart,
    ground: string,
    paths: readonly string[],
  ): Left {
    const alone = this.world.git.merge(ground, tip);
    if (alone.kind === "clean") return { change, paths, with: "others" };
    if (!alone.paths.every((path) => lockFiles.some((rule) => rule.path === path)))
      return { change, paths: alone.paths, with: "target" };
    const merge = this.world.git.write(alone.tree, [tip, ground], "Merge what landed meanwhile").id;
    return { change, paths: alone.paths, with: "lock-files", merge };
  }

  async keepMerge({ change, merge, tree }: KeepRequest): Promise<MadeMerge> {
    const { git } = this.world;
    await this.life.pause(`keep ${change.id}`);
    const { parents, message } = git.commit(merge);
    const tip = git.write(git.commit(tree).tree, parents, message).id;
    const branch = attemptBranch(change.run, change.task, attemptNumber(change.id));
    const now = git.ref(branch);
    if (now !== tip && now !== change.tip) return { kind: "none", detail: "its branch was moved" };
    git.refs.set(branch, tip);
    await this.life.pause(`keep ${change.id}: answer`);
    return { kind: "kept", tip };
  }

  /** Remembers what a commit brings, and by which gate it has to be passed where it comes into the target's line. */
  private built(run: RunRow, { commit, change, lands, undoes, promotes }: Built): void {
    const { id, treeId } = commit;
    const before = this.world.candidates.get(id);
    const { gate } = run.settings;
    this.world.candidates.set(id, {
      commit: id,
      treeId,
      change: before?.change ?? change ?? null,
      gate: gate === null ? null : gateKeyOf(gate),
      lands: lands || before?.lands === true,
      // What is promoted may mend the target.
      validated: promotes !== true && run.settings.queue.validation?.rollback === true,
      undoes: undoes ?? before?.undoes ?? null,
      pushed: run.settings.queue.remote !== undefined && before?.pushed !== false,
    });
  }

  async buildRevert({ run, change, commit, ticks, at }: RevertRequest): Promise<RevertOutcome> {
    const { git } = this.world;
    await this.life.pause(`undo ${change}`);
    const on = at === undefined ? this.tipOf(run) : { target: at, waiting: null, tip: at };
    if (on === null) return { kind: "impossible", detail: `${run.target} is gone` };
    const ground = this.baseOf(on);
    if (ground === null) return { kind: "impossible", detail: `${run.target} has diverged` };
    if (!git.isAncestor(commit, ground)) return { kind: "impossible", detail: `${commit} is not there` };
    const before = git.commit(git.commit(commit).parents[0] ?? commit);
    const sources = ticks.flatMap(({ path }) => {
      const source = git.commit(commit).tree.get(path);
      return source === undefined ? [] : [[path, source] as const];
    });
    const undone = new Map([...before.tree, ...sources]);
    const merged = git.merge(ground, git.write(undone, [commit], "What there was before").id);
    if (merged.kind === "conflict") return merged;
    const { tree: now } = git.commit(ground);
    let { tree } = merged;
    for (const mark of ticks) tree = clearTick(tree, mark === ticks[0] ? now : tree, mark);
    await this.life.pause(`undo ${change}: answer`);
    const links = [{ change, commit, tick: "not-asked" as const }];
    if (sameTree(tree, now))
      return { kind: "built", candidate: { commit: on.tip, tree: git.commit(on.tip).treeId, on, links } };
    const diverged = on.tip !== on.target && !git.isAncestor(on.target, on.tip);
    const made = git.write(tree, diverged ? [on.tip, on.target] : [on.tip], `Undo ${commit}`);
    if (at === undefined) this.built(run, { commit: made, lands: true, undoes: commit });
    return { kind: "built", candidate: { commit: made.id, tree: made.treeId, on, links } };
  }

  async buildPromotion({ run, commit, subject }: PromotionRequest): Promise<PromotionOutcome> {
    const { git } = this.world;
    await this.life.pause(`promote ${commit.slice(0, 8)}`);
    const on = this.tipOf(run);
    if (on === null) return { kind: "impossible", detail: `${run.target} is gone` };
    const ground = this.baseOf(on);
    if (ground === null) return { kind: "impossible", detail: `${run.target} has diverged` };
    const built = (id: string): PromotionOutcome => ({
      kind: "built",
      candidate: { commit: id, tree: git.commit(id).treeId, on, links: [] },
    });
    await this.life.pause(`promote ${commit.slice(0, 8)}: answer`);
    if (git.isAncestor(commit, on.tip)) return built(on.tip);
    if (git.isAncestor(on.tip, commit) && git.isAncestor(on.target, commit)) return built(commit);
    const merged = git.merge(ground, commit);
    if (merged.kind === "conflict") return merged;
    const diverged = on.tip !== on.target && !git.isAncestor(on.target, on.tip);
    const made = git.write(merged.tree, [...(diverged ? [on.tip, on.target] : [on.tip]), commit], subject);
    this.built(run, { commit: made, lands: true, promotes: true });
    return built(made.id);
  }

  async land(run: RunRow, candidate: Candidate): Promise<LandingOutcome> {
    const { git, remote } = this.world;
    const { commit, on } = candidate;
    // What brings nothing new is not pushed.
    const pushedTo = commit === on.tip ? undefined : run.settings.queue.remote;
    await this.life.pause(`land ${commit.slice(0, 8)}: look`);
    const now = this.tipOf(run);
    if (now === null) return { kind: "refused", detail: `${run.target} is gone`, tip: on.tip };
    if (now.target !== on.target || now.tip !== on.tip) {
      // Observe first: a landing that was interrupted after it was done is done.
      if (git.isAncestor(commit, now.target)) return landedOn({ on: "target" }, pushedTo);
      if (now.waiting !== null && git.isAncestor(commit, now.waiting))
        return landedOn({ on: "waiting", because: "it could not be moved" }, pushedTo);
      const there = remote.refs.get(run.target);
      const isThere = pushedTo !== undefined && !remote.down && there !== undefined && git.isAncestor(commit, there);
      return isThere ? this.bringPushed(run, commit) : { kind: "moved" };
    }
    if (pushedTo !== undefined) return this.landThere(run, candidate);
    const checkedOut = this.world.checkout.branch === run.target;
    const obstacle = checkedOut ? this.obstacle() : null;
    await this.life.pause(`land ${commit.slice(0, 8)}: swap`);
    const outcome = this.swapIn(run, { commit, on }, obstacle);
    await this.life.pause(`land ${commit.slice(0, 8)}: answer`);
    return outcome;
  }

  async follow(run: RunRow): Promise<Following> {
    const { git, remote } = this.world;
    await this.life.pause(`fetch ${run.target}`);
    if (remote.down) return failed(run, "unreachable");
    const seen = remote.refs.get(run.target);
    const on = this.tipOf(run);
    if (seen === undefined || on === null) return { kind: "even" };
    if (git.isAncestor(seen, on.target) || git.isAncestor(seen, on.tip)) return { kind: "even" };
    await this.life.pause(`follow to ${seen.slice(0, 8)}: move`);
    const place = this.bring(run, seen, false);
    await this.life.pause(`follow to ${seen.slice(0, 8)}: answer`);
    return place === null ? failed(run, "diverged") : { kind: "followed", commit: seen, place };
  }

  /** What the remote has comes to the target, or beside it; null where both have gone their own ways. */
  private bring(run: RunRow, commit: string, beside: boolean): LandingPlace | null {
    const { git, checkout } = this.world;
    const on = this.tipOf(run);
    if (on === null) return null;
    if (git.isAncestor(commit, on.target)) return { on: "target" };
    if (on.waiting !== null && git.isAncestor(commit, on.waiting)) return { on: "waiting", because: "it waited" };
    const forward = git.isAncestor(on.target, commit);
    if (on.tip === on.target ? !forward && !beside : !git.isAncestor(on.tip, commit)) return null;
    const obstacle = checkout.branch === run.target ? this.obstacle() : null;
    const because = forward ? obstacle : "it has gone on";
    if (because === null) {
      this.world.swap(run.target, commit, on.target);
      return { on: "target" };
    }
    this.world.swap(waitingBranch(run.target), commit, on.waiting);
    return { on: "waiting", because };
  }

  /** The remote first, then the target. */
  private async landThere(run: RunRow, { commit, on }: Candidate): Promise<LandingOutcome> {
    const { git, remote, random } = this.world;
    await this.life.pause(`push ${commit.slice(0, 8)}`);
    if (remote.down) {
      if (random.chance(0.3) && this.world.push(run.target, commit)) remote.unanswered.add(commit);
      return refused(run, "unreachable", on.tip);
    }
    const before = remote.refs.get(run.target);
    const there = before !== undefined && git.isAncestor(commit, before);
    if (!there && remote.refuses) return refused(run, "refused", on.tip);
    if (!there && !this.world.push(run.target, commit)) return { kind: "moved", rejectedBy: "origin" };
    remote.unanswered.delete(commit);
    return this.bringPushed(run, commit);
  }

  private async bringPushed(run: RunRow, commit: string): Promise<LandingOutcome> {
    await this.life.pause(`pushed ${commit.slice(0, 8)}: answer`);
    const place = this.bring(run, commit, true);
    if (place === null) this.world.remote.onlyThere.add(commit);
    await this.life.pause(`land ${commit.slice(0, 8)}: answer`);
    return landedOn(place ?? { on: "waiting", because: "it is only there" }, run.settings.queue.remote);
  }

  async deliver(run: RunRow): Promise<Waiting | null> {
    const { git } = this.world;
    await this.life.pause(`deliver to ${run.target}`);
    const on = this.tipOf(run);
    if (on === null || on.waiting === null) return null;
    const branch = waitingBranch(run.target);
    if (on.tip !== on.target) {
      const fastForward = git.isAncestor(on.target, on.waiting);
      if (!fastForward) return { branch, fastForward, because: `${run.target} has gone on` };
      const obstacle = this.world.checkout.branch === run.target ? this.obstacle() : null;
      if (obstacle !== null) return { branch, fastForward, because: obstacle };
      await this.life.pause(`deliver to ${run.target}: swap`);
      if (!this.world.swap(run.target, on.waiting, on.target)) return { branch, fastForward, because: "it moved" };
    }
    await this.life.pause(`deliver to ${run.target}: remove ${branch}`);
    this.world.swap(branch, null, on.waiting);
    return null;
  }

  private swapIn(
    run: RunRow,
    { commit, on }: Pick<Candidate, "commit" | "on">,
    obstacle: string | null,
  ): LandingOutcome {
    // git's own fast-forward refuses a checkout that was made dirty a moment ago.
    const because = obstacle ?? (this.world.checkout.branch === run.target ? this.obstacle() : null);
    if (because === null) {
      return this.world.swap(run.target, commit, on.target) ? landedOn({ on: "target" }) : { kind: "moved" };
    }
    if (this.world.git.ref(run.target) !== on.target) return { kind: "moved" };
    const swapped = this.world.swap(waitingBranch(run.target), commit, on.waiting);
    return swapped ? landedOn({ on: "waiting", because }) : { kind: "moved" };
  }

  private obstacle(): string | null {
    const { dirty, busyWith } = this.world.checkout;
    return busyWith ?? (dirty ? "uncommitted changes" : null);
  }

  private tipOf({ target: branch }: RunRow): TargetTip | null {
    const { git } = this.world;
    const [target, waiting] = [git.ref(branch), git.ref(waitingBranch(branch))];
    if (target === null) return null;
    const ahead = waiting !== null && !git.isAncestor(waiting, target);
    return { target, waiting, tip: ahead ? waiting : target };
  }

  /** Where a person has gone on with the target while landings wait beside it, both are merged first. */
  private baseOf({ target, tip }: TargetTip): string | null {
    const { git } = this.world;
    if (tip === target || git.isAncestor(target, tip)) return tip;
    const merged = git.merge(target, tip);
    return merged.kind === "conflict" ? null : git.write(merged.tree, [tip, target], "Merge what waited").id;
  }
}

function sameTree(a: Tree, b: Tree): boolean {
  return a.size === b.size && [...a].every(([path, value]) => b.get(path) === value);
}

function landedOn(place: LandingPlace, pushedTo?: string): LandingOutcome {
  return { kind: "landed", place, ...(pushedTo === undefined ? {} : { pushedTo }) };
}

function failureOf({ target }: RunRow, cause: RemoteFailure["cause"]): RemoteFailure {
  return { reason: "remote-failed", cause, remote: "origin", target, detail: cause };
}

function failed(run: RunRow, cause: RemoteFailure["cause"]): Following {
  return { kind: "failed", failure: failureOf(run, cause) };
}

function refused(run: RunRow, cause: RemoteFailure["cause"], tip: string): LandingOutcome {
  return { kind: "refused", detail: cause, tip, failure: failureOf(run, cause) };
}

/** The source is the target's own, without one label. */
function clearTick(merged: Tree, tip: Tree, box: MarkAnchor): Tree {
  const content = tip.get(box.path);
  if (content === undefined) return merged;
  const labels = content.split("\n").filter((label) => label !== box.label);
  return new Map([...merged, [box.path, labels.join("\n")]]);
}

function tickAll(merged: Tree, tip: Tree, marks: readonly MarkAnchor[]): { tree: Tree; tick: TickOutcome } {
  let done: { tree: Tree; tick: TickOutcome } = { tree: merged, tick: "not-asked" };
  for (const mark of marks) done = tickTree(done.tree, done.tick === "ticked" ? done.tree : tip, mark);
  return done;
}

/** The source is the target's own, with one box ticked: a line for each label that is. */
function tickTree(merged: Tree, tip: Tree, box: MarkAnchor): { tree: Tree; tick: TickOutcome } {
  const content = tip.get(box.path);
  if (content === undefined) return { tree: merged, tick: "not-in-target" };
  const labels = content === "" ? [] : content.split("\n");
  if (labels.includes(box.label)) return { tree: merged, tick: "already-ticked" };
  const ticked = [...labels, box.label].sort().join("\n");
  return { tree: new Map([...merged, [box.path, ticked]]), tick: "ticked" };
}
