import type { Failure } from "./failure.ts";
import type { CountedFailure, TaskRow } from "./rows.ts";
import type { RunState } from "./run.ts";
import { isOver, stageOf, type TaskState } from "./task-state.ts";

/** Where an issue is kept. */
export const trackerKinds = ["seeds", "github", "beads"] as const;
export type TrackerKind = (typeof trackerKinds)[number];

/** The issue that a task came from. */
export interface IssueRef {
  readonly tracker: TrackerKind;
  /** Folder of the tracker's files, or `owner/name` of a repository. */
  readonly place: string;
  readonly id: string;
  /** For people; null where it has none. */
  readonly url: string | null;
}

/** As people call it. */
export function issueName({ tracker, place, id }: IssueRef): string {
  return tracker === "github" ? `${place}#${id}` : id;
}

/** Stands for where its tracker keeps it. GitHub's names are the same in whatever case. */
export function placeKey({ tracker, place }: Pick<IssueRef, "tracker" | "place">): string {
  return `${tracker} ${tracker === "github" ? place.toLowerCase() : place}`;
}

/** Why nobody is to work on a task's issue: its tracker says so just before the work would begin. */
export type IssueLoss =
  { readonly reason: "closed" } | { readonly reason: "taken"; readonly by: string } | { readonly reason: "gone" };

/** What its tracker is told of an issue. */
export type IssueNews =
  /** `commit`: null where nothing was to be changed. */
  | { readonly kind: "landed"; readonly commit: string | null; readonly target: string }
  | { readonly kind: "released"; readonly why: ReleaseReason };

export type ReleaseReason =
  | { readonly reason: "failed"; readonly failure: Failure }
  | { readonly reason: "cancelled" }
  /** It was its tracker that said so. */
  | { readonly reason: "lost"; readonly loss: IssueLoss }
  /** The run came to its end before the task did. */
  | { readonly reason: "run-ended" };

/** What an issue is when its tracker was told of it. `kept`: as whoever has it, closed it or deleted it has it. */
export type IssueNow = "closed" | "open" | "left" | "kept";

/**
 * What we made of an issue, as its tracker was told last.
 *
 *   untouched → claimed → closed | open | left
 *   open | left → claimed      tried again
 *   closed → open              what landed was taken back
 *   claimed → untouched        somebody closed, took or deleted it
 *
 * `left`: it was tried so often that it is not opened again for the next one to take: a person is to look at it.
 */
export type IssueStatus = "untouched" | "claimed" | "closed" | "open" | "left";

/** Of a task that came from an issue. */
export interface IssueRow {
  readonly status: IssueStatus;
  /** How often something was told: numbers the questions. */
  readonly tellings: number;
  /** What is being told; null: nothing. */
  readonly telling: IssueNews | null;
  /** It was claimed again meanwhile: nobody knows which of both came last to its tracker. */
  readonly reclaimed?: true;
  /** Why the tracker does not know what we made of it; null: it does. */
  readonly problem: string | null;
  /** It has not heard what it was told last: it is told again. */
  readonly untold?: true;
}

export const untouchedIssue: IssueRow = { status: "untouched", tellings: 0, telling: null, problem: null };

interface Followed {
  readonly state: TaskState;
  readonly failures: readonly CountedFailure[];
  readonly issue?: IssueRow;
}

/** What the issue's tracker does not know yet; null: nothing. It follows from where the task is, however that came about. */
export function newsOf(
  task: Followed,
  { target, state: run }: { readonly target: string; readonly state: RunState },
): IssueNews | null {
  const { state, issue = untouchedIssue } = task;
  const { status, telling } = issue;
  if (telling !== null) return null;
  if (state.status === "completed")
    return status === "closed" ? null : { kind: "landed", commit: state.commit, target };
  // Somebody else's, or given back.
  if (status !== "claimed" && status !== "closed") return null;
  const why = releaseOf(task, run, status);
  return why === null ? null : { kind: "released", why };
}

function releaseOf({ state, failures }: Followed, run: RunState, status: IssueStatus): ReleaseReason | null {
  if (state.status === "failed") return { reason: "failed", failure: state.failure };
  if (state.status === "cancelled")
    return state.because === undefined ? { reason: "cancelled" } : { reason: "lost", loss: state.because };
  // What it had landed was taken back; that it is done again is another claim.
  const last = failures.at(-1);
  if (status === "closed")
    return last === undefined ? { reason: "run-ended" } : { reason: "failed", failure: last.failure };
  // What is held has its work done, and waits for a person: to have it done a second time helps nobody.
  return run.status === "finished" && !isHeld(state) ? { reason: "run-ended" } : null;
}

/**
 * Whether a task is not to be done any more for what its tracker says by now. What waits is somebody else's only when its turn
 * has come: until then it may be given back.
 */
export function canBeLost({ state, planned }: Pick<TaskRow, "state" | "planned">, loss: IssueLoss): boolean {
  if (planned.issue === undefined || isOver(state) || isHeld(state)) return false;
  const stage = stageOf(state);
  if (stage === null) return loss.reason !== "taken";
  return stage === "preparing" || stage === "working";
}

function isHeld(state: TaskState): boolean {
  const at = state.status === "paused" ? state.was : state;
  return at.status === "blocked" && at.by.reason === "held";
}

/** What a tracker has not heard; null: that is not so any more, or may still change. */
export function newsAgain(task: Followed, run: Parameters<typeof newsOf>[1]): IssueNews | null {
  const { issue } = task;
  return issue?.untold === true ? newsOf({ ...task, issue: { ...issue, status: "claimed" } }, run) : null;
}

/** The status that the news bring about, where nothing else is known of it. */
export function statusAfter(news: IssueNews): IssueStatus {
  if (news.kind === "landed") return "closed";
  return news.why.reason === "lost" ? "untouched" : "open";
}

export function statusNow(now: IssueNow): IssueStatus {
  return now === "kept" ? "untouched" : now;
}
