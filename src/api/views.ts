import type { DriverName, TokenPrice } from "../domain/agent.ts";
import type { Event } from "../domain/event.ts";
import type { AssignReason } from "../domain/assign.ts";
import type { Budget, Cap } from "../domain/budget.ts";
import type { PolicySettings } from "../domain/diff-policy/settings.ts";
import type { CollisionMode } from "../domain/collisions/collision-mode.ts";
import type { Overlap } from "../domain/collisions/overlaps.ts";
import type { ComparedField, DiffSince } from "../domain/plan-diff.ts";
import type { Foreseen } from "../domain/foreseen.ts";
import type { PlannedTask, PlanSource } from "../domain/plan.ts";
import type { Spend } from "../domain/prices.ts";
import type { ProjectFacts } from "../domain/project-facts.ts";
import type { PlanEstimate } from "../domain/estimate.ts";
import type { PlanFinding } from "../domain/plan-check.ts";
import type { Report } from "../domain/report.ts";
import type { RunState, SandboxName, Sync } from "../domain/run.ts";
import type { BlockReason, TaskState } from "../domain/task-state.ts";
import type { Check } from "../domain/verdict.ts";

/** What the API answers. Every shape carries its version; a field is added, never changed in meaning. */

export interface PlanView {
  readonly version: 1;
  readonly repository: string;
  readonly target: string;
  readonly workers: number;
  readonly sync: Sync;
  /** To which what lands is pushed; null: nowhere. */
  readonly remote: string | null;
  readonly sources: readonly PlanSource[];
  /** The model that made it of words, and what that cost; null: no model was asked. */
  readonly planning: { readonly by: string; readonly spend: Spend } | null;
  readonly agents: readonly string[];
  readonly sandbox: SandboxName;
  readonly budget: Budget;
  readonly policy: PolicySettings;
  /** What is installed before the first agent, and whether it is kept already; null: nothing. */
  readonly setup: string | null;
  /** Variables the configuration of these agents names. */
  readonly environment: readonly string[];
  /** Null: `--gate none`. */
  readonly gate: { readonly from: string; readonly checks: readonly Check[] } | null;
  readonly tasks: readonly PlannedTask[];
  /** Of tasks that no dependency puts in an order: those that do not run at once, and those that may change the same. Not all of them. */
  readonly collisions: {
    readonly mode: CollisionMode;
    readonly apart: readonly Overlap[];
    readonly told: readonly Overlap[];
  };
  /** Task ids by the earliest step at which they can run; all of one step side by side. */
  readonly layers: readonly (readonly string[])[];
  readonly criticalPath: readonly string[];
  /** The most tasks that can run at once. */
  readonly width: number;
  /** What its checks found, the gravest first. */
  readonly findings: readonly PlanFinding[];
  readonly estimate: PlanEstimate;
  readonly notes: readonly string[];
  /** The text of its plan file; absent: not asked for. */
  readonly file?: string;
  /** What is not as in an earlier plan; absent: not asked for. */
  readonly diff?: DiffSince & { readonly to: string };
}

/** A JSON schema of plan files. */
export interface PlanSchemaView {
  readonly version: 1;
  readonly schema: object;
}

/** Who would be asked to make a plan of words. */
export interface PlanningView {
  readonly version: 1;
  /** As it is shown; null: no model can be had. */
  readonly by: string | null;
  /** The variables that hold what is needed for it. */
  readonly keys: readonly string[];
}

/** What the sources of a run say that it does not know. */
export interface ReconcileView {
  readonly version: 1;
  readonly run: string;
  /** False: it was only looked. */
  readonly taken: boolean;
  readonly added: readonly { readonly id: string; readonly title: string; readonly source: string }[];
  /** Tasks that they have no more; those that nobody had begun are cancelled. */
  readonly dropped: readonly string[];
  /** Tasks that they say something else of: the run goes on with what it was told. */
  readonly edited: readonly { readonly id: string; readonly what: readonly ComparedField[] }[];
}

export interface SubmittedView {
  readonly version: 1;
  readonly run: string;
  readonly plan: PlanView;
  /** Variables whose values came with the submission and end with the daemon. */
  readonly onlyInMemory: readonly string[];
}

export interface RunView {
  readonly id: string;
  readonly status: RunState["status"];
  readonly repository: string;
  readonly target: string;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly tasks: number;
  readonly completed: number;
  readonly spentUsd: number;
  readonly budget: Budget;
  readonly sandbox: SandboxName;
  /** Agents that verify in its gate. */
  readonly verifiedBy: readonly string[];
  /** The branch beside the target on which its landings wait, if they do. */
  readonly waitingOn: string | null;
}

export interface RunsView {
  readonly version: 1;
  readonly runs: readonly RunView[];
}

export interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly priority: PlannedTask["priority"];
  readonly dependsOn: readonly string[];
  readonly state: TaskState;
  /** Why it does not go on; null where it is not blocked. */
  readonly blockedBy: BlockReason | null;
  /** Who works on it, and why that one; null where nobody does now. */
  readonly assigned: { readonly agent: string; readonly why: AssignReason } | null;
  /** What its attempt conflicts with as far as it has come; null: nothing that was seen, or nobody works on it now. */
  readonly foreseen: Foreseen | null;
  /** What its agent waits for a person with, oldest first. */
  readonly asks: readonly string[];
  readonly attempts: number;
  readonly spentUsd: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface TasksView {
  readonly version: 1;
  readonly run: RunView;
  readonly tasks: readonly TaskView[];
}

