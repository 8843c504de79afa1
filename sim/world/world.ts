import type { Report } from "../../src/domain/report.ts";
import type { WorkerLimits } from "../../src/domain/rows.ts";
import { waitingBranch, type AttemptId } from "../../src/domain/run.ts";
import type { Gate } from "../../src/domain/verdict.ts";
import type { Random } from "../random.ts";
import { VirtualTime } from "./clock.ts";
import { GitModel, type Tree } from "./git-model.ts";
import { Jobs } from "./jobs.ts";

/** A commit that was built to land. */
export interface BuiltCandidate {
  readonly commit: string;
  readonly treeId: string;
  /** What it merges; none for a merge of merges. */
  readonly change: AttemptId | null;
  /** Null: its run has no gate. */
  readonly gate: string | null;
  /** Made to be a commit of the target's own line; false for what is only within one. */
  readonly lands: boolean;
  /** Its run looks at the target after each landing, and takes back what breaks it. */
  readonly validated: boolean;
  /** The merge that it undoes. */
  readonly undoes: string | null;
  /** The remote has it before a branch here does. */
  readonly pushed: boolean;
}

export function gateKeyOf({ checks }: Gate): string {
  return JSON.stringify(checks);
}

/** A ref that nightcrew moved or removed. */
export interface Move {
  readonly branch: string;
  readonly from: string | null;
  readonly to: string | null;
  /** A push: the branch is the remote's. */
  readonly there?: true;
}

/** Another repository, to which others push, too. */
export interface RemoteWorld {
  readonly refs: Map<string, string>;
  /** Nobody answers. */
  down: boolean;
  /** By a rule of its own. */
  refuses: boolean;
  /** Pushed while nobody answered: nobody here knows that it arrived. */
  readonly unanswered: Set<string>;
  /** Pushed, and not to be brought here. */
  readonly onlyThere: Set<string>;
}

/** An issue of a tracker. */
export interface SimulatedIssue {
  readonly id: string;
  status: "open" | "in_progress" | "closed";
  /** `run/task`, or whoever else. */
  holder: string | null;
  /** What we closed it for. */
  closedFor: { readonly run: string; readonly task: string; readonly commit: string | null } | null;
  /** How often it was given back. */
  givenBack: number;
  /** Who had it when it was given back too often. */
  leftBy: string | null;
}

/** The person's own work tree. */
export interface Checkout {
  branch: string;
  dirty: boolean;
  busyWith: string | null;
}

export const hotPaths = ["src/a", "src/b", "src/c", "src/d"] as const;
/** What a tool makes of the rest. */
export const lockPath = "lock";
/** So few that several runs want the same one. */
export const issueIds = ["issue-1", "issue-2", "issue-3", "issue-4", "issue-5", "issue-6"] as const;
export const maxSources = 4;
export const targets = ["main", "next"] as const;

export function sourcePath(number: number): string {
  return `ROADMAP-${number}.md`;
}

/** All that is outside of the deciding process, and outlives it. */
export class World {
  readonly random: Random;
  readonly time = new VirtualTime();
  readonly git = new GitModel();
  readonly jobs = new Jobs();
  readonly checkout: Checkout = { branch: "main", dirty: false, busyWith: null };
  readonly remote: RemoteWorld = {
    refs: new Map(),
    down: false,
    refuses: false,
    unanswered: new Set(),
    onlyThere: new Set(),
  };
  readonly candidates = new Map<string, BuiltCandidate>();
  /** `tree gate`: judged green by a gate that ran on just this tree. */
  readonly passed = new Set<string>();
  readonly moves: Move[] = [];
  /** Commits that a person has thrown away. */
  readonly discarded = new Set<string>();
  /** Ticked boxes of files that git does not track. */
  readonly files = new Map<string, Set<string>>();
  readonly reports = new Map<string, Report>();
  /** What agents used that verified, by the run that pays. USD. */
  readonly verified = new Map<string, number>();
  /** Ids of those that were told. */
  readonly alerts = new Set<string>();
  /** By their id. */
  readonly issues = new Map<string, SimulatedIssue>();
  /** The tracker does not answer. */
  trackerAway = false;
  /** Its agents mostly break what no gate sees. */
  readonly careless: boolean;
  readonly limits: WorkerLimits;

  constructor(random: Random) {
    this.random = random;
    const total = random.between(1, 8);
    this.limits = { total, perRepository: random.between(1, total) };
    const tree = new Map<string, string>(hotPaths.map((path) => [path, "good:at first"]));
    tree.set(lockPath, "good:at first");
    for (let number = 1; number <= maxSources; number++) tree.set(sourcePath(number), "");
    for (const issue of issueIds)
      this.issues.set(issue, {
        id: issue,
        status: "open",
        holder: null,
        closedFor: null,
        givenBack: 0,
        leftBy: null,
      });
    const { id } = this.git.write(tree, [], "Start");
    for (const target of targets) this.git.refs.set(target, id);
    for (const target of targets) if (random.chance(0.8)) this.remote.refs.set(target, id);
    this.careless = random.chance(0.1);
  }

  notePass(tree: string, gate: Gate): void {
    this.passed.add(`${tree} ${gateKeyOf(gate)}`);
  }

  /** By nightcrew, and by compare-and-swap: false where the branch is not at `from` any more. */
  swap(branch: string, to: string | null, from: string | null): boolean {
    if (this.git.ref(branch) !== from) return false;
    if (to === null) this.git.refs.delete(branch);
    else this.git.refs.set(branch, to);
    this.moves.push({ branch, from, to });
    return true;
  }

  /** By nightcrew, and never by force. */
  push(branch: string, to: string): boolean {
    const from = this.remote.refs.get(branch) ?? null;
    if (from !== null && !this.git.isAncestor(from, to)) return false;
    if (from === to) return true;
    this.remote.refs.set(branch, to);
    this.moves.push({ branch, from, to, there: true });
    return true;
  }

  /** Whether a branch of the remote has it. */
  isThere(commit: string): boolean {
    return [...this.remote.refs.values()].some((tip) => this.git.isAncestor(commit, tip));
  }

  /** By a person, to anything. */
  move(branch: string, to: string | null): void {
    const from = this.git.ref(branch);
    if (to === null) this.git.refs.delete(branch);
    else this.git.refs.set(branch, to);
    if (from === null) return;
    const kept = to === null ? new Set<string>() : this.git.ancestorsOf(to);
    for (const commit of this.git.ancestorsOf(from)) if (!kept.has(commit)) this.discarded.add(commit);
  }

  /** Whether a commit is in the target, or waits beside it. */
  isIn(target: string, commit: string): boolean {
    return [target, waitingBranch(target)].some((branch) => {
      const tip = this.git.ref(branch);
      return tip !== null && this.git.isAncestor(commit, tip);
    });
  }
}

/**
 * What the check would say of the tree, and nothing else: some contents are bad by themselves, and some only together, so
 * that two green changes can make a red tree.
 */
export function isGreen(tree: Tree, check: string): boolean {
  const traits = new Set([...tree.values()].map((value) => value.split(":")[0]));
  if (check === "lint" || check === "verify") return !traits.has("ugly");
  // What no gate sees, and only shows in use.
  if (check === "validate") return !traits.has("late");
  return !traits.has("bad") && !(traits.has("left") && traits.has("right"));
}
