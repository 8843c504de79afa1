import { waitingBranch } from "../../src/domain/run.ts";
import type { Weighted } from "../random.ts";
import { hotPaths, targets, type SimulatedIssue, type World } from "./world.ts";

export interface PersonAct extends Weighted {
  readonly name: string;
  /** False where there is nothing to do. */
  readonly does: (world: World) => boolean;
}

/** What a person does to their own repository while nightcrew works on it. */
export const personActs: readonly PersonAct[] = [
  { name: "commits to a target", weight: 10, does: (world) => commit(world, "good") },
  { name: "breaks a target", weight: 3, does: (world) => commit(world, "bad") },
  { name: "breaks what no gate sees", weight: 1, does: (world) => commit(world, "late") },
  { name: "mends a target", weight: 5, does: mend },
  { name: "merges an agent's branch", weight: 1, does: mergeWork },
  { name: "edits files", weight: 4, does: (world) => setDirty(world, true) },
  { name: "cleans up the checkout", weight: 8, does: (world) => setDirty(world, false) },
  {
    name: "switches branches",
    weight: 4,
    does: ({ checkout, random }) => {
      checkout.branch = random.pick([...targets, "other"]);
      return true;
    },
  },
  {
    name: "begins or ends a rebase",
    weight: 2,
    does: ({ checkout }) => {
      checkout.busyWith = checkout.busyWith === null ? "rebased" : null;
      return true;
    },
  },
  {
    name: "deletes a target",
    weight: 1,
    does: (world) => {
      const target = world.random.pick(targets);
      const tip = world.git.ref(target);
      if (tip === null || world.git.ref("backup") !== null) return false;
      world.git.refs.set("backup", tip);
      world.move(target, null);
      return true;
    },
  },
  { name: "restores a target", weight: 6, does: restore },
  {
    name: "deletes what waits",
    weight: 1,
    does: (world) => {
      const branch = waitingBranch(world.random.pick(targets));
      if (world.git.ref(branch) === null) return false;
      world.move(branch, null);
      return true;
    },
  },
  { name: "pushes to the remote from elsewhere", weight: 8, does: (world) => commitThere(world, "good") },
  { name: "breaks the remote", weight: 1, does: (world) => commitThere(world, "bad") },
  { name: "pushes what is here", weight: 2, does: pushHere },
  { name: "pulls", weight: 4, does: pull },
  { name: "cuts the line to the remote", weight: 2, does: ({ remote }) => set(remote, "down", true) },
  { name: "mends the line to the remote", weight: 6, does: ({ remote }) => set(remote, "down", false) },
  { name: "protects the remote", weight: 0.5, does: ({ remote }) => set(remote, "refuses", true) },
  { name: "lets others push to the remote", weight: 6, does: ({ remote }) => set(remote, "refuses", false) },
  { name: "cuts the line to the tracker", weight: 0.5, does: (world) => setAway(world, true) },
  { name: "mends the line to the tracker", weight: 10, does: (world) => setAway(world, false) },
  {
    name: "closes an issue",
    weight: 0.5,
    does: (world) =>
      changeIssue(world, (issue) => Object.assign(issue, { status: "closed", holder: null, closedFor: null })),
  },
  {
    name: "takes an issue",
    weight: 0.5,
    does: (world) =>
      changeIssue(world, (issue) =>
        Object.assign(issue, { status: "in_progress", holder: "a person", closedFor: null }),
      ),
  },
  {
    name: "opens an issue",
    weight: 2,
    does: (world) =>
      changeIssue(world, (issue) =>
        Object.assign(issue, { status: "open", holder: null, closedFor: null, leftBy: null }),
      ),
  },
  {
    name: "deletes an issue",
    weight: 0.2,
    does: (world) => changeIssue(world, ({ id }) => world.issues.delete(id)),
  },
  {
    name: "takes back the last commit",
    weight: 1,
    does: (world) => {
      const target = world.random.pick(targets);
      const tip = world.git.ref(target);
      const parent = tip === null ? undefined : world.git.commit(tip).parents[0];
      if (parent === undefined) return false;
      world.move(target, parent);
      return true;
    },
  },
];

