import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import type { Effect } from "../src/domain/effect.ts";
import type { QueueRow } from "../src/domain/queue/queue-row.ts";
import type { AttemptRow, ChangeRow, TaskRow } from "../src/domain/rows.ts";
import { waitingBranch, type RunRow } from "../src/domain/run.ts";
import type { Facts, GitFacts, JobFacts, LandingFacts, Projections } from "./invariants/facts.ts";
import type { Job } from "./world/jobs.ts";
import { isGreen, targets, type Move, type World } from "./world/world.ts";

/** What is not in the store. */
type Outside = "jobs" | "limits" | "parked" | "git" | "reports" | "verified" | "issues";

/** Looks at the store from outside of the product: with queries of its own, past everything that is kept in memory. */
export class Observer {
  private readonly world: World;
  private readonly tables: Record<"run" | "task" | "attempt" | "change" | "queue" | "effect", RowReader>;
  private readonly columns: Record<keyof Projections, StatementSyncInstance>;
  private readonly quotas: StatementSyncInstance;
  /** Attempts that were paused at the end of some step. */
  private readonly frozenOnce = new Set<string>();
  private stored: Omit<Facts, Outside> | null = null;
  private storedAt = -1;

  constructor(database: DatabaseSyncInstance, world: World) {
    this.world = world;
    const table = (name: string, order: string): RowReader => new RowReader(database, name, order);
    this.tables = {
      run: table("run", "id"),
      task: table("task", "run, ord"),
      attempt: table("attempt", "run, task, number"),
      change: table("change", "id"),
      queue: table("queue", "repository, target"),
      effect: table("effect", "seq"),
    };
    this.columns = {
      runs: database.prepare("SELECT id, status FROM run"),
      tasks: database.prepare(
        'SELECT run, id, status, not_before AS notBefore, rank, ord AS "order", in_way AS inWay FROM task',
      ),
      attempts: database.prepare("SELECT row ->> '$.id' AS id, live FROM attempt"),
      changes: database.prepare("SELECT id, place FROM change"),
      statusCounts: database.prepare("SELECT run, status, count FROM status_count"),
    };
    this.quotas = database.prepare("SELECT provider, row ->> '$.until' AS until FROM quota");
  }

  /** `commits` tells whether the store may have changed since the last look. */
  facts(commits: number): Facts {
    if (this.stored === null || this.storedAt !== commits) this.stored = this.read();
    this.storedAt = commits;
    const { world } = this;
    const reports = new Map([...world.reports].map(([run, { totals }]) => [run, totals.completed]));
    return {
      ...this.stored,
      jobs: world.jobs.list().map((job) => jobFacts(job, world, this.frozenOnce)),
      limits: world.limits,
      parked: this.parked(),
      git: gitFacts(world),
      reports,
      verified: world.verified,
      issues: [...world.issues.values()],
    };
  }

  private parked(): Set<string> {
    const rows = this.quotas.all() as { provider: string; until: number }[];
    return new Set(rows.filter(({ until }) => until > this.world.time.wall).map(({ provider }) => provider));
  }

  private read(): Omit<Facts, Outside> {
    const { run, task, attempt, change, queue, effect } = this.tables;
    const { columns } = this;
    const attempts = attempt.read<AttemptRow>();
    for (const { id, state } of attempts) if (state.status === "frozen") this.frozenOnce.add(id);
    return {
      runs: run.read<RunRow>(),
      tasks: task.read<TaskRow>(),
      attempts,
      changes: change.read<ChangeRow>(),
      queues: queue.read<QueueRow>(),
      effects: effect.read<Effect>(),
      projections: {
        runs: columns.runs.all() as Projections["runs"],
        tasks: columns.tasks.all() as Projections["tasks"],
        attempts: columns.attempts.all() as Projections["attempts"],
        changes: columns.changes.all() as Projections["changes"],
        statusCounts: columns.statusCounts.all() as Projections["statusCounts"],
      },
    };
  }
}

/** All rows of a table; a row that has not changed is not parsed again. */
class RowReader {
  private readonly statement: StatementSyncInstance;
  private parsed = new Map<string, unknown>();

  constructor(database: DatabaseSyncInstance, table: string, order: string) {
    this.statement = database.prepare(`SELECT row FROM ${table} ORDER BY ${order}`);
  }

  read<T>(): T[] {
    const next = new Map<string, unknown>();
    for (const { row } of this.statement.all() as { row: string }[]) {
      next.set(row, this.parsed.get(row) ?? JSON.parse(row));
    }
    this.parsed = next;
    return [...next.values()] as T[];
  }
}

