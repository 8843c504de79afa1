import type { CollisionMode } from "./collisions/collision-mode.ts";
import type { OwnPrices, Spend } from "./prices.ts";
import type { Agent } from "./agent.ts";
import type { UnsentAlerts } from "./alert.ts";
import type { Budget } from "./budget.ts";
import type { Prediction } from "./foreseen.ts";
import type { TrackerKind } from "./issue.ts";
import type { LockFileRule } from "./lock-files.ts";
import type { History, Strategy } from "./queue/strategy.ts";
import type { RoadmapForm } from "./roadmap.ts";
import type { Setup } from "./setup.ts";
import type { PolicySettings } from "./diff-policy/settings.ts";
import type { Gate } from "./verdict.ts";

/** `YYYYMMDD-HHMMSS-xxxxxxxx` */
export type RunId = string & { readonly __brand: "RunId" };
/** `<run>/<task>-<attempt number>` */
export type AttemptId = string & { readonly __brand: "AttemptId" };

const runIdPattern = /^\d{8}-\d{6}-[0-9a-f]{8}$/;

/** `random` is 8 hexadecimal digits. */
export function makeRunId(now: number, random: string): RunId {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `${stamp}-${random}` as RunId;
}

export function isRunId(text: string): text is RunId {
  return runIdPattern.test(text);
}

export function attemptId(run: RunId, task: string, number: number): AttemptId {
  return `${run}/${task}-${number}` as AttemptId;
}

/** What `attemptId` made it of. */
export function attemptParts(id: AttemptId): { readonly run: RunId; readonly task: string; readonly number: number } {
  // Of the three only the task may have a slash or a dash.
  const [slash, dash] = [id.indexOf("/"), id.lastIndexOf("-")];
  return { run: id.slice(0, slash) as RunId, task: id.slice(slash + 1, dash), number: Number(id.slice(dash + 1)) };
}

export function attemptNumber(id: AttemptId): number {
  return attemptParts(id).number;
}

/** The branch that keeps an attempt's work. */
export function attemptBranch(run: RunId, task: string, number: number): string {
  return `nightcrew/${run}/${task}-${number}`;
}

/** Where landings wait while the target is checked out dirty. */
export function waitingBranch(target: string): string {
  return `nightcrew/${target}`;
}

/** `none`: unsandboxed, which every plan, status and report says. */
export type SandboxName = "bubblewrap" | "none";

export interface SandboxRules {
  readonly name: SandboxName;
  /** Hosts that agents and checks may reach, besides those an agent needs. */
  readonly hosts: readonly string[];
  /** Absolute paths that they may read, also where the folder they are in is hidden. */
  readonly readable: readonly string[];
}

/** When marks of roadmaps are set: as part of each landing, on request afterwards, or never. */
export type Sync = "landing" | "request" | "none";

/** How the marks of one source are set. */
export function syncOf({ sync }: Pick<RunSettings, "sync">, source: RunSource): Sync {
  return source.sync ?? sync;
}

/** What is asked of the target after each landing, and what is done where it says no. */
export interface Validation {
  readonly gate: Gate;
  /** False: it is told, and nothing is taken back. */
  readonly rollback: boolean;
}

/**
 * `reopen`: its task is done again on what there is now; `resolve`: that begins with both sides merged, and the conflict
 * to resolve; `block`: it is kept, and tried again when the target moves; `skip`: it is left on its branch; `stop`: like
 * `block`, and the run stops.
 */
export const conflictPolicies = ["reopen", "resolve", "block", "skip", "stop"] as const;
export type OnConflict = (typeof conflictPolicies)[number];

export interface QueueRules {
  readonly history: History;
  /** Gates that may run side by side. */
  readonly slots: number;
  /** `auto`: by the queue's length, the slots and how often changes were red of late. */
  readonly strategy: "auto" | Strategy;
  /** Null: what the gate said of the very tree that landed is enough. */
  readonly validation: Validation | null;
  /** Where what lands is pushed to, before the target moves; absent: nowhere. */
  readonly remote?: string;
}

