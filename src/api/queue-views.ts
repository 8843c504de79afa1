/** The merge queues as people and programs see them. Additions keep `version`; anything else raises it. */

export interface QueueView {
  readonly version: 1;
  readonly queues: readonly OneQueueView[];
  /** Runs are under way, so that more may come. */
  readonly active: boolean;
}

export interface OneQueueView {
  /** Its common git directory. */
  readonly repository: string;
  readonly target: string;
  readonly strategy: "prefixes" | "groups" | null;
  readonly history: "batch" | "every-change" | null;
  readonly slots: number | null;
  /** Share of changes that were red by their own fault, of late; null before anything was judged. */
  readonly failureRate: number | null;
  /** Why nothing lands until `nightcrew queue resume`; null where it goes on. */
  readonly halted: string | null;
  /** What it does now, and what comes next, in words. */
  readonly next: string;
  /** What is built, judged or landed now, and what was found out in this round. */
  readonly trials: readonly TrialView[];
  /** Landings to be taken back, before anything else. */
  readonly repairs: readonly RepairView[];
  /** In the order in which they are taken. */
  readonly changes: readonly QueuedChangeView[];
}

export interface TrialView {
  readonly number: number;
  /** `RUN/TASK-ATTEMPT` each. */
  readonly changes: readonly string[];
  /** `candidate`: what would land; `base`: the target without it; `target`: what has landed; `promotion`: another branch. */
  readonly on: "candidate" | "base" | "target" | "promotion";
  readonly state: "building" | "judging" | "passed" | "failed" | "blocked" | "landing";
  /** The check that did not pass; null where none failed so far. */
  readonly check: string | null;
  /** The commit that is judged; null before it is built. */
  readonly commit: string | null;
}

export interface RepairView {
  readonly change: string;
  readonly commit: string;
  readonly state: "waiting" | "building" | "judging" | "landing";
  readonly why: string;
}

export interface QueuedChangeView {
  readonly change: string;
  readonly run: string;
  readonly task: string;
  readonly title: string;
  /** `regenerating`: its lock files are made anew. */
  readonly state: "offered" | "gating" | "ready" | "landing" | "regenerating" | "held";
  /** From 1; null for those that are held, or whose lock files are made anew. */
  readonly position: number | null;
  readonly priority: string;
  readonly offeredAt: number;
  /** Why it is held, or which files are made anew; null for the others. */
  readonly why: string | null;
}

export interface LandView {
  readonly version: 1;
  readonly run: string;
  /** Tasks whose work is on its way into the target now. */
  readonly tasks: readonly string[];
}

export interface RevertView {
  readonly version: 1;
  readonly results: readonly RevertResult[];
}

export interface RevertResult {
  readonly run: string;
  readonly task: string;
  readonly title: string;
  /** The landing that was to be taken back. */
  readonly landed: string;
  /** What took it back; null where it stays. */
  readonly commit: string | null;
  /** A remote that has that, too; null: it was pushed nowhere. */
  readonly pushedTo: string | null;
  /** What took it back waits on this branch, because the target could not be moved. */
  readonly waiting: { readonly branch: string; readonly because: string } | null;
  /** Why it stays. */
  readonly why: string | null;
}

export interface ValidateView {
  readonly version: 1;
  readonly target: string;
  /** Where the target stood. */
  readonly commit: string;
  /** `blocked`: it could not be judged. */
  readonly verdict: "pass" | "fail" | "blocked";
  /** The check that did not pass, and why; null where all did. */
  readonly check: string | null;
  readonly why: string | null;
  /** The end of what it printed; empty where it passed. */
  readonly log: string;
  /** The landings that were to be taken back for it. */
  readonly results: readonly RevertResult[];
}

export interface PromoteView {
  readonly version: 1;
  readonly from: string;
  readonly to: string;
  /** The commit of `from` that was to be promoted. */
  readonly promotes: string;
  /** `unchanged`: it was there already. `stays`: it could not be. */
  readonly outcome: "fast-forwarded" | "merged" | "unchanged" | "stays";
  /** What `to` is at, or what waits beside it; null where it stays as it was. */
  readonly commit: string | null;
  /** It waits on this branch, because `to` could not be moved. */
  readonly waiting: { readonly branch: string; readonly because: string } | null;
  /** A remote that has it, too; null: it was pushed nowhere. */
  readonly pushedTo: string | null;
  /** Why it stays. */
  readonly why: string | null;
  /** The end of what a check printed that kept it from being promoted. */
  readonly log: string;
  /** What it stands for, by hand. */
  readonly command: string;
}
