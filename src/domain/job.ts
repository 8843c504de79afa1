import type { AttemptResult } from "./attempt-state.ts";
import type { Environment } from "./environment.ts";
import type { Agent } from "./agent.ts";
import type { DiffPolicy } from "./diff-policy/settings.ts";
import type { Usage } from "./agent-event.ts";
import type { PlannedPart } from "./plan.ts";
import type { OwnPrices } from "./prices.ts";
import type { Resumable } from "./rows.ts";
import type { SandboxRules } from "./run.ts";
import type { Setup } from "./setup.ts";
import type { Check, CheckLimits, CheckResult } from "./verdict.ts";

/**
 * What a runner is told (job.json) and what it tells (journal.jsonl). Both carry this version and no path of the
 * daemon's machine, so that the same job can be done elsewhere: places are given by the `Handoff`.
 */
export const protocolVersion = 2;

export interface AttemptJob {
  readonly protocol: typeof protocolVersion;
  readonly kind: "attempt";
  /** The attempt's id; doing the same id twice does nothing the second time. */
  readonly id: string;
  readonly run: string;
  readonly task: string;
  readonly number: number;
  readonly agent: Agent;
  /** The session to go on with, over the work that was left in it. */
  readonly resume: Resumable | null;
  /** What may still be spent, for agents that can hold back by themselves; null: not limited. USD. */
  readonly leftUsd: number | null;
  readonly sandbox: SandboxRules;
  /** Hosts that the agent may reach, besides those of the sandbox's rules. */
  readonly hosts: readonly string[];
  /** Commit that the work is compared with. */
  readonly base: string;
  /** Commit that the work tree begins with: `base`, or what the session it goes on with had left. */
  readonly start: string;
  readonly branch: string;
  /** TASK.md, whole. */
  readonly taskText: string;
  readonly commit: CommitTemplate;
  /** Paths whose content is always the base's: the sources of the run, ticked by nightcrew alone. */
  readonly protectedPaths: readonly string[];
  /** The tree that the work tree is to begin with, where that is not the one of `start`: a merge with its conflicts marked. */
  readonly conflicted?: string;
  readonly setup?: Setup;
  /** The small tasks that it is given together; absent: it is one. */
  readonly parts?: readonly Pick<PlannedPart, "id" | "files">[];
  /** Not there in a job of an earlier version: nothing is looked at then. */
  readonly policy?: DiffPolicy;
}

export interface ChecksJob {
  readonly protocol: typeof protocolVersion;
  readonly kind: "checks";
  readonly id: string;
  /** The commit whose tree is judged. */
  readonly commit: string;
  /** Run in this order; the first that ends the gate (`endsGate`) ends the job. */
  readonly checks: readonly Check[];
  /** How often a check that failed is run again at most; absent: never. */
  readonly reruns?: number;
  /** Paths that the checks make anew: what they leave there is told, as a tree; absent: none. */
  readonly makes?: readonly string[];
  /** Side by side instead of in order. */
  readonly parallel?: boolean;
  readonly limits?: CheckLimits;
  readonly setup?: Setup;
  /** Tip of the target, whose tree setups are made of; absent: it is gone. */
  readonly target?: string;
  readonly sandbox: SandboxRules;
  /** For checks of agents; absent: there are none. */
  readonly verify?: Verification;
}

export interface Verification {
  /** What each of them may spend; null: not limited. USD. */
  readonly leftUsd: number | null;
  /** By which that is counted, before the table's. */
  readonly prices?: OwnPrices;
  /** How many tasks they are asked about. */
  readonly tasks: number;
  /** What they leave their evidence in, in the work tree: nobody who made that tree can have known the name. */
  readonly file: string;
  /** What they are asked, whole, by the check's name. */
  readonly texts: Readonly<Record<string, string>>;
}

export type Job = AttemptJob | ChecksJob;

export interface CommitTemplate {
  readonly subject: string;
  /** `Key: value` lines; the runner adds the measured cost. */
  readonly trailers: readonly string[];
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch. */
  readonly at: number;
}

/** In the home: as long as a file of this name is there, nothing runs. The emergency stop. */
export const stopFileName = "stop";

/** Where a job's things are on the runner's machine. Sent to the runner, never written down. */
export interface Handoff {
  /** Holds job.json; journal, logs and outbox are written here. */
  readonly folder: string;
  /** The workspace slot. */
  readonly slot: string;
  readonly repository: RepositoryPlace;
  /** Socket on which the runner takes commands from whoever follows the job. */
  readonly control: string;
  /** Path of the home's `stopFileName`. */
  readonly stopFile: string;
  /** Nothing is started before it is thawed. */
  readonly frozen: boolean;
  /** What the agent or check may see of its environment, secrets among it; the runner's own where there is none. */
  readonly environment?: Environment;
}

export interface RepositoryPlace {
  /** The common git directory. */
  readonly commonDir: string;
  readonly objectFormat: "sha1" | "sha256";
  /** Of the tree only these folders are checked out, with the files beside those that lead there; absent: all of it. */
  readonly sparse?: readonly string[];
  /** `key=value` git settings that decide what a checkout looks like, taken from the user's configuration. */
  readonly settings: readonly string[];
}

/** A line to the runner's stdin: from the process that started it. */
export type RunnerCommand =
  | ({ readonly type: "start" } & Handoff)
  | { readonly type: "control"; readonly folder: string; readonly command: ControlCommand };

/** A line to the control socket, or for one job over stdin. All of them may be repeated. */
export type ControlCommand =
  /** Ends the job; what it left is still committed. */
  | { readonly type: "stop" }
  | { readonly type: "freeze" }
  | { readonly type: "thaw" }
  /** For drivers of agents that can be talked to. What comes again under the same id was said. */
  | { readonly type: "message"; readonly id: string; readonly text: string }
  | { readonly type: "answer"; readonly question: string; readonly text: string };

/** The answer to each line, in order. */
export type ControlReply = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** A line of journal.jsonl, numbered from 1. */
export interface JournalEntry {
  readonly v: typeof protocolVersion;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly body: JournalBody;
}

export type JournalBody =
  | { readonly type: "claimed"; readonly pid: number; readonly startTime: string }
  | { readonly type: "working"; readonly pid: number; readonly startTime: string | null }
  /** `waits`: for a person, who has to be told; false: it did, and does no more. */
  | { readonly type: "progress"; readonly percent: number | null; readonly message: string; readonly waits?: boolean }
  | { readonly type: "message"; readonly text: string }
  | { readonly type: "session"; readonly id: string }
  /** The agent took up the message of this id. */
  | { readonly type: "told"; readonly id: string }
  /** All it used so far. `check`: whose agent that is, in a gate. */
  | { readonly type: "usage"; readonly usage: Usage; readonly check?: string }
  | { readonly type: "attempt-ended"; readonly result: AttemptResult }
  /** `tree`: the commit's, with the files of `makes` as the checks left them. */
  | { readonly type: "checks-ended"; readonly results: readonly CheckResult[]; readonly tree?: string };

export function isEnd(body: JournalBody): boolean {
  return body.type === "attempt-ended" || body.type === "checks-ended";
}