function jobFacts(job: Job, { jobs, git }: World, frozenOnce: ReadonlySet<string>): JobFacts {
  const { id, kind, slot, claims, runnerAlive, agentAlive, base } = job;
  return {
    id,
    kind,
    slot,
    claims,
    runnerAlive,
    agentAlive,
    everFrozen: frozenOnce.has(id),
    unsaved: job.edits.size > 0 && job.keptIn === null,
    inSlot: jobs.occupantOf(slot) === job,
    sees: (commit) => base !== null && git.isAncestor(commit, base),
    before: (commit) => base === null || git.isAncestor(base, commit),
  };
}

function gitFacts(world: World): GitFacts {
  const { git, candidates, passed, discarded } = world;
  return {
    moves: world.moves,
    added: (move: Move) => {
      if (move.to === null) return [];
      return git.firstParents(move.to, knownBefore(world, move)).map(({ id, treeId }) => {
        const built = candidates.get(id);
        const gated = built === undefined || built.gate === null || passed.has(`${treeId} ${built.gate}`);
        const repairs = built?.undoes != null;
        return {
          commit: id,
          gated,
          built: built?.lands === true,
          onRed: built?.validated === true && !repairs && isRedBefore(world, id),
        };
      });
    },
    isAncestor: (ancestor, descendant) => git.isAncestor(ancestor, descendant),
    accountedFor: (target, commit) => discarded.has(commit) || world.isIn(target, commit) || world.isThere(commit),
    discarded: (commit) => discarded.has(commit),
    ref: (branch) => git.ref(branch),
    pushed: (commit) => candidates.get(commit)?.pushed === true,
    isThere: (commit) => world.isThere(commit),
    isOnlyThere: (commit) => [...world.remote.onlyThere].some((tip) => git.isAncestor(commit, tip)),
    landings: () => landings(world),
  };
}

/**
 * A waiting branch begins where its target is, also where it was left behind after a delivery. What another target has is
 * not new either: it is promoted.
 */
function knownBefore({ git, remote }: World, { branch, from, there }: Move): ReadonlySet<string> {
  const own = targets.find((one) => one === branch || waitingBranch(one) === branch);
  const others = targets.filter((one) => one !== own).flatMap((one) => [one, waitingBranch(one)]);
  // What is pushed may take along what is here and not there.
  const beside = there === true ? [branch, waitingBranch(branch)] : own === undefined || own === branch ? [] : [own];
  const here = [...others, ...beside].map((name) => git.ref(name));
  // Whatever the remote has was looked at when it was pushed, or is somebody else's.
  const pushed = [...remote.refs].flatMap(([name, tip]) => (there === true && name === branch ? [] : [tip]));
  const tips = [from, ...here, ...pushed].filter((tip) => tip !== null);
  return new Set(tips.flatMap((tip) => [...git.ancestorsOf(tip)]));
}

/** What is in use there does not work. */
function isRedBefore({ git }: World, commit: string): boolean {
  const [before] = git.commit(commit).parents;
  return before !== undefined && !isGreen(git.commit(before).tree, "validate");
}

/** A commit counts once, though a person may have taken it from one target into another. */
function landings({ git, candidates, discarded, remote }: World): LandingFacts[] {
  const reached = new Set<string>();
  for (const branch of targets.flatMap((target) => [target, waitingBranch(target)])) {
    const tip = git.ref(branch);
    if (tip !== null) for (const commit of git.ancestorsOf(tip)) reached.add(commit);
  }
  const built = [...reached].map((commit) => candidates.get(commit)).filter((one) => one !== undefined);
  // Whoever takes back a revert has taken back what it undid: that is theirs to sort out.
  const reverts = [...candidates.values()].filter(({ commit }) => reached.has(commit) || discarded.has(commit));
  const undone = new Set(reverts.flatMap(({ undoes }) => (undoes === null ? [] : broughtBy(git, undoes))));
  const unheard = new Set([...remote.unanswered].flatMap((commit) => broughtBy(git, commit)));
  return built.flatMap(({ commit, change }) =>
    change === null || undone.has(commit) ? [] : [{ change, unheard: unheard.has(commit) }],
  );
}

/** What landed before and was thrown away comes back with work that was begun on it, and is undone with that. */
function broughtBy(git: World["git"], commit: string): string[] {
  const [before] = git.commit(commit).parents;
  const there = before === undefined ? new Set<string>() : git.ancestorsOf(before);
  return [...git.ancestorsOf(commit)].filter((one) => !there.has(one));
}
