import { holdsSlot } from "../../src/domain/attempt-state.ts";
import { inLane } from "../../src/domain/change-state.ts";
import type { AttemptRow, ChangeRow } from "../../src/domain/rows.ts";
import type { RunRow } from "../../src/domain/run.ts";
import { firstOf, groupBy, type Facts } from "./facts.ts";

/** Whatever waits for an answer has asked for it, and nothing else is asked for: no effect is lost, none is left over. */
export function effectsMatchStates({ attempts, changes, effects }: Facts): string | null {
  const pending = new Set(effects.map(({ id }) => id));
  const wanted = new Set([
    ...attempts.flatMap(wantedByAttempt),
    ...changes.flatMap((one) => wantedByChange(one, pending)),
  ]);
  const lost = [...wanted].find((id) => !pending.has(id));
  if (lost !== undefined) return `${lost} is waited for, and nobody was asked for it`;
  const left = [...pending].find((id) => /^(start-attempt|build-candidate|run-gate|land):/.test(id) && !wanted.has(id));
  return left === undefined ? null : `${left} is asked for, and nothing waits for it`;
}

function wantedByAttempt({ id, state }: AttemptRow): string[] {
  return holdsSlot(state) ? [`start-attempt:${id}`] : [];
}

function wantedByChange({ id, state }: ChangeRow, pending: ReadonlySet<string>): string[] {
  const base = `run-gate:${id}:base`;
  if (state.status === "gating") return [pending.has(base) ? base : `run-gate:${id}:candidate`];
  if (state.status === "landing") return [`land:${id}`];
  return inLane(state) ? [`build-candidate:${id}`] : [];
}

/** No work waits while there is a worker for it, and a run at rest is being wrapped up. */
export function nothingWaitsInVain({ runs, tasks, attempts, changes, effects }: Facts): string | null {
  const tasksOf = groupBy(tasks, ({ run }) => run);
  return firstOf(runs, (run) => {
    if (run.state.status !== "active") return null;
    const own = tasksOf.get(run.id) ?? [];
    const live = attempts.filter((attempt) => attempt.run === run.id && holdsSlot(attempt.state)).length;
    const looksAgain = effects.some((effect) => effect.kind === "wait" && effect.run === run.id);
    if (live < run.settings.workers) {
      const idle = own.find(({ state }) => state.status === "queued" && (state.notBefore === null || !looksAgain));
      if (idle !== undefined) return `${run.id}/${idle.id} waits, and ${run.settings.workers - live} workers are free`;
    }
    const goesOn = live > 0 || own.some(({ state }) => ["queued", "running", "paused"].includes(state.status));
    if (goesOn || changes.some((change) => change.run === run.id && moves(change))) return null;
    return wrapsUp(run, effects);
  });
}

function moves({ state }: ChangeRow): boolean {
  return state.status === "offered" || inLane(state);
}

function wrapsUp(run: RunRow, effects: Facts["effects"]): string | null {
  const asked = effects.some((effect) => effect.kind === "wrap-up" && effect.run === run.id);
  return asked ? null : `nothing of ${run.id} goes on, and it is not being wrapped up`;
}
