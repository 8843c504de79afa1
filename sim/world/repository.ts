import { gateKeyOf } from "../../src/engine/perform.ts";
import type { Candidate, TargetTip, TickOutcome } from "../../src/domain/change-state.ts";
import type { CandidateOutcome, LandingOutcome } from "../../src/domain/input.ts";
import type { BoxAnchor } from "../../src/domain/plan.ts";
import type { Waiting } from "../../src/domain/report.ts";
import { waitingBranch, type RunRow } from "../../src/domain/run.ts";
import type { BuildRequest, Repository } from "../../src/engine/ports.ts";
import type { Tree } from "./git-model.ts";
import type { Life } from "./life.ts";
import type { World } from "./world.ts";

/** Landings as the git adapter makes them, with a pause wherever a person's git may come between two of its own. */
export class SimulatedRepository implements Repository {
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  async build(request: BuildRequest): Promise<CandidateOutcome> {
    const { run, change, tick } = request;
    const { git } = this.world;
    await this.life.pause(`build ${change.id}`);
    const on = this.tipOf(run);
    if (on === null) return { kind: "impossible", detail: `${run.target} is gone`, tip: change.base };
    const base = this.baseOf(on);
    if (base === null) return { kind: "impossible", detail: `${run.target} has diverged`, tip: on.tip };
    const merged = git.merge(base, change.tip);
    if (merged.kind === "conflict") return { ...merged, tip: on.tip };
    const ticked = tick === null ? null : tickTree(merged.tree, git.commit(base).tree, tick);
    const built = ticked?.tree ?? merged.tree;
    if (base === on.tip && sameTree(built, git.commit(base).tree)) {
      await this.life.pause(`build ${change.id}: answer`);
      const there = git.commit(base);
      return {
        kind: "clean",
        candidate: { commit: there.id, tree: there.treeId, on, tick: ticked?.tick ?? "not-asked" },
      };
    }
    const ahead = on.tip === on.target || git.isAncestor(on.target, on.tip);
    const parents = [...new Set([on.tip, ...(ahead ? [] : [on.target]), change.tip])];
    const message = [request.subject, ...request.trailers, Math.floor(request.at / 1_000)].join("\n");
    const { id: commit, treeId } = git.write(built, parents, message);
    const { gate } = run.settings;
    const about = { run: run.id, task: change.task, gate: gate === null ? null : gateKeyOf(gate) };
    this.world.candidates.set(commit, { commit, treeId, ...about });
    await this.life.pause(`build ${change.id}: answer`);
    return { kind: "clean", candidate: { commit, tree: treeId, on, tick: ticked?.tick ?? "not-asked" } };
  }

  async land(run: RunRow, { commit, on }: Candidate): Promise<LandingOutcome> {
    const { git } = this.world;
    await this.life.pause(`land ${commit.slice(0, 8)}: look`);
    const now = this.tipOf(run);
    if (now === null) return { kind: "refused", detail: `${run.target} is gone`, tip: on.tip };
    if (now.target !== on.target || now.tip !== on.tip) {
      // Observe first: a landing that was interrupted after it was done is done.
      if (git.isAncestor(commit, now.target)) return landedOn({ on: "target" });
      if (now.waiting === null || !git.isAncestor(commit, now.waiting)) return { kind: "moved" };
      return landedOn({ on: "waiting", because: "it could not be moved" });
    }
    const checkedOut = this.world.checkout.branch === run.target;
    const obstacle = checkedOut ? this.obstacle() : null;
    await this.life.pause(`land ${commit.slice(0, 8)}: swap`);
    const outcome = this.swapIn(run, { commit, on }, obstacle);
    await this.life.pause(`land ${commit.slice(0, 8)}: answer`);
    return outcome;
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
    return merged.kind === "conflict" ? null : git.write(merged.tree, [target, tip], "Merge what waited").id;
  }
}

function sameTree(a: Tree, b: Tree): boolean {
  return a.size === b.size && [...a].every(([path, value]) => b.get(path) === value);
}

function landedOn(place: Extract<LandingOutcome, { kind: "landed" }>["place"]): LandingOutcome {
  return { kind: "landed", place, note: null };
}

/** The source is the target's own, with one box ticked: a line for each label that is. */
function tickTree(merged: Tree, tip: Tree, box: BoxAnchor): { tree: Tree; tick: TickOutcome } {
  const content = tip.get(box.path);
  if (content === undefined) return { tree: merged, tick: "not-in-target" };
  const labels = content === "" ? [] : content.split("\n");
  if (labels.includes(box.label)) return { tree: merged, tick: "already-ticked" };
  const ticked = [...labels, box.label].sort().join("\n");
  return { tree: new Map([...merged, [box.path, ticked]]), tick: "ticked" };
}