/** Fixed at submission: later edits of the configuration don't reach a run that has started. */
export interface RunSettings {
  readonly workers: number;
  readonly maxAttempts: number;
  readonly sync: Sync;
  /** Null: `--gate none` was given; every report repeats it. */
  readonly gate: Gate | null;
  readonly agents: readonly Agent[];
  readonly defaultAgent: string;
  readonly budget: Budget;
  /** What models cost the user; absent: nothing was said. */
  readonly prices?: OwnPrices;
  /** Whether a provider's limit, or an outage of its endpoint, is waited for, or fails the attempt. */
  readonly onLimit: "wait" | "fail";
  /** `by-hand`: what is done is kept back until a person has it landed. */
  readonly landing: "at-once" | "by-hand";
  /** How its changes land. */
  readonly queue: QueueRules;
  /** What becomes of a change that conflicts with what landed meanwhile. */
  readonly onConflict: OnConflict;
  /** What is done about a conflict that is seen while its attempt still works; absent: it is told. */
  readonly predict?: Prediction;
  /** Files that are made anew where two sides changed them; absent: none. */
  readonly lockFiles?: readonly LockFileRule[];
  /** What keeps tasks apart that may change the same files; absent: as if nothing was said. */
  readonly collisions?: CollisionMode;
  /** What agents' work must not do. */
  readonly policy: PolicySettings;
  /** What agents and checks run in. */
  readonly sandbox: SandboxRules;
  /** Folders that workspaces have, with the files beside those that lead there; absent: all. */
  readonly sparse?: readonly string[];
  /** What is installed for them beforehand; absent: nothing. */
  readonly setup?: Setup;
  readonly sources: readonly RunSource[];
  /** How often the issue of a task that failed is opened again, by all runs; absent: always. */
  readonly issueRetries?: number;
  /** Address of the board on which cards of issues are moved; absent: none. */
  readonly issueBoard?: string;
}

export interface RunSource {
  readonly name: string;
  readonly boxes: { readonly open: number; readonly done: number };
  /** Absolute path; null where the source is words. */
  readonly file: string | null;
  /** Path in the repository's tree; null where the file is untracked, outside, or not a file. */
  readonly tracked: string | null;
  /** It is a tracker's file, which is written in the checkout as the tracker's own program does; absent: it is none. */
  readonly tracker?: TrackerKind;
  /** How its tasks are told; absent: by boxes, or it is no document. */
  readonly form?: RoadmapForm;
  /** When its marks are set; absent: as the run has it. */
  readonly sync?: Sync;
  /** Stands for all that the roadmap said, but for its marks; absent: it is none. */
  readonly said?: string;
  /** A plan file says what its tasks are: only its marks are set. */
  readonly onlyMarks?: true;
}

export type RunState =
  | { readonly status: "active" }
  /** Agents are frozen, nothing new starts; `resume` goes on. */
  | { readonly status: "paused" }
  /** What was running was stopped and waits in the queue; `resume` goes on. */
  | { readonly status: "interrupted" }
  | { readonly status: "finished"; readonly at: number };

/** USD, by how it is known. */
export interface VerifySpend {
  readonly reported: number;
  readonly priced: number;
  readonly estimate: number;
  /** How often nobody said what it cost. */
  readonly undeclared: number;
}

/** `seen`: stands for what it says; `added`: so many new tasks wait for a person. */
export interface SeenChange {
  readonly seen: string;
  readonly added: number;
}

export interface RunRow {
  readonly id: RunId;
  /** Identity and place of the repository: its common git directory. */
  readonly repository: string;
  /** The checkout the run was submitted from. */
  readonly checkout: string;
  readonly target: string;
  readonly state: RunState;
  readonly settings: RunSettings;
  /** By all attempts so far: a projection of theirs. USD. */
  readonly spentUsd: number;
  /** Its caps, or the changes of its own that wait to land, keep it from starting anything: it takes no turn. */
  readonly holdsBack: boolean;
  readonly createdAt: number;
  /** What sources say by now that they did not say when it was submitted, by their names; absent: nothing that was seen. */
  readonly changes?: Readonly<Record<string, SeenChange>>;
  /** By agents that verified, within `spentUsd`; absent: there were none. */
  readonly verifying?: VerifySpend;
  /** What a model was asked for its plan, within `spentUsd`; absent: none was. */
  readonly planning?: Spend;
  /** Absent: there were none. */
  readonly unsent?: UnsentAlerts;
  /** The branch on which what landed waited when the run was wrapped up; absent: the target has all of it. */
  readonly waitsOn?: string;
  /** Tasks whose trackers are being told something: a projection of theirs; absent: none. */
  readonly telling?: number;
  /** Tasks whose trackers have not heard what they were told: a projection of theirs; absent: none. */
  readonly untold?: number;
}
