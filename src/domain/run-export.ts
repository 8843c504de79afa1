import { hasOwnMerge, isLanded } from "./change-state.ts";
import type { AttemptRow, ChangeRow, TaskRow } from "./rows.ts";
import type { Event } from "./event.ts";
import { eventText } from "./present/event-text.ts";
import { reportMarkdown } from "./present/report-text.ts";
import { exitCodeOf, type Report, type TaskReport } from "./report.ts";
import { waitingBranch, type RunRow } from "./run.ts";
import { executed } from "./test-count.ts";
import { makeRedactor } from "./redact.ts";

/** What a source says may hold keys, and an export goes to others. */
const { redact } = makeRedactor({ values: [] });

/** What a run leaves to be kept elsewhere, as files. Only what the store and git tell; what is not known is null. */
export interface ExportFacts {
  readonly run: RunRow;
  readonly tasks: readonly TaskRow[];
  readonly attempts: readonly AttemptRow[];
  /** As `landings` finds them. */
  readonly merged: ReadonlyMap<string, ChangeRow>;
  readonly report: Report;
  readonly events: readonly Event[];
  /** What git says of landed commits, by id; those it does not have are missing. */
  readonly commits: ReadonlyMap<string, CommitFacts>;
  /** Tips of the branches that are there now, by name; null where the repository could not be asked. */
  readonly branches: ReadonlyMap<string, string> | null;
  /** Patches that were written, by task. */
  readonly patches: ReadonlyMap<string, string>;
}

export interface CommitFacts {
  readonly subject: string;
  readonly author: string;
  /** ISO 8601 */
  readonly date: string;
  readonly parents: readonly string[];
}

export interface ExportedFile {
  readonly name: string;
  readonly content: string;
}

/** Of the person's own words, which may hold what an agent's may not. */
function redacted({ name, content }: ExportedFile): ExportedFile {
  return { name, content: redact(content) };
}

export function exportFiles(facts: ExportFacts): ExportedFile[] {
  const { report, events } = facts;
  const json = (name: string, value: object): ExportedFile => ({
    name,
    content: `${JSON.stringify({ version: 1, run: facts.run.id, ...value }, null, 2)}\n`,
  });
  return [
    redacted(json("plan.json", planOf(facts))),
    redacted({ name: "feature_request.md", content: requestText(facts) }),
    json("pipeline_status.json", statusOf(facts)),
    { name: "pipeline.log", content: events.map((event) => `${iso(event.at)} ${eventText(event)}\n`).join("") },
    json("commit_log.json", {
      target: facts.run.target,
      commits: landedTasks(report).map((task) => commitOf(facts, task)),
    }),
    json("branch_info.json", branchInfo(facts)),
    { name: "pr_body.md", content: reportMarkdown(report) },
    json("test_results/summary.json", testSummary(facts)),
    ...(allPassing(report) ? [{ name: "all_passing", content: "" }] : []),
  ];
}

/** Everything landed on the target itself, each change passed its gate, and with each at least one test ran. */
export function allPassing(report: Report): boolean {
  const { tasks, waiting, gate } = report;
  return exitCodeOf(report) === 0 && tasks.length > 0 && waiting === null && gate !== null && tasks.every(passedTests);
}

function passedTests({ checks }: TaskReport): boolean {
  const counts = (checks ?? []).flatMap(({ tests }) => tests ?? []);
  const quarantined = (checks ?? []).some((check) => check.quarantined != null);
  return !quarantined && counts.some((tests) => executed(tests) > 0) && counts.every(({ failed }) => failed === 0);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}

/** Changes that landed, by the commit that merged them; without those that were found to be in the target already. */
export function landings(changes: readonly ChangeRow[]): Map<string, ChangeRow> {
  const found = new Map<string, ChangeRow>();
  for (const change of changes) {
    const { state } = change;
    if (!isLanded(state) || !hasOwnMerge(state.landing) || found.has(state.landing.commit)) continue;
    found.set(state.landing.commit, change);
  }
  return found;
}

function landedTasks(report: Report): TaskReport[] {
  return report.tasks.filter(({ commit }) => commit !== null);
}

