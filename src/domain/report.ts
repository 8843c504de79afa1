import { groupBy } from "../std/multi-map.ts";
import type { Usage } from "./agent-event.ts";
import type { UnsentAlerts } from "./alert.ts";
import type { AssignReason } from "./assign.ts";
import type { AttemptResult } from "./attempt-state.ts";
import { whyBlocked } from "./blocking.ts";
import { capReached, usd, type Budget, type Cap } from "./budget.ts";
import { firstTold } from "./message.ts";
import type { Spend } from "./prices.ts";
import type { AttemptRow, ChangeRow, TaskRow } from "./rows.ts";
import type { LandingPlace, TickOutcome } from "./change-state.ts";
import { isLanded } from "./change-state.ts";
import type { PolicyFinding } from "./diff-policy/finding.ts";
import { ruleNames, type RuleName } from "./diff-policy/rules.ts";
import { ruleSetting } from "./diff-policy/settings.ts";
import type { Failure } from "./failure.ts";
import type { Foreseen } from "./foreseen.ts";
import { issueName, untouchedIssue, type IssueLoss, type IssueRow, type TrackerKind } from "./issue.ts";
import type { RunSource, RunState, SandboxName, Sync } from "./run.ts";
import { attemptBranch, syncOf, waitingBranch, type RunRow } from "./run.ts";
import type { BlockReason, TaskStatus } from "./task-state.ts";
import type { Check, PassedCheck } from "./verdict.ts";

/** What a person reads in the morning, as data. Unknown is null, never 0. */
export interface Report {
  readonly version: 1;
  readonly run: string;
  readonly status: RunState["status"];
  readonly repository: string;
  readonly target: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly workers: number;
  /** Null: the run was started with `--gate none`. */
  readonly gate: readonly ReportedCheck[] | null;
  readonly sync: Sync;
  /** Sources that are marked by `nightcrew sync`; absent: as `sync` says. */
  readonly syncOnRequest?: readonly string[];
  /** Sources with nothing in them that could be marked; absent: there are none. */
  readonly unmarkable?: readonly string[];
  /** `none`: agents and checks ran unsandboxed. */
  readonly sandbox: SandboxName;
  /** Rules of the diff policy that looked at nothing. */
  readonly policyOff: readonly RuleName[];
  readonly budget: Budget;
  /** The cap that keeps the rest from being done; null where none does. */
  readonly stoppedBy: Cap | null;
  readonly tasks: readonly TaskReport[];
  readonly totals: Totals;
  /** To which what lands was to be pushed; null: to none. Reports of earlier versions have none. */
  readonly remote?: string | null;
  /** Landings that wait on this branch because the target could not be moved, and why. */
  readonly waiting: Waiting | null;
  /** Absent: all were taken, or there is nobody to take them. */
  readonly unsent?: UnsentAlerts;
}

export interface Waiting {
  readonly branch: string;
  /** False where the target has gone on by itself, so that both have to be merged. */
  readonly fastForward: boolean;
  readonly because: string;
}

export interface Totals {
  readonly tasks: number;
  readonly completed: number;
  readonly failed: number;
  readonly held: number;
  /** Done, and kept back until a person has them landed. */
  readonly toLand: number;
  readonly blocked: number;
  readonly cancelled: number;
  readonly unfinished: number;
  readonly attempts: number;
  readonly insertions: number;
  readonly deletions: number;
  readonly spend: SpendTotals;
  /** Sum of what agents reported; null where none reported a cost. */
  readonly cost: number | null;
  readonly currency: string | null;
  /** Attempts whose agent reported no cost. */
  readonly attemptsWithoutCost: number;
}

/** What the run is charged, by how it is known. USD. */
export interface SpendTotals {
  readonly totalUsd: number;
  readonly reportedUsd: number;
  readonly pricedUsd: number;
  /** Of that, by prices that the configuration names. */
  readonly ownUsd: number;
  /** Versions of the table that priced or estimated the rest, oldest first. */
  readonly tables: readonly string[];
  readonly estimatedUsd: number;
  /** Attempts of which nobody says what they cost: not charged. */
  readonly undeclaredAttempts: number;
  /** Of the total what agents used that verified; absent: none did. */
  readonly verifyUsd?: number;
  /** Of those, of which nobody says what they cost. */
  readonly undeclaredVerifications?: number;
  /** Of the total what the model was paid that made the plan; null: nobody says what it cost; absent: none did. */
  readonly planningUsd?: number | null;
}

