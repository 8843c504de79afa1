import type { Notice } from "../domain/alert.ts";
import type { AttemptResult } from "../domain/attempt-state.ts";
import type { Candidate } from "../domain/change-state.ts";
import type { Decision } from "../domain/decide/draft.ts";
import type { Effect } from "../domain/effect.ts";
import type { Event } from "../domain/event.ts";
import type { CandidateOutcome, LandingOutcome, MadeMerge, PromotionOutcome, RevertOutcome } from "../domain/input.ts";
import type { IssueClaim, IssueTelling } from "../domain/input.ts";
import type { IssueNews, IssueRef } from "../domain/issue.ts";
import type { LockFileRule } from "../domain/lock-files.ts";
import type { Needs, QueueNeeds } from "../domain/needs.ts";
import type { Following } from "../domain/remote.ts";
import type { TaskMessage } from "../domain/message.ts";
import type { MarkAnchor, PlannedPart } from "../domain/plan.ts";
import type { Report, Waiting } from "../domain/report.ts";
import type { AttemptRow, ChangeRow, QueueSlice, Slice, TaskRow } from "../domain/rows.ts";
import type { Agent } from "../domain/agent.ts";
import type { Usage } from "../domain/agent-event.ts";
import type { QueueKey, QueueRow } from "../domain/queue/queue-row.ts";
import type { History } from "../domain/queue/strategy.ts";
import type { OwnPrices } from "../domain/prices.ts";
import type { QuotaRow } from "../domain/quota.ts";
import type { AttemptId, RunId, RunRow } from "../domain/run.ts";
import type { TaskStatus } from "../domain/task-state.ts";
import type { CheckResult, Gate } from "../domain/verdict.ts";

/** Everything that waits or touches the world. None of these may be called from `domain`. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves with true at the time, with false as soon as `close` is called; must not reject. */
  wait(until: number): Promise<boolean>;
  /** Ends every wait, also those begun later. */
  close(): void;
}

/** What a decision looks at, but for the limits of the machine. */
export type StoredSlice = Omit<Slice, "limits">;

/** The only truth. Synchronous: a decision and its record are one transaction. */
export interface Store {
  /** Runs `work` in one durable transaction; on a throw nothing of it remains. Not reentrant. */
  transaction<T>(work: () => T): T;
  /** Only inside `transaction`. */
  slice(needs: Needs, now: number): StoredSlice;
  /** Only inside `transaction`. */
  queueSlice(needs: QueueNeeds): QueueSlice;
  /**
   * Only inside `transaction`. Writes the rows, appends the events and records the effects that are not already pending.
   * Returns what is new.
   */
  apply(decision: Decision, now: number): { events: Event[]; effects: Effect[] };
  /** Asked for and not answered yet, oldest first. */
  pendingEffects(): Effect[];
  /** Runs that are neither finished nor at rest. */
  activeRuns(): RunId[];
  /** Those of them that have not noticed yet that what was spent today, by all runs, reaches their cap of the day. */
  runsOverDayCap(spentUsd: number): RunId[];
  /** Providers that were out of quota at last. */
  quotas(): QuotaRow[];
  /** USD spent by all runs on a day (`dayOf`). */
  spentOn(day: number): number;
  /** Only inside `transaction`. The effect of this id is answered; false where it is not pending, or no more. */
  closeEffect(id: string): boolean;
  /** Null where nothing has come into it yet. */
  queue(key: QueueKey): QueueRow | null;
  run(id: RunId): RunRow | null;
  /** Newest first, at most `limit`. */
  runs(limit: number): RunRow[];
  /** In the plan's order. */
  tasks(run: RunId): TaskRow[];
  /** How many tasks of the run are in each status. */
  statusCounts(run: RunId): Readonly<Record<TaskStatus, number>>;
  task(run: RunId, id: string): TaskRow | null;
  /** Titles of the run's tasks but this one, at most `limit`. */
  siblingTitles(run: RunId, task: string, limit: number): string[];
  attempt(id: AttemptId): AttemptRow | null;
  attempts(run: RunId): AttemptRow[];
  change(id: AttemptId): ChangeRow | null;
  changes(run: RunId): ChangeRow[];
  /** Events of a run with `seq` above `after`, in order, at most `limit`. */
  events(run: RunId, after: number, limit: number): Event[];
  close(): void;
}

