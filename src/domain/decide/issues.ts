import { assertDefined } from "../../std/assert.ts";
import { bareResult, isLive } from "../attempt-state.ts";
import type { Input, IssueClaim } from "../input.ts";
import {
  canBeLost,
  issueName,
  newsAgain,
  newsOf,
  statusAfter,
  statusNow,
  untouchedIssue,
  type IssueLoss,
  type IssueNews,
  type IssueRow,
} from "../issue.ts";
import type { AttemptRow, TaskRow } from "../rows.ts";
import { isOver } from "../task-state.ts";
import { attemptEnded } from "./attempts.ts";
import { beginAttempt } from "./begin.ts";
import { tellDependants } from "./dependants.ts";
import type { Draft } from "./draft.ts";
import { cancelNow } from "./task-control.ts";

/** Its attempt waits for this. Who could not be asked keeps nobody from working. */
export function issueClaimed(draft: Draft, outcome: IssueClaim): void {
  const attempt = draft.attempt();
  if (!isLive(attempt.state)) return;
  const task = draft.task(attempt.task);
  const issue = nameOf(task);
  const again = task.issue?.telling == null ? {} : ({ reclaimed: true } as const);
  // What it is told next counts.
  setUntold(draft, task, false);
  if (outcome.kind === "claimed") {
    putIssue(draft, task, { status: "claimed", problem: null, ...again });
    draft.emit(task.id, { type: "issue.claimed", issue });
  } else if (outcome.kind === "failed") {
    // It may be claimed all the same: it is given back like one that is.
    putIssue(draft, task, { status: "claimed", problem: outcome.problem, ...again });
    draft.emit(task.id, { type: "issue.untold", issue, news: null, problem: outcome.problem });
  }
  const unwanted = isOver(task.state) || attempt.stopping !== null || draft.run.state.status === "interrupted";
  if (outcome.kind === "lost" && !isOver(task.state)) return lost(draft, attempt, outcome.loss);
  // Nobody has begun: whoever wanted it stopped finds it stopped.
  if (unwanted) return attemptEnded(draft, bareResult({ kind: "stopped" }));
  beginAttempt(draft, attempt.id);
}

/** It is somebody else's, done, or gone: nothing of it is ours to do. What an attempt before had claimed is let go. */
function lost(draft: Draft, attempt: AttemptRow, because: IssueLoss): void {
  const result = bareResult({ kind: "stopped" });
  draft.moveAttempt(attempt, { type: "stopped" }, { result, endedAt: draft.now });
  draft.emit(attempt.task, { type: "attempt.ended", attempt: attempt.number, result });
  draft.moveTask(attempt.task, { type: "cancelled", because }, { endedAt: draft.now });
  draft.emit(attempt.task, { type: "task.cancelled", because });
  tellDependants(draft, attempt.task);
}

/** Nothing more is worked on for it; what has its work done, and has yet to land, goes its way. */
export function issueLost(draft: Draft, { task: id, loss }: Extract<Input, { type: "issue.lost" }>): void {
  const task = draft.task(id);
  if (draft.run.state.status === "finished" || !canBeLost(task, loss)) return draft.unchanged();
  cancelNow(draft, task, loss);
}

/** What a tracker could not be told is for a person to do there: the report says so. */
export function issueTold(draft: Draft, { task: id, number, outcome }: Extract<Input, { type: "issue.told" }>): void {
  const task = draft.task(id);
  const news = task.issue?.telling ?? null;
  if (news === null || task.issue?.tellings !== number) return;
  const problem = outcome.kind === "failed" ? outcome.problem : null;
  const { telling = 1, ...run } = draft.run;
  draft.putRun(telling > 1 ? { ...run, telling: telling - 1 } : run);
  const { reclaimed, ...issue } = task.issue;
  draft.putTask({ ...task, issue });
  // As a claim it is given back once more, or kept by who works on it.
  const status = reclaimed === true ? "claimed" : outcome.kind === "told" ? statusNow(outcome.now) : statusAfter(news);
  putIssue(draft, task, { status, telling: null, problem });
  const untold = problem !== null && reclaimed !== true;
  setUntold(draft, task, untold);
  const about = { issue: nameOf(task), news };
  if (outcome.kind === "told") draft.emit(id, { type: "issue.told", ...about, now: outcome.now });
  // Once, however often it is tried.
  else if (!untold || issue.untold !== true || issue.problem !== problem)
    draft.emit(id, { type: "issue.untold", ...about, problem: outcome.problem });
  if (outcome.kind === "told" && outcome.now === "left" && news.kind === "released")
    draft.alert(id, { kind: "issue-left", issue: about.issue, why: news.why });
}

/** Nothing where it is being told something else by now, or worked on once more. */
export function tellAgain(draft: Draft, id: string): void {
  const task = draft.task(id);
  const news = newsAgain(task, draft.run);
  if (news === null) return draft.unchanged();
  ask(draft, task, news);
}

/** After every decision: whatever became of tasks by it, their trackers are to know. */
export function tellIssues(draft: Draft): void {
  for (const task of draft.tasksPut()) tellIssue(draft, task);
}

export function tellIssue(draft: Draft, task: TaskRow): void {
  if (task.planned.issue === undefined || draft.run.settings.sync !== "landing") return;
  const news = newsOf(task, draft.run);
  if (news !== null) ask(draft, task, news);
}

function ask(draft: Draft, task: TaskRow, news: IssueNews): void {
  const { tellings } = task.issue ?? untouchedIssue;
  const number = tellings + 1;
  putIssue(draft, task, { tellings: number, telling: news });
  draft.putRun({ ...draft.run, telling: (draft.run.telling ?? 0) + 1 });
  const id = `tell-issue:${task.run}:${task.id}:${number}`;
  draft.ask({ kind: "tell-issue", id, run: task.run, task: task.id, number, news });
}

function putIssue(draft: Draft, { id }: TaskRow, own: Partial<IssueRow>): void {
  const task = draft.task(id);
  draft.putTask({ ...task, issue: { ...(task.issue ?? untouchedIssue), ...own } });
}

function setUntold(draft: Draft, { id }: TaskRow, is: boolean): void {
  const task = draft.task(id);
  const { untold: was = false, ...issue } = task.issue ?? untouchedIssue;
  if (is === was) return;
  draft.putTask({ ...task, issue: is ? { ...issue, untold: true } : issue });
  const { untold = 0, ...run } = draft.run;
  const now = untold + (is ? 1 : -1);
  draft.putRun(now > 0 ? { ...run, untold: now } : run);
}

function nameOf({ id, planned }: TaskRow): string {
  return issueName(assertDefined(planned.issue, `the issue of task ${id}`));
}