/** One attempt at a task, in the order they were made. */
export interface AttemptReport {
  readonly number: number;
  readonly agent: string;
  readonly why: AssignReason;
  /** It went on with the session of an earlier one. */
  readonly resumed: boolean;
  /** Null while it goes on. */
  readonly outcome: AttemptResult["outcome"]["kind"] | null;
  readonly spend: Spend;
  readonly usage: Usage | null;
  readonly turns: number | null;
  /** What was kept from it: connections, permissions. */
  readonly refused: readonly string[];
  /** Its last message: a claim. */
  readonly claim: string | null;
  /** What the diff policy found that did not fail it. */
  readonly warnings: readonly PolicyFinding[];
  /** What it conflicted with when that was looked at last, before its end; not there in reports of earlier versions. */
  readonly foreseen?: Foreseen | null;
}

export interface TaskReport {
  readonly id: string;
  readonly title: string;
  readonly status: TaskStatus;
  readonly agent: string;
  readonly attempts: number;
  readonly attemptDetails: readonly AttemptReport[];
  readonly spentUsd: number;
  readonly durationMs: number | null;
  readonly commit: string | null;
  readonly place: LandingPlace | null;
  /** The remote that has it; absent: none. */
  readonly pushedTo?: string;
  readonly tick: TickOutcome | null;
  /** The small tasks that were done together as this one; absent: it is one. */
  readonly parts?: readonly { readonly id: string; readonly title: string }[];
  readonly checks: readonly PassedCheck[] | null;
  readonly files: FileCounts | null;
  /** Branch of the last attempt that left work. */
  readonly branch: string | null;
  /** Id under which `nightcrew logs` shows the last attempt. */
  readonly log: string | null;
  readonly failure: Failure | null;
  /** Of its issue: why nobody worked on it; absent: nothing of the kind. */
  readonly because?: IssueLoss;
  /** What its tracker was told; absent: it came from none. */
  readonly issue?: IssueReport;
  readonly blockedBy: BlockReason | null;
  /** Its dependencies that have not landed. */
  readonly missing: readonly string[];
  /** Rules of the diff policy that did not count for it. */
  readonly allowed: readonly RuleName[];
  readonly earlierFailures: readonly { readonly attempt: number; readonly failure: Failure }[];
  /** What a person said to it; `told`: the first attempt that knew of it, null: none did. */
  readonly messages: readonly { readonly at: number; readonly text: string; readonly told: number | null }[];
  readonly notes: readonly string[];
}

export interface IssueReport extends Pick<IssueRow, "status" | "problem"> {
  readonly tracker: TrackerKind;
  readonly name: string;
  readonly url: string | null;
}

export interface ReportedCheck {
  readonly name: string;
  readonly run: string;
  /** It was run, but what it said did not count. */
  readonly quarantined: boolean;
}

export interface FileCounts {
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly insertions: number;
  readonly deletions: number;
}

export interface ReportFacts {
  readonly run: RunRow;
  readonly tasks: readonly TaskRow[];
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly ChangeRow[];
  /** By all runs, on the day of the report. USD. */
  readonly spentTodayUsd: number;
}

function isUnmarkable({ form }: RunSource): boolean {
  return form === "bullets" || form === "prose";
}

function unmarkableOf({ settings }: RunRow): Pick<Report, "unmarkable"> {
  const names = settings.sources.filter(isUnmarkable).map(({ name }) => name);
  return names.length === 0 ? {} : { unmarkable: names };
}

/** `waiting` is what was found to wait when the run was wrapped up; before that it is told from the landings. */
export function buildReport(facts: ReportFacts, now: number, waiting?: Waiting | null): Report {
  const { run } = facts;
  const attemptsOf = groupBy(facts.attempts, (attempt) => attempt.task);
  const changesOf = groupBy(facts.changes, (change) => change.task);
  const landed = new Set(facts.tasks.filter(({ state }) => state.status === "completed").map(({ id }) => id));
  const states = new Map(facts.tasks.map(({ id, state }) => [id, state]));
  const tasks = facts.tasks.map((task) => ({
    ...taskReport(run, task, attemptsOf.get(task.id) ?? [], changesOf.get(task.id) ?? []),
    blockedBy:
      task.state.status === "blocked" ? whyBlocked(task.planned, task.state.by, (need) => states.get(need)) : null,
    missing: task.planned.dependsOn.filter((need) => !landed.has(need)),
  }));
  return {
    version: 1,
    run: run.id,
    status: run.state.status,
    repository: run.checkout,
    target: run.target,
    startedAt: run.createdAt,
    endedAt: run.state.status === "finished" ? run.state.at : allOver(facts.tasks) ? now : null,
    workers: run.settings.workers,
    gate: run.settings.gate?.checks.map(gateCheck) ?? null,
    sync: run.settings.sync,
    syncOnRequest: run.settings.sources
      .filter((source) => source.file !== null && !isUnmarkable(source) && syncOf(run.settings, source) === "request")
      .map(({ name }) => name),
    ...unmarkableOf(run),
    sandbox: run.settings.sandbox.name,
    policyOff: ruleNames.filter((name) => ruleSetting(run.settings.policy, name).level === "off"),
    budget: run.settings.budget,
    stoppedBy: stoppedBy(facts),
    tasks,
    totals: totalsOf(run, tasks, facts.attempts),
    remote: run.settings.queue.remote ?? null,
    waiting: waiting === undefined ? waitingOf(run, tasks) : waiting,
    ...unsentOf(run),
  };
}