export interface AttemptSpec {
  readonly run: RunRow;
  readonly task: TaskRow;
  readonly attempt: AttemptRow;
  readonly agent: Agent;
  /** Titles of the other tasks of the plan; nothing else of them reaches the agent. */
  readonly siblings: readonly string[];
}

export interface AttemptObserver {
  working(): void;
  /** `asks`: it waits for a person; false: it did, and does no more; null: neither. */
  progressed(percent: number | null, message: string, asks: boolean | null): void;
  /** The agent told of the session it works in. */
  session(id: string): void;
  /** It took up the message of this id. */
  told(message: string): void;
  /** All it used so far. */
  spent(usage: Usage): void;
}

/** Runs agents. */
export interface Attempts {
  /**
   * Starts the attempt, or adopts it where it was started before, and resolves when it is over. Must not reject: what
   * goes wrong is an outcome. Calling it twice for one attempt never runs two agents.
   */
  start(spec: AttemptSpec, observer: AttemptObserver): Promise<AttemptResult>;
  /** Stops an attempt nobody follows, and resolves when it is over; at once where it never began. Must not reject. */
  finish(run: RunRow, attempt: AttemptRow): Promise<AttemptResult>;
  /**
   * Freezes all that a running attempt owns, with its clocks, or lets it go on. Resolves with true when its runner has been
   * told, or there is none; with false after a bounded wait for one that does not answer. Idempotent. Must not reject.
   */
  setFrozen(run: RunRow, attempt: AttemptRow, frozen: boolean): Promise<boolean>;
  /**
   * Says it to the agent that is at work, once for each id; that it took it up comes by `told`. Does nothing where nobody is
   * there to be told. Must not reject.
   */
  tell(run: RunRow, attempt: AttemptRow, message: Pick<TaskMessage, "id" | "text">): Promise<void>;
  /** Asks a running attempt to end, frozen or not; its end comes through `start`. Does nothing when it is not running. */
  stop(run: RunRow, attempt: AttemptRow): Promise<void>;
}

export interface ChecksSpec extends Gate {
  readonly run: RunRow;
  /** Unique per judgement; calling `start` twice with it never runs the checks twice at once. */
  readonly id: string;
  readonly commit: string;
  /** For checks of agents; absent: there are none. */
  readonly verify?: VerifySpec;
  /** Paths that the checks make anew; absent: none. */
  readonly makes?: readonly string[];
}

export interface ChecksEnd {
  readonly results: readonly CheckResult[];
  /** The commit's tree with the files of `makes` as the checks left them, where there are some and all checks passed. */
  readonly tree: string | null;
}

export interface VerifySpec {
  /** Those that are said to be done; none: the tree is judged for itself. */
  readonly tasks: readonly PlannedPart[];
  /** What the agent of one check may spend; null: not limited. USD. */
  readonly leftUsd: number | null;
  /** What models cost the user; absent: nothing is said. */
  readonly prices?: OwnPrices;
}

/** Runs checks on the tree of a commit, in a workspace no agent uses. */
export interface Checks {
  /** Must not reject: what could not run is a result that says so. */
  start(spec: ChecksSpec): Promise<ChecksEnd>;
  stop(run: RunRow, id: string): Promise<void>;
}

export interface BuildRequest {
  /** Says which repository and target. */
  readonly run: RunRow;
  /** In the order in which they are merged. */
  readonly parts: readonly BuildPart[];
  readonly history: History;
}

/** One change of a candidate. */
export interface BuildPart {
  readonly change: Pick<ChangeRow, "id" | "tip">;
  /** What is ticked with it; of one source or of several. */
  readonly ticks: readonly MarkAnchor[];
  readonly subject: string;
  readonly trailers: readonly string[];
  /** Of its run. */
  readonly lockFiles: readonly LockFileRule[];
  /** Milliseconds since the epoch; dates the commit, where the one before is not younger. */
  readonly at: number;
}

export interface KeepRequest {
  readonly run: RunRow;
  readonly change: ChangeRow;
  /** A merge of the change with the target. */
  readonly merge: string;
  /** What it is to have instead of its own tree. */
  readonly tree: string;
}

export interface RevertRequest {
  readonly run: RunRow;
  readonly change: AttemptId;
  /** The commit it is undone on; absent: the target. */
  readonly at?: string;
  /** The merge whose first parent is what there is to go back to. */
  readonly commit: string;
  /** What is cleared again. */
  readonly ticks: readonly MarkAnchor[];
  readonly subject: string;
  /** Below the subject. */
  readonly text: string;
  readonly trailers: readonly string[];
}

