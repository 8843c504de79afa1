import type { RunView, StatusView, TasksView, TaskView } from "../../api/views.ts";
import { capText, whyText } from "../../domain/present/money-text.ts";
import { foreseenText } from "../../domain/present/foreseen-text.ts";
import { failureText, usdText } from "../../domain/present/failure-text.ts";
import { lossText } from "../../domain/present/issue-text.ts";
import { collisionText, fateText } from "../../domain/present/block-text.ts";
import { stageOf, type TaskState } from "../../domain/task-state.ts";
import { duration, singleLine } from "../../std/text.ts";
import { table, tableOrPairs } from "./table.ts";
import type { Output, Style } from "./terminal.ts";

export function showStatus(status: StatusView, output: Output): void {
  if (status.runs.length === 0) {
    output.line("No run yet. Begin with: nightcrew run ROADMAP.md");
    return;
  }
  showRuns(status.runs, output);
  if (status.current !== null) {
    output.line("");
    showTasks(status.current, output);
    const { run, tasks } = status.current;
    const more = run.tasks - tasks.length;
    if (more > 0) output.line(output.style.dim(`  … and ${more} more: nightcrew tasks ${run.id}`));
  }
}

export function showRuns(runs: readonly RunView[], output: Output): void {
  const rows = runs.map((run) => [
    run.id,
    run.status,
    `${run.completed}/${run.tasks} landed`,
    run.spentUsd > 0 ? usdText(run.spentUsd) : "",
    run.sandbox === "none" ? output.style.yellow("unsandboxed") : "",
    run.verifiedBy.length === 0 ? "" : `verified by ${run.verifiedBy.join(", ")}`,
    run.waitingOn === null ? run.target : `${run.waitingOn} (not on ${run.target})`,
    run.repository,
  ]);
  for (const line of tableOrPairs(rows, output.columns, { flexible: 6, heads: 7 })) output.line(line);
}

export function showTasks({ run, tasks }: TasksView, output: Output): void {
  const rows = tasks.map((task) => [
    run.status === "paused" && isWorkedOn(task.state) ? pausedMark(output.style) : mark(task.state, output.style),
    task.id,
    singleLine(task.title),
    timeOf(task),
    [
      reasonOf(task),
      ...task.asks.slice(0, 1).map((question) => singleLine(question, 300)),
      ...(task.foreseen === null ? [] : [singleLine(foreseenText(task.foreseen, run.target))]),
    ].join("; "),
  ]);
  output.line(output.style.bold(run.id));
  for (const line of table(rows, output.columns, 2)) output.line(line);
  const asking = tasks.find(({ asks }) => asks.length > 0);
  if (asking === undefined) return;
  const id = `${run.id}/${asking.id}`;
  output.line(`${output.style.bold("next")} answer ${asking.id}: nightcrew approve ${id}, or nightcrew refuse ${id}`);
}

export function mark({ status }: TaskState, style: Style): string {
  switch (status) {
    case "completed":
      return style.green("✔ landed");
    case "failed":
      return style.red("✘ failed");
    case "running":
      return style.cyan("● running");
    case "paused":
      return pausedMark(style);
    case "blocked":
      return style.yellow("■ blocked");
    case "cancelled":
      return style.dim("– cancelled");
    case "queued":
      return style.dim("○ queued");
  }
}

function pausedMark(style: Style): string {
  return style.yellow("‖ paused");
}

/** By an agent, which is frozen while its run is paused; what is being judged or landed goes its way. */
function isWorkedOn(state: TaskState): boolean {
  const stage = stageOf(state);
  return stage === "preparing" || stage === "working";
}

function timeOf({ startedAt, endedAt, state }: TaskView): string {
  return state.status === "cancelled" || startedAt === null || endedAt === null ? "" : duration(endedAt - startedAt);
}

export function reasonOf({ state, blockedBy, dependsOn, attempts, assigned }: TaskView): string {
  switch (state.status) {
    case "running":
    case "paused": {
      const stage = stageOf(state);
      if (stage === null) return attempts > 0 ? nextAttempt(attempts) : "not started";
      return `${stage}${attempts > 1 ? `, attempt ${attempts}` : ""}${byText(assigned)}`;
    }
    case "failed":
      return failureText(state.failure);
    case "completed":
      return state.commit?.slice(0, 10) ?? "no change asked for";
    case "blocked":
      if (state.by.reason === "held") return failureText(state.by.failure);
      if (state.by.reason === "agent") return "waits for an agent";
      if (state.by.reason === "budget") return capText(state.by.cap);
      return blockedBy?.reason === "dependency-failed"
        ? `needs ${blockedBy.task}, which ${fateText(blockedBy.because)}`
        : `after ${dependsOn.slice(0, 5).join(", ")}`;
    case "queued":
      if (blockedBy?.reason === "collision") return collisionText(blockedBy.task);
      return attempts > 0 ? nextAttempt(attempts) : "";
    case "cancelled":
      return state.because === undefined ? "" : lossText(state.because);
  }
}

function nextAttempt(before: number): string {
  return `attempt ${before + 1} next`;
}

function byText(assigned: TaskView["assigned"]): string {
  return assigned === null ? "" : ` (${assigned.agent}${whyText(assigned.why)})`;
}
