import { isLanded } from "../../src/domain/change-state.ts";
import { waitingBranch } from "../../src/domain/run.ts";
import { firstOf, type Facts } from "./facts.ts";

/** The target, and what waits beside it, only ever move to a tree whose gate passed. */
export function gatedOnly({ git }: Facts): string | null {
  return firstOf(git.moves, (move) =>
    firstOf(git.added(move), ({ commit, built, gated }) => {
      if (!built && !git.discarded(commit))
        return `${move.branch} got ${commit.slice(0, 8)}, which was not built for it`;
      return gated ? null : `${move.branch} got ${commit.slice(0, 8)}, and no gate passed on its tree`;
    }),
  );
}

/** What lands with a remote is there first; and what a landing says is there, is. */
export function pushedFirst({ git, changes }: Facts): string | null {
  const early = firstOf(git.moves, ({ branch, to, there }) => {
    if (there === true || to === null || !git.pushed(to) || git.isThere(to)) return null;
    return `${branch} got ${to.slice(0, 8)}, which the remote does not have`;
  });
  if (early !== null || git.moves.length === 0) return early;
  return firstOf(changes, ({ id, state }) => {
    if (!isLanded(state) || state.landing.pushedTo === undefined || git.isThere(state.landing.tip)) return null;
    return `${id} is said to be pushed, and the remote does not have ${state.landing.tip.slice(0, 8)}`;
  });
}

/** Where a run looks at the target after each landing, it lands nothing more on one that is broken, but for repairs. */
export function greenGround({ git }: Facts): string | null {
  return firstOf(git.moves, (move) =>
    firstOf(git.added(move), ({ commit, onRed }) =>
      onRed ? `${move.branch} got ${commit.slice(0, 8)}, and was broken before` : null,
    ),
  );
}

/** What is on a branch is never taken off it, and a branch is removed only when another one has all of it. */
export function neverBackwards({ git }: Facts): string | null {
  return firstOf(git.moves, ({ branch, from, to }) => {
    if (from === null) return null;
    if (to !== null) return git.isAncestor(from, to) ? null : `${branch} was moved off ${from.slice(0, 8)}`;
    // Also one that no run has: what is promoted waits beside it.
    const beside = waitingBranch("");
    const tip = branch.startsWith(beside) ? git.ref(branch.slice(beside.length)) : null;
    const kept = git.discarded(from) || (tip !== null && git.isAncestor(from, tip));
    return kept ? null : `${branch} was removed, and held what the target has not`;
  });
}

/**
 * Each change lands once, and so does each task, but for what arrived unheard: of that a person may have had the task done
 * again. What is called completed is there.
 */
export function landsOnce({ tasks, runs, git }: Facts): string | null {
  if (git.moves.length > 0) {
    const landings = git.landings();
    const heard = landings.filter(({ unheard }) => !unheard);
    const twice = repeated(landings.map(({ change }) => change)) ?? repeated(heard.map(({ change }) => taskOf(change)));
    if (twice !== null) return `${twice} landed more than once`;
  }
  return firstOf(tasks, ({ run, id, state }) => {
    if (state.status !== "completed" || state.commit === null) return null;
    const target = runs.find((one) => one.id === run)?.target ?? "";
    return git.accountedFor(target, state.commit) ? null : `${run}/${id} is completed, and is not in ${target}`;
  });
}

function repeated(names: readonly string[]): string | null {
  return names.find((name, index) => names.indexOf(name) !== index) ?? null;
}

function taskOf(change: string): string {
  return change.replace(/-\d+$/, "");
}
