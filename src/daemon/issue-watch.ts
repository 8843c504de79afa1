import type { LookRequest } from "../adapters/trackers/issue-trackers.ts";
import type { Versions } from "../adapters/trackers/tracker.ts";
import { issueName, placeKey, type IssueRef } from "../domain/issue.ts";
import type { TaskRow } from "../domain/rows.ts";
import type { RunId, RunRow } from "../domain/run.ts";
import { isOver } from "../domain/task-state.ts";
import type { Beat } from "./beat.ts";
import type { DaemonLog } from "./daemon-log.ts";
import type { Decider } from "./decider.ts";
import { Rounds } from "./rounds.ts";

const runsLookedAt = 50;
/** Now and then all issues are looked at, for what a tracker does not tell by itself. */
const lookAtAllMs = 30 * 60_000;
/** A server that answers with an error is left alone for so long; a file may be mended by the next round. */
const restAfterErrorMs = 60_000;
/** One that answers, and does not take what it is told, is told again when it has changed, so often besides, and for so long after the run's end. */
const tellAgainMs = 10 * 60_000;
const tellUntilMs = 24 * 60 * 60_000;

const wakes = ["run.submitted", "run.reopened", "run.resumed", "issue.untold"] as const;

/** Runs that have issues of one place. */
interface Place {
  readonly key: string;
  /** Any of them. */
  readonly issue: IssueRef;
  readonly runs: readonly RunRow[];
}

interface Known {
  readonly versions: Versions | null;
  readonly problem: string | null;
  /** By `performance.now()`, as what follows. */
  readonly nextAt: number;
  readonly allAt: number;
  readonly tellAt: number;
}

const unknown: Known = { versions: null, problem: null, nextAt: 0, allAt: 0, tellAt: 0 };

/** Notices that an issue was closed, taken or deleted while its task waits or is worked on: one question for each place. */
export class IssueWatch {
  private readonly decider: Decider;
  private readonly log: DaemonLog;
  readonly rounds: Rounds;
  private readonly known = new Map<string, Known>();
  /** One issue of each of a run's places: they stay the same for as long as it goes on. */
  private readonly issuesOf = new Map<RunId, readonly IssueRef[]>();

  constructor(decider: Decider, log: DaemonLog, beat: Beat) {
    this.decider = decider;
    this.log = log;
    const { engine } = decider;
    this.rounds = new Rounds({ at: "issues", log, engine, beat, wakes, restFactor: 4, look: () => this.look() });
  }

  private async look(): Promise<boolean> {
    const { store } = this.decider;
    const open = store
      .openRuns(runsLookedAt)
      .filter(({ state, settings }) => state.status !== "interrupted" && settings.sources.some(isTracker));
    const since = Date.now() - tellUntilMs;
    const untold = store
      .untoldRuns(runsLookedAt)
      .filter(({ state }) => state.status === "finished" && state.at >= since);
    const runs = [...open, ...untold];
    const places = this.placesOf(runs);
    for (const key of this.known.keys()) if (!places.some((place) => place.key === key)) this.known.delete(key);
    for (const place of places)
      if (!this.rounds.stopped && performance.now() >= this.knownOf(place).nextAt) await this.lookAt(place);
    return runs.length > 0;
  }

  private placesOf(runs: readonly RunRow[]): Place[] {
    const places = new Map<string, Place>();
    for (const id of this.issuesOf.keys()) if (!runs.some((run) => run.id === id)) this.issuesOf.delete(id);
    for (const run of runs)
      for (const issue of this.issuesIn(run.id)) {
        const key = placeKey(issue);
        places.set(key, { key, issue, runs: [...(places.get(key)?.runs ?? []), run] });
      }
    return [...places.values()];
  }

  private issuesIn(run: RunId): readonly IssueRef[] {
    const found = this.issuesOf.get(run);
    if (found !== undefined) return found;
    const all = this.decider.store.tasks(run).flatMap(({ planned }) => planned.issue ?? []);
    const issues = [...new Map(all.map((issue) => [placeKey(issue), issue])).values()];
    this.issuesOf.set(run, issues);
    return issues;
  }

  private async lookAt(place: Place): Promise<void> {
    const { issue, runs } = place;
    const [run] = runs;
    if (run === undefined) return;
    const { versions, problem: before, allAt, tellAt } = this.knownOf(place);
    const begun = performance.now();
    const all = versions === null || begun - allAt >= lookAtAllMs;
    const tasks = new Map<string, TaskRow>();
    const holders: LookRequest["holders"] = () => {
      for (const task of this.tasksOf(place)) tasks.set(task.planned.issue?.id ?? "", task);
      return new Map([...tasks].map(([id, task]) => [id, `${task.run}/${task.id}`]));
    };
    const looked = await this.decider.trackers.look({ run, issue, before: all ? null : versions, holders });
    if (looked.kind === "stopping") return;
    if (looked.kind === "failed") {
      const { problem } = looked;
      if (problem !== before) this.log.line(`looking at issues such as ${issueName(issue)}: ${problem}`);
      const nextAt = performance.now() + (issue.tracker === "github" ? restAfterErrorMs : 0);
      return void this.known.set(place.key, { versions, problem, allAt, tellAt, nextAt });
    }
    for (const [id, loss] of looked.lost) {
      const task = tasks.get(id);
      if (task !== undefined && !this.rounds.stopped)
        await this.decider.engine.submit({ type: "issue.lost", run: task.run, task: task.id, loss });
    }
    // A file that nobody's work is looked up in any more was not even read.
    const mayTakeIt = performance.now() >= tellAt || !isSame(looked.now, versions);
    const told = mayTakeIt && (await this.tellAgain(place));
    const now = performance.now();
    this.known.set(place.key, {
      versions: looked.now,
      problem: null,
      nextAt: now + looked.restMs,
      allAt: all ? begun : allAt,
      tellAt: told ? now + tellAgainMs : tellAt,
    });
  }

  /** It answers: what it has not heard is told now. False where there was nothing. */
  private async tellAgain({ key, runs }: Place): Promise<boolean> {
    const { store, engine } = this.decider;
    const untold = runs.filter((run) => run.untold !== undefined).flatMap(({ id }) => store.tasks(id));
    const here = untold.filter(
      ({ issue, planned }) => issue?.untold && planned.issue && placeKey(planned.issue) === key,
    );
    for (const { run, id } of here)
      if (!this.rounds.stopped) await engine.submit({ type: "issue.tell-again", run, task: id });
    return here.length > 0;
  }

  private tasksOf({ key, runs }: Place): TaskRow[] {
    const tasks = runs.flatMap(({ id }) => this.decider.store.tasks(id));
    return tasks.filter(({ state, planned: { issue } }) => issue && placeKey(issue) === key && !isOver(state));
  }

  private knownOf({ key }: Place): Known {
    return this.known.get(key) ?? unknown;
  }
}

function isSame(now: Versions, before: Versions | null): boolean {
  return before !== null && now.size === before.size && [...now].every(([of, version]) => before.get(of) === version);
}

function isTracker({ tracker }: RunRow["settings"]["sources"][number]): boolean {
  return tracker !== undefined;
}