function changeIssue({ random, issues }: World, change: (issue: SimulatedIssue) => void): boolean {
  if (issues.size === 0) return false;
  change(random.pick([...issues.values()]));
  return true;
}

function setAway(world: World, away: boolean): boolean {
  if (world.trackerAway === away) return false;
  world.trackerAway = away;
  return true;
}

/** In the end a person leaves everything as nightcrew can work with it. */
export function tidyUp(world: World): void {
  world.checkout.dirty = false;
  world.checkout.busyWith = null;
  world.remote.down = false;
  world.remote.refuses = false;
  world.trackerAway = false;
  restore(world);
}

function set(remote: World["remote"], what: "down" | "refuses", value: boolean): boolean {
  if (remote[what] === value) return false;
  remote[what] = value;
  return true;
}

/** Somebody else, who knows nothing of what is only here. */
function commitThere({ remote, random, git, time }: World, trait: string): boolean {
  const target = random.pick(targets);
  const tip = remote.refs.get(target);
  if (tip === undefined || remote.down) return false;
  const path = random.pick([...hotPaths, "src/of-others"]);
  const tree = new Map(git.commit(tip).tree).set(path, `${trait}:others at ${time.monotonic}`);
  remote.refs.set(target, git.write(tree, [tip], "From elsewhere").id);
  return true;
}

function pushHere({ remote, random, git }: World): boolean {
  const target = random.pick(targets);
  const [here, there] = [git.ref(target), remote.refs.get(target)];
  if (here === null || remote.down || there === here) return false;
  if (there !== undefined && !git.isAncestor(there, here)) return false;
  remote.refs.set(target, here);
  return true;
}

function pull(world: World): boolean {
  const { remote, random, git } = world;
  const target = random.pick(targets);
  const [here, there] = [git.ref(target), remote.refs.get(target)];
  if (here === null || there === undefined || remote.down || git.isAncestor(there, here)) return false;
  if (git.isAncestor(here, there)) world.move(target, there);
  else {
    const merged = git.merge(here, there);
    if (merged.kind === "conflict") return false;
    world.move(target, git.write(merged.tree, [here, there], "Merge the remote").id);
  }
  return true;
}

function commit(world: World, trait: string): boolean {
  const target = world.random.pick(targets);
  const tip = world.git.ref(target);
  if (tip === null) return false;
  const path = world.random.pick([...hotPaths, "src/of-person"]);
  const tree = new Map(world.git.commit(tip).tree).set(path, `${trait}:person at ${world.time.monotonic}`);
  world.move(target, world.git.write(tree, [tip], "By hand").id);
  return true;
}

/** Makes everything good that is not. */
function mend(world: World): boolean {
  const target = world.random.pick(targets);
  const tip = world.git.ref(target);
  if (tip === null) return false;
  const { tree } = world.git.commit(tip);
  const mended = new Map(
    [...tree].map(([path, value]) => [path, value.replace(/^(bad|ugly|left|right|late):/, "good:")]),
  );
  world.move(target, world.git.write(mended, [tip], "Mend").id);
  return true;
}

/** By hand, whether it is on its way in or not. */
function mergeWork(world: World): boolean {
  const { git, random } = world;
  const target = random.pick(targets);
  const tip = git.ref(target);
  const branches = [...git.refs.keys()].filter((name) => /^nightcrew\/.*\/t\d+-\d+$/.test(name));
  const work = tip === null || branches.length === 0 ? null : git.ref(random.pick(branches));
  const merged = tip === null || work === null ? null : git.merge(tip, work);
  if (tip === null || work === null || merged?.kind !== "clean") return false;
  world.move(target, git.write(merged.tree, [tip, work], "Merge by hand").id);
  return true;
}

function setDirty({ checkout }: World, dirty: boolean): boolean {
  if (checkout.dirty === dirty) return false;
  checkout.dirty = dirty;
  return true;
}

function restore(world: World): boolean {
  const backup = world.git.ref("backup");
  const target = targets.find((branch) => world.git.ref(branch) === null);
  world.git.refs.delete("backup");
  if (backup === null || target === undefined) return false;
  world.move(target, backup);
  return true;
}