export interface PromotionRequest {
  /** Says which repository and target. */
  readonly run: RunRow;
  readonly commit: string;
  readonly subject: string;
  readonly trailers: readonly string[];
}

/** The user's repository. No method touches the user's work tree, but for git's own fast-forward of a clean one. */
export interface Repository {
  /**
   * Merges the parts onto the target without a checkout. A part that conflicts is left out, and the others are built
   * without it; a lock file that both sides changed is in conflict, also where its lines could be merged. The same request on the same target gives the same commits. Must not reject.
   */
  build(request: BuildRequest): Promise<CandidateOutcome>;
  /**
   * The merge with another tree, kept on the branch of the change, which is at the change's tip. Doing it again after it was
   * done says the same. Must not reject.
   */
  keepMerge(request: KeepRequest): Promise<MadeMerge>;
  /** Undoes a merge on the target as it stands (as `git revert -m 1` does), without a checkout. Must not reject. */
  buildRevert(request: RevertRequest): Promise<RevertOutcome>;
  /** Merges a commit onto the target without a checkout, where the target cannot be moved to it as it is. Must not reject. */
  buildPromotion(request: PromotionRequest): Promise<PromotionOutcome>;
  /**
   * Brings the target to where the remote of the run has it, as a landing would: where it cannot be moved, beside it. Only for
   * runs with a remote. Bounded in time. Must not reject.
   */
  follow(run: RunRow): Promise<Following>;
  /**
   * Compare-and-swap of the target, which the remote of the run has first, if there is one; doing it again after it was done
   * says `landed`. Must not reject.
   */
  land(run: RunRow, candidate: Candidate): Promise<LandingOutcome>;
  /** Moves what waits on `nightcrew/<target>` to the target where that is possible; returns what still waits. Must not reject. */
  deliver(run: RunRow): Promise<Waiting | null>;
}

/** Sources that are not tracked by git are ticked in place. */
export interface Sources {
  /** Atomic, only that box, only where it is still open. Must not reject. */
  tickInPlace(file: string, box: MarkAnchor): Promise<InPlaceTick>;
}

/** `problem`: why the box is still open. */
export interface InPlaceTick {
  readonly ticked: boolean;
  readonly problem: string | null;
}

export interface Reports {
  /** Keeps the report in the run's folder, as Markdown and JSON. Resolves with why it could not, or null. Must not reject. */
  write(report: Report): Promise<string | null>;
}

/** Tells a person's own program. */
export interface Alerts {
  /** Resolves when the program has ended, within a bounded time. Must not reject. */
  send(notice: Notice): Promise<AlertOutcome>;
}

export type AlertOutcome =
  /** `none`: the person has no such program. `stopping`: it is not known; to be sent again by whoever comes next. */
  { readonly kind: "sent" | "none" | "stopping" } | { readonly kind: "failed"; readonly problem: string };

/** An issue, and the task that is done for it. */
export interface IssueRequest {
  readonly run: RunRow;
  readonly task: string;
  readonly issue: IssueRef;
}

export interface TellRequest extends IssueRequest {
  readonly news: IssueNews;
  /** What is said there. */
  readonly note: string;
}

/** Where issues are kept. */
export interface Trackers {
  /**
   * Takes an issue for its task: nobody else's attempt begins on it then. Where it is claimed for the task already it is
   * claimed. `look`: only says whether it could be. `again`: it is worth to try it once more later. Bounded in time. Must not
   * reject.
   */
  claim(
    request: IssueRequest & { readonly look: boolean },
  ): Promise<(IssueClaim & { readonly again?: boolean }) | Stopping>;
  /**
   * Closes an issue, or gives it back: open for the next one to take, or left as it is where it was given back too often.
   * Told again it does nothing more. `again`: it is worth to try it once more later. Bounded in time. Must not reject.
   */
  tell(request: TellRequest): Promise<(IssueTelling & { readonly again?: boolean }) | Stopping>;
}

/** What came of it is not known; to be asked again by whoever comes next. */
export interface Stopping {
  readonly kind: "stopping";
}

export interface Ports {
  readonly clock: Clock;
  readonly store: Store;
  readonly attempts: Attempts;
  readonly checks: Checks;
  readonly repository: Repository;
  readonly sources: Sources;
  readonly reports: Reports;
  readonly alerts: Alerts;
  readonly trackers: Trackers;
}
