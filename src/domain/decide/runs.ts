import type { RunRow } from "../run.ts";
import type { TaskRow } from "../rows.ts";
import type { Draft } from "./draft.ts";
import { isQuiet, startReady } from "./schedule.ts";

export function submitRun(draft: Draft, run: RunRow, tasks: readonly TaskRow[]): void {
  draft.putRun(run);
  draft.emit(null, {
    type: "run.submitted",
    tasks: tasks.length,
    workers: run.settings.workers,
    target: run.target,
  });
  for (const task of tasks) draft.putTask(task);
  const ready = tasks.filter((task) => task.state.status === "queued").sort((a, b) => a.order - b.order);
  startReady(draft, ready);
}

/** Stops what is running; its tasks go back to the queue and wait for `resume`. Idempotent. */
export function interruptRun(draft: Draft): void {
  if (draft.run.state.status !== "active") return;
  draft.putRun({ ...draft.run, state: { status: "interrupted" } });
  draft.emit(null, { type: "run.interrupted" });
  stopWork(draft);
}

function stopWork(draft: Draft): void {
  for (const attempt of draft.slice.live) {
    draft.ask({ kind: "stop-attempt", id: `stop-attempt:${attempt.id}`, attempt: attempt.id });
  }
  if (draft.lane?.run === draft.run.id && draft.lane.state.status === "gating") {
    draft.ask({ kind: "stop-gate", id: `stop-gate:${draft.lane.id}`, change: draft.lane.id });
  }
}

/** Ends a run that nothing is working on: what is not over is cancelled, what has landed stays. */
export function cancelRun(draft: Draft): void {
  if (draft.run.state.status === "finished") return;
  for (const { id } of draft.slice.openTasks) {
    draft.moveTask(id, { type: "cancelled" }, { endedAt: draft.now });
    draft.emit(id, { type: "task.cancelled" });
  }
  stopWork(draft);
  // Active, so that it is wrapped up and reported like any other run once nothing of it goes on.
  draft.putRun({ ...draft.run, state: { status: "active" } });
}

export function resumeRun(draft: Draft): void {
  if (draft.run.state.status !== "interrupted") return;
  draft.putRun({ ...draft.run, state: { status: "active" } });
  draft.emit(null, { type: "run.resumed" });
  // A person came back to it: what kept these from being judged may be mended.
  for (const held of draft.slice.held) if (held.run === draft.run.id) draft.moveChange(held, { type: "released" });
}

export function wrappedUp(draft: Draft): void {
  // What it held may have been released while the report was being written: then it is wrapped up again when that is over.
  if (!isQuiet(draft)) return;
  draft.putRun({ ...draft.run, state: { status: "finished", at: draft.now } });
  const counts = draft.counts;
  const tasks = Object.values(counts).reduce((sum, count) => sum + count, 0);
  draft.emit(null, { type: "run.finished", completed: counts.completed, tasks });
}