/** The sources as asked for: their names, and each task in the source's own words. */
function requestText({ run, tasks }: ExportFacts): string {
  const head = [
    `# Request of run ${run.id}`,
    "",
    `- asked: ${iso(run.createdAt)}`,
    `- target: ${run.target}`,
    ...run.settings.sources.map(({ name }) => `- source: ${name}`),
  ];
  const body = tasks.flatMap(({ id, planned }) => {
    const text = planned.description.trim() === "" ? [] : ["", planned.description.trimEnd()];
    const after = planned.dependsOn.length === 0 ? [] : ["", `After: ${planned.dependsOn.join(", ")}`];
    return ["", `## ${id}: ${planned.title}`, ...text, ...after];
  });
  return [...head, ...body, ""].join("\n");
}

/** What was to be done, and how; of tasks that were edited it says what they became. */
function planOf({ run, tasks }: ExportFacts): object {
  const { sources, workers, maxAttempts, sync, gate, agents, defaultAgent, budget, sandbox } = run.settings;
  return {
    target: run.target,
    sources: sources.map(({ name, boxes }) => ({ name, boxes })),
    workers,
    attempts: maxAttempts,
    sync,
    gate: gate?.checks ?? null,
    // By name: a command line may hold what is nobody else's to read.
    agents: agents.map(({ name, driver, model }) => ({ name, driver, model })),
    defaultAgent,
    budget,
    sandbox: sandbox.name,
    tasks: tasks.map(({ planned }) => planned),
  };
}

function statusOf({ run, report }: ExportFacts): object {
  return {
    status: report.status,
    repository: run.repository,
    checkout: run.checkout,
    target: run.target,
    startedAt: iso(run.createdAt),
    endedAt: isoOrNull(report.endedAt),
    workers: report.workers,
    gate: report.gate,
    totals: report.totals,
    waiting: report.waiting,
    tasks: report.tasks.map(statusOfTask),
  };
}

function statusOfTask({
  id,
  title,
  status,
  agent,
  attempts,
  durationMs,
  commit,
  failure,
  missing,
}: TaskReport): object {
  return { id, title, status, agent, attempts, durationMs, commit, failure, missing };
}

function commitOf({ merged, commits, patches }: ExportFacts, { id, title, commit, place }: TaskReport): object {
  const landing = merged.get(commit ?? "");
  const known = commits.get(commit ?? "");
  return {
    task: id,
    title,
    commit,
    subject: known?.subject ?? null,
    author: known?.author ?? null,
    date: known?.date ?? null,
    parents: known?.parents ?? null,
    /** The agent's own commit that was merged; null where the target had it already. */
    change: landing?.tip ?? null,
    place,
    patch: patches.get(id) ?? null,
  };
}

function branchInfo({ run, report, attempts, branches }: ExportFacts): object {
  const withWork = attempts.flatMap(({ task, number, result }) => {
    const { branch, tip, base } = result?.work ?? { branch: null, tip: null, base: null };
    return branch === null || tip === null ? [] : [{ task, attempt: number, branch, commit: tip, base }];
  });
  return {
    target: run.target,
    targetCommit: branches?.get(run.target) ?? null,
    waiting: report.waiting === null ? null : waitingBranch(run.target),
    attempts: withWork.map((attempt) => ({
      ...attempt,
      exists: branches === null ? null : branches.has(attempt.branch),
    })),
  };
}

function testSummary({ run, report }: ExportFacts): object {
  const tasks = landedTasks(report).map(({ id, commit, checks }) => ({ task: id, commit, checks }));
  const counts = tasks.flatMap(({ checks }) => (checks ?? []).flatMap(({ tests }) => tests ?? []));
  const sum = (pick: (count: (typeof counts)[number]) => number): number | null =>
    counts.length === 0 ? null : counts.reduce((total, count) => total + pick(count), 0);
  return {
    /** Null: the run was started with `--gate none`. */
    gate: run.settings.gate?.checks ?? null,
    allPassing: allPassing(report),
    /** Over the gates of all landed changes; null where no test was counted. */
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    tasks,
  };
}