export interface StatusView {
  readonly version: 1;
  readonly home: string;
  /** Runs that are not finished, then the newest finished one. */
  readonly runs: readonly RunView[];
  /** Of the run asked for, else of the first. */
  readonly current: TasksView | null;
}

export interface BudgetView {
  readonly version: 1;
  /** `start`: milliseconds since the epoch; a day of UTC. */
  readonly day: {
    readonly start: number;
    readonly spentUsd: number;
    /** What models were paid besides, for plans that became no run. */
    readonly plansUsd: number;
  };
  readonly runs: readonly {
    readonly id: string;
    readonly status: RunState["status"];
    readonly spentUsd: number;
    readonly budget: Budget;
  }[];
  /** Caps on runs and the day that keep something from being done. */
  readonly reached: readonly { readonly run: string; readonly cap: Cap }[];
}

export interface EventsView {
  readonly version: 1;
  readonly events: readonly Event[];
}

export interface LogsView {
  readonly version: 1;
  readonly id: string;
  /** The attempt has ended: nothing more will come. */
  readonly ended: boolean;
  readonly text: string;
  /** Ask for what comes after it with `after`; bytes. */
  readonly next: number;
}

export interface ReportView {
  readonly version: 1;
  readonly report: Report;
}

export interface Finding {
  readonly name: string;
  readonly verdict: "ok" | "warning" | "problem";
  readonly detail: string;
  readonly next: string | null;
}

export interface DoctorView {
  readonly version: 1;
  readonly findings: readonly Finding[];
}

export interface ScanView {
  readonly version: 1;
  readonly project: ProjectFacts;
  /** Null: nobody asked for importers. */
  readonly imports: ImportsView | null;
}

/** Who imports some files, by path; the nearest first. */
export interface ImportsView {
  readonly importers: Readonly<Record<string, readonly string[]>>;
  /** Files whose imports are known, and of those the ones that were read now. */
  readonly files: number;
  readonly read: number;
  readonly imports: number;
  /** Files whose imports are not known, and why. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

export interface InitView {
  readonly version: 1;
  readonly file: string;
  readonly text: string;
  readonly written: boolean;
}

/** What became of a command for one run or task. */
export interface ControlResult {
  readonly run: string;
  readonly task: string | null;
  readonly outcome: "done" | "unchanged" | "refused";
  readonly message: string;
}

export interface ControlView {
  readonly version: 1;
  readonly results: readonly ControlResult[];
  /** `nightcrew stop --all` was taken back. */
  readonly lifted?: true;
}

export interface DoneView {
  readonly version: 1;
  readonly run: string;
  readonly message: string;
}

export interface HealthView {
  readonly version: 1;
  /** Of the product. */
  readonly daemonVersion: string;
  readonly pid: number;
  /** Grows with every daemon of the home. */
  readonly generation: number;
  readonly startedAt: number;
  /** `HOST:PORT` it listens on besides its socket, if any. */
  readonly listening: string | null;
}

/** Which login an agent has. Names alone; no value and no content is ever looked at. */
export interface AgentAccountView {
  /** `unknown`: nobody knows whether it needs one. */
  readonly state: "there" | "missing" | "unknown";
  /** Variables that hold its key, those of them that are set. */
  readonly keys: readonly string[];
  /** Its login files that are there, relative to HOME. */
  readonly files: readonly string[];
}

/** By what its work is charged, where it does not tell the cost itself. */
export interface AgentPriceView {
  /** `settings`: of nightcrew.yaml. `table`: of its model. `unknown`: it is charged as the dearest, where it tells tokens. */
  readonly from: "settings" | "table" | "unknown";
  readonly perAttemptUsd: number | null;
  /** USD for a million tokens. */
  readonly perMillion: TokenPrice | null;
}

export interface AgentView {
  readonly name: string;
  readonly driver: DriverName;
  /** The program that is started, as it is named; null: the one that comes with nightcrew. */
  readonly command: string | null;
  /** Its absolute path; null where it was not found, or comes with nightcrew. */
  readonly program: string | null;
  /** Null: not looked at, not told, or not found. */
  readonly version: string | null;
  /** Versions that its driver was tried with, oldest first. */
  readonly tried: readonly string[];
  readonly account: AgentAccountView;
  readonly model: string | null;
  readonly price: AgentPriceView;
  readonly capabilities: readonly string[];
  /** Null: as many as there are workers. */
  readonly maxConcurrent: number | null;
  readonly backups: readonly string[];
  readonly provider: string;
  /** Its provider takes no work until then; milliseconds since the epoch. */
  readonly limitedUntil: number | null;
  /** Attempts that are under way, of all runs of the home. */
  readonly running: number;
  readonly sandbox: SandboxName;
  /** No finding is a problem. */
  readonly usable: boolean;
  readonly findings: readonly Finding[];
}

export interface AgentsView {
  readonly version: 1;
  /** False: there is no `agents:`, and these are those that were found on this machine. */
  readonly configured: boolean;
  readonly agents: readonly AgentView[];
}

export interface AlertView {
  readonly version: 1;
  /** The program that is told; null: there is none. */
  readonly program: string | null;
  /** Why it cannot be. */
  readonly problem: string | null;
  readonly next: string | null;
  /** Null: it was not asked for. `problem`: why the program did not take it. */
  readonly test: { readonly problem: string | null } | null;
}
