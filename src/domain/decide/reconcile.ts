import { defaultCollisionMode } from "../collisions/collision-mode.ts";
import { collisionsOf } from "../collisions/collisions.ts";
import type { Input } from "../input.ts";
import { newTask } from "../new-task.ts";
import { mayBeDropped } from "../source-changes.ts";
import { waitingState } from "../task-state.ts";
import type { Draft } from "./draft.ts";

/** A source says something else than the run knows. What nobody began and it has no more is cancelled; what is new waits for a person. */
export function sourceChanged(
  draft: Draft,
  { source, seen, added, dropped, edited }: Extract<Input, { type: "source.changed" }>,
): void {
  const { changes = {} } = draft.run;
  if (draft.run.state.status === "finished" || changes[source]?.seen === seen) return draft.unchanged();
  const cancelled = dropped.filter((id) => {
    const task = draft.find(id);
    return task !== null && mayBeDropped(task);
  });
  draft.putRun({ ...draft.run, changes: { ...changes, [source]: { seen, added: added.length } } });
  const others = edited.length === 0 ? {} : { edited };
  draft.emit(null, { type: "source.changed", source, added, dropped: cancelled, ...others });
  for (const id of cancelled) draft.cancel(id);
}

/** A person takes over what is new: tasks that the run has already are left as they are. */
export function extendRun(draft: Draft, { tasks, tree }: Extract<Input, { type: "run.extend" }>): void {
  if (draft.run.state.status === "finished") return draft.refuse({ reason: "run-finished" });
  const before = draft.slice.tasks;
  const fresh = tasks.filter(({ id }) => draft.find(id) === null);
  if (fresh.length === 0) return draft.unchanged();
  const mode = draft.run.settings.collisions ?? defaultCollisionMode;
  const { shares } = collisionsOf([...before.map(({ planned }) => planned), ...fresh], tree, mode);
  for (const [index, planned] of fresh.entries()) {
    const row = newTask(draft.run.id, planned, before.length + index, shares.get(planned.id));
    const unmet = new Set(planned.dependsOn.filter((id) => draft.find(id)?.state.status !== "completed")).size;
    draft.putTask(unmet === row.unmet ? row : { ...row, unmet, state: waitingState(unmet) });
  }
  // Of those that are over as well: they may be tried again.
  for (const { id } of before) share(draft, id, shares.get(id) ?? []);
  draft.reshare();
  draft.emit(null, { type: "run.extended", tasks: fresh.map(({ id }) => id) });
}

function share(draft: Draft, id: string, shares: readonly number[]): void {
  const { shares: _, ...task } = draft.task(id);
  draft.putTask(shares.length === 0 ? task : { ...task, shares });
}
