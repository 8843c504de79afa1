import type { Usage } from "./agent-event.ts";
import type { AssignReason } from "./assign.ts";
import type { AttemptResult, AttemptState } from "./attempt-state.ts";
import type { Cap } from "./budget.ts";
import type { ChangeState } from "./change-state.ts";
import type { Failure } from "./failure.ts";
import type { Foreseen } from "./foreseen.ts";
import type { IssueRow } from "./issue.ts";
import type { TaskMessage } from "./message.ts";
import type { PlannedTask } from "./plan.ts";
import type { JudgedOn, QueueRow } from "./queue/queue-row.ts";
import type { Spend } from "./prices.ts";
import type { QuotaRow } from "./quota.ts";
import type { AttemptId, RunId, RunRow } from "./run.ts";
import type { TaskState, TaskStatus } from "./task-state.ts";
import type { PassedCheck } from "./verdict.ts";

/** Rows are the truth. All times are milliseconds since the epoch. */

export interface TaskRow {
  readonly run: RunId;
  readonly id: string;
  /** Place in the plan, from 0: ties between equal priorities go by it. */
  readonly order: number;
  readonly planned: PlannedTask;
  /** As it was planned before a person changed that; absent: nobody did. */
  readonly original?: PlannedTask;
  /** By which it collides with others of its run (`collide`); absent: with none. */
  readonly shares?: readonly number[];
  readonly state: TaskState;
  /** Dependencies that have not landed yet: a projection kept in the same transaction. */
  readonly unmet: number;
  /** Attempts started, of any kind: the next one gets this number + 1. */
  readonly attempts: number;
  /** Failures that count against the agent. */
  readonly failures: readonly CountedFailure[];
  /** How many of them a person forgave by trying again: these count no more. */
  readonly forgiven: number;
  /** By all attempts so far: a projection of theirs. USD. */
  readonly spentUsd: number;
  /** An attempt that was stopped for no fault of its own, whose session the next one goes on with. */
  readonly resumable: Resumable | null;
  /** What a person said to it, oldest first; absent: nothing. At most `maxMessages`. */
  readonly messages?: readonly TaskMessage[];
  /** What its issue's tracker was told; absent: nothing. */
  readonly issue?: IssueRow;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface Resumable {
  readonly attempt: number;
  readonly agent: string;
  readonly session: string;
  /** What the session had used by then: agents that count by session count it again. */
  readonly sessionUsage: Usage | null;
  /** What it left; null where there was nothing yet. */
  readonly tip: string | null;
  /** What it had begun from; null where nothing is known of its work. */
  readonly base: string | null;
}

export interface CountedFailure {
  readonly attempt: number;
  readonly agent: string;
  readonly failure: Failure;
  /** False for what is not the agent's doing: the gate, the machine. */
  readonly counts: boolean;
}

export interface AttemptRow {
  readonly id: AttemptId;
  readonly run: RunId;
  readonly task: string;
  readonly number: number;
  readonly agent: string;
  readonly why: AssignReason;
  /** The session that it goes on with. */
  readonly resumes: Resumable | null;
  /** The agent's session, as soon as it told of one. */
  readonly session: string | null;
  /** So far. */
  readonly spend: Spend;
  /** Why it was told to end, where that was not a person's wish. */
  readonly stopping: Stopping | null;
  /** What it conflicts with as far as it has come; absent: nobody has seen any. */
  readonly foreseen?: Foreseen | null;
  /** What it waits for a person with, oldest first; absent: nothing. */
  readonly asks?: readonly string[];
  readonly state: AttemptState;
  readonly result: AttemptResult | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export type Stopping =
  | { readonly reason: "budget"; readonly cap: Cap }
  /** It was frozen for so long that its slot went to others. */
  | { readonly reason: "parked" }
  /** It could not have landed. */
  | { readonly reason: "conflict"; readonly foreseen: Foreseen };

/** One attempt offers at most one change, so they share an id. */
export interface ChangeRow {
  readonly id: AttemptId;
  readonly run: RunId;
  readonly task: string;
  readonly repository: string;
  readonly target: string;
  readonly priorityRank: number;
  readonly offeredAt: number;
  /** Tip of the attempt's branch: what the agent left, or a merge of it with the target whose lock files were made anew. */
  readonly tip: string;
  readonly base: string;
  /** How often its lock files were made anew; absent: never. */
  readonly regenerations?: number;
  /** Where it was judged, alone or with others, oldest first; at most `maxJudgements`. */
  readonly judgements: readonly Judgement[];
  readonly state: ChangeState;
}

/** One run of a gate over a tree that held the change. */
export interface Judgement {
  /** The run whose folder keeps the logs. */
  readonly host: RunId;
  /** Names the folder. */
  readonly checks: string;
  readonly on: JudgedOn;
  /** How many changes were judged at once. */
  readonly together: number;
}

export const maxJudgements = 20;

export interface VerdictRow {
  readonly tree: string;
  /** Fingerprint of the gate's definition. */
  readonly gate: string;
  readonly checks: readonly PassedCheck[];
}

/** What one decision may look at, read inside its transaction. */
export interface Slice {
  readonly run: RunRow | null;
  readonly task: TaskRow | null;
  readonly attempt: AttemptRow | null;
  readonly change: ChangeRow | null;
  /** Tasks that name `task` as a dependency, where the input may end it. */
  readonly dependants: readonly TaskRow[];
  /** The tasks of the run that the input is about, in the plan's order: all, those not over, or none. */
  readonly tasks: readonly TaskRow[];
  /** Tasks of the run at work that keep others from starting: those that collide with them. */
  readonly inWay: readonly InWay[];
  /**
   * Queued tasks of the run, best first, at most `workers`: those that collide with nothing in the way, and before them the
   * best of all where that one does.
   */
  readonly ready: readonly TaskRow[];
  /** Tasks of the run that wait for an agent, best first, at most `workers`. */
  readonly unstaffed: readonly TaskRow[];
  /** Queued tasks that wait for a time: the earliest such time. */
  readonly nextTime: number | null;
  /** Attempts of the run whose runners may be at work. */
  readonly live: readonly AttemptRow[];
  readonly statusCounts: Readonly<Record<TaskStatus, number>>;
  /** Changes of the run that wait for the queue, and that it has. */
  readonly changeCounts: ChangeCounts;
  /** Changes of the run that are on their way or held, where the input may concern them all. */
  readonly openChanges: readonly ChangeRow[];
  /** Other active runs that have something to start. */
  readonly rivals: readonly Rival[];
  /** Live attempts of all other runs, by repository. */
  readonly heldElsewhere: Readonly<Record<string, number>>;
  readonly limits: WorkerLimits;
  /** Providers that were out of quota at last, by time. */
  readonly quotas: readonly QuotaRow[];
  /** By all runs, on the day of the decision. USD. */
  readonly spentTodayUsd: number;
}

export interface InWay {
  readonly task: string;
  readonly shares: readonly number[];
}

export interface ChangeCounts {
  readonly offered: number;
  readonly inQueue: number;
}

/** What a decision about a queue may look at. */
export interface QueueSlice {
  readonly queue: QueueRow;
  /** Those the queue has, and of active runs those that wait for it, best first and bounded. */
  readonly changes: readonly ChangeRow[];
  /** Changes of active runs that the gate or the target could not take, where it may take them now. */
  readonly held: readonly ChangeRow[];
  /** Of those changes. */
  readonly runs: readonly RunRow[];
  /** The cached verdict of the round's gate on the tree that the input is about. */
  readonly verdict: VerdictRow | null;
}

/** Worker slots on this machine, whatever a run itself may use. */
export interface WorkerLimits {
  readonly total: number;
  readonly perRepository: number;
}

/** Another run, as far as it matters for whose turn it is. */
export interface Rival {
  readonly run: RunId;
  readonly repository: string;
  readonly createdAt: number;
  readonly workers: number;
  readonly held: number;
  /** What all runs may spend on a day, as it was told. USD. */
  readonly dayCapUsd: number | null;
  /** Of its best ready task. */
  readonly rank: number;
}