/** Its last alert is sent when its report is written already. */
export function unsentOf({ unsent }: RunRow): Pick<Report, "unsent"> {
  return unsent === undefined ? {} : { unsent };
}

/** What trackers were told after it was written. */
export function withIssues<T extends Pick<Report, "tasks">>(report: T, rows: readonly TaskRow[]): T {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const tasks = report.tasks.map((task) => {
    const row = byId.get(task.id);
    return row === undefined ? task : { ...task, ...issueReport(row) };
  });
  return { ...report, tasks };
}

/** The cap for want of which tasks are left, where nothing of the run goes on. */
function stoppedBy({ run, tasks, spentTodayUsd }: ReportFacts): Cap | null {
  for (const { state } of tasks) {
    if (state.status === "blocked" && state.by.reason === "budget") return state.by.cap;
  }
  if (!tasks.some(({ state }) => state.status === "queued")) return null;
  return capReached(run.settings.budget, { run: run.spentUsd, day: spentTodayUsd });
}

function gateCheck({ name, run, quarantined = false }: Check): ReportedCheck {
  return { name, run, quarantined };
}

function allOver(tasks: readonly TaskRow[]): boolean {
  return tasks.every(
    ({ state }) => state.status !== "queued" && state.status !== "running" && state.status !== "paused",
  );
}

function taskReport(
  run: RunRow,
  task: TaskRow,
  attempts: readonly AttemptRow[],
  changes: readonly ChangeRow[],
): Omit<TaskReport, "missing" | "blockedBy"> {
  const landing = changes.map(({ state }) => state).find(isLanded)?.landing ?? null;
  const last = attempts.at(-1) ?? null;
  const withWork = attempts.findLast((attempt) => attempt.result?.work?.tip != null) ?? null;
  const work = withWork?.result?.work ?? null;
  const { state } = task;
  return {
    id: task.id,
    title: task.planned.title,
    status: state.status,
    agent: last?.agent ?? task.planned.agent ?? run.settings.defaultAgent,
    attempts: task.attempts,
    attemptDetails: attempts.map(attemptReport),
    spentUsd: task.spentUsd,
    durationMs: state.status === "cancelled" ? null : elapsed(task),
    commit: state.status === "completed" ? state.commit : null,
    place: landing?.place ?? null,
    ...(landing?.pushedTo === undefined ? {} : { pushedTo: landing.pushedTo }),
    tick: landing?.tick ?? null,
    ...partsOf(task),
    checks: landing?.checks ?? null,
    files: work === null ? null : fileCounts(work),
    branch: withWork === null ? null : (work?.branch ?? attemptBranch(run.id, task.id, withWork.number)),
    log: last?.id ?? null,
    failure: failureOf(task),
    ...(state.status === "cancelled" && state.because !== undefined ? { because: state.because } : {}),
    ...issueReport(task),
    allowed: task.planned.allow,
    messages: (task.messages ?? []).map((said) => ({
      at: said.at,
      text: said.text,
      told: firstTold(said, task.attempts),
    })),
    earlierFailures: task.failures.map(({ attempt, failure }) => ({ attempt, failure })),
    notes: [
      ...new Set([
        ...attempts.flatMap((attempt) => attempt.result?.work?.notes ?? []),
        ...(landing?.note == null ? [] : [landing.note]),
      ]),
    ],
  };
}

function issueReport({ planned, issue }: TaskRow): Pick<TaskReport, "issue"> {
  const ref = planned.issue;
  if (ref === undefined) return {};
  const { status, problem } = issue ?? untouchedIssue;
  return { issue: { tracker: ref.tracker, name: issueName(ref), url: ref.url, status, problem } };
}

function partsOf({ planned: { parts } }: TaskRow): Pick<TaskReport, "parts"> {
  return parts === undefined ? {} : { parts: parts.map(({ id, title }) => ({ id, title })) };
}

function attemptReport({ number, agent, why, resumes, result, spend, foreseen = null }: AttemptRow): AttemptReport {
  return {
    number,
    agent,
    why,
    resumed: resumes !== null,
    outcome: result?.outcome.kind ?? null,
    spend,
    usage: result?.usage ?? null,
    turns: result?.turns ?? null,
    refused: result?.refused ?? [],
    claim: result?.claim ?? null,
    warnings: result?.warnings ?? [],
    foreseen,
  };
}

function spendTotals(attempts: readonly AttemptRow[], { verifying, planning }: RunRow): SpendTotals {
  const spends = [...attempts.map(({ spend }) => spend), ...(planning === undefined ? [] : [planning])];
  const of = (basis: Spend["basis"]): number =>
    usd(sum(spends.map((spend) => (spend.basis === basis ? (spend.amountUsd ?? 0) : 0))) + (verifying?.[basis] ?? 0));
  const { reported = 0, priced = 0, estimate = 0, undeclared = 0 } = verifying ?? {};
  const verifyUsd = usd(reported + priced + estimate);
  return {
    totalUsd: usd(sum(spends.map(({ amountUsd }) => amountUsd ?? 0)) + verifyUsd),
    reportedUsd: of("reported"),
    pricedUsd: of("priced"),
    ownUsd: usd(sum(spends.map(({ amountUsd, by }) => (by?.kind === "own" ? (amountUsd ?? 0) : 0)))),
    tables: [...new Set(spends.flatMap(({ by }) => (by?.kind === "table" ? [by.version] : [])))].sort(),
    estimatedUsd: of("estimate"),
    undeclaredAttempts: attempts.filter(({ spend }) => spend.amountUsd === null).length,
    ...(verifying === undefined ? {} : { verifyUsd, undeclaredVerifications: undeclared }),
    ...(planning === undefined ? {} : { planningUsd: planning.amountUsd }),
  };
}

function elapsed({ startedAt, endedAt }: TaskRow): number | null {
  return startedAt === null || endedAt === null ? null : endedAt - startedAt;
}

function failureOf({ state }: TaskRow): Failure | null {
  if (state.status === "failed") return state.failure;
  if (state.status === "blocked" && state.by.reason === "held") return state.by.failure;
  return null;
}

function fileCounts(work: NonNullable<NonNullable<AttemptRow["result"]>["work"]>): FileCounts {
  return {
    created: work.filesCreated,
    changed: work.filesChanged,
    deleted: work.filesDeleted,
    insertions: work.insertions,
    deletions: work.deletions,
  };
}

function totalsOf(run: RunRow, tasks: readonly TaskReport[], attempts: readonly AttemptRow[]): Totals {
  const count = (test: (task: TaskReport) => boolean): number => tasks.filter(test).length;
  const held = (task: TaskReport): boolean => task.blockedBy?.reason === "held";
  const toLand = count(waitsToLand);
  const landed = tasks.filter((task) => task.status === "completed");
  const costs = attempts.map((attempt) => attempt.result?.usage.cost ?? null).filter((cost) => cost !== null);
  const currencies = new Set(
    attempts.map((attempt) => attempt.result?.usage.currency ?? null).filter((name) => name !== null),
  );
  return {
    tasks: tasks.length,
    completed: landed.length,
    failed: count((task) => task.status === "failed"),
    held: count(held) - toLand,
    toLand,
    blocked: count((task) => task.status === "blocked" && !held(task)),
    cancelled: count((task) => task.status === "cancelled"),
    unfinished: count(({ status }) => status === "queued" || status === "running" || status === "paused"),
    attempts: attempts.length,
    insertions: sum(landed.map((task) => task.files?.insertions ?? 0)),
    deletions: sum(landed.map((task) => task.files?.deletions ?? 0)),
    spend: spendTotals(attempts, run),
    // Amounts in different currencies are not added up.
    // Sums of decimal amounts carry binary noise; nobody reports millionths of a cent.
    cost: costs.length === 0 || currencies.size > 1 ? null : Number(sum(costs).toFixed(8)),
    currency: currencies.size === 1 ? ([...currencies][0] ?? null) : null,
    attemptsWithoutCost: attempts.length - costs.length,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function waitingOf(run: RunRow, tasks: readonly TaskReport[]): Waiting | null {
  const place = tasks.map((task) => task.place).findLast((candidate) => candidate?.on === "waiting");
  return place?.on === "waiting"
    ? { branch: waitingBranch(run.target), fastForward: true, because: place.because }
    : null;
}

/** All that was asked of it is there: its run lands by hand. */
export function waitsToLand({ failure }: TaskReport): boolean {
  return failure?.reason === "not-asked-to-land";
}

/** By the command-line contract: 0 all that was asked for was completed, 1 some task was not, 3 a budget stopped it, 4 it waits for a person's word. */
export function exitCodeOf(report: Report): 0 | 1 | 3 | 4 {
  if (report.stoppedBy !== null) return 3;
  if (report.tasks.some(({ status, failure }) => status === "blocked" && failure?.reason === "queue-halted")) return 4;
  return report.totals.completed + report.tasks.filter(waitsToLand).length === report.totals.tasks ? 0 : 1;
}
