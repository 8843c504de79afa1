import { duration, lastLines, plural, printable, singleLine } from "../../std/text.ts";
import type { Failure } from "../failure.ts";
import { ruleNames } from "../diff-policy/rules.ts";
import { executed } from "../test-count.ts";
import { waitsToLand, type AttemptReport, type Report, type SpendTotals, type TaskReport } from "../report.ts";
import type { PassedCheck } from "../verdict.ts";
import type { UnsentAlerts } from "../alert.ts";
import { unsentText } from "./alert-text.ts";
import { foreseenText } from "./foreseen-text.ts";
import { issueStatusText, lossText } from "./issue-text.ts";
import { failureLog, failureText, listText, usdText } from "./failure-text.ts";
import { capText, whyText as assignText } from "./money-text.ts";
import { rulesOf, warningText } from "./policy-text.ts";
import { tellingLines } from "./telling-lines.ts";

/** The truth in one sentence. */
export function headline(report: Report): string {
  const { totals, target, waiting } = report;
  const where = waiting === null ? `on ${target}` : `on ${waiting.branch} (not yet on ${target})`;
  const landed =
    totals.toLand === totals.tasks
      ? `${totals.tasks === 1 ? "The task is" : `All ${totals.tasks} tasks are`} done and waiting to be landed on ${target}`
      : totals.completed === totals.tasks
        ? `${totals.tasks === 1 ? "The task" : `All ${totals.tasks} tasks`} landed ${where}`
        : `${totals.completed} of ${plural(totals.tasks, "task")} landed ${where}`;
  const rest = [
    totals.toLand > 0 && totals.toLand < totals.tasks ? `${totals.toLand} done and waiting to be landed` : null,
    totals.failed > 0 ? `${totals.failed} failed` : null,
    totals.held > 0 ? `${totals.held} held` : null,
    totals.blocked > 0 ? `${totals.blocked} waiting for others that did not land` : null,
    totals.cancelled > 0 ? `${totals.cancelled} cancelled` : null,
    totals.unfinished > 0 ? `${totals.unfinished} not finished` : null,
    report.stoppedBy === null ? null : capText(report.stoppedBy),
  ].filter((part) => part !== null);
  return `${[landed, ...rest].join("; ")}.${gateWarning(report)}`;
}

function gateWarning({ gate }: Report): string {
  if (gate === null) return " Nothing was gated: the run was started with --gate none.";
  const names = gate.filter(({ quarantined }) => quarantined).map(({ name }) => `“${name}”`);
  return names.length === 0 ? "" : ` QUARANTINED, and not counted: ${names.join(", ")}.`;
}

/** What a person can do next, as commands where there are any. */
export function nextSteps(report: Report): string[] {
  const steps: string[] = [];
  if (report.waiting !== null) {
    steps.push(
      `${report.waiting.because}: bring the landed work in with \`git merge ${report.waiting.fastForward ? "--ff-only " : ""}${report.waiting.branch}\``,
    );
  }
  if (report.status === "interrupted" || report.status === "paused")
    steps.push(`go on with \`nightcrew resume ${report.run}\``);
  if (report.stoppedBy !== null)
    steps.push(`raise the cap to go on: \`nightcrew budget ${report.run} --${report.stoppedBy.scope} USD\``);
  if (report.tasks.some(waitsToLand)) steps.push(`land what is done: \`nightcrew land --completed ${report.run}\``);
  const done = report.tasks.find((task) => waitsToLand(task) && task.branch !== null);
  if (done !== undefined) steps.push(`look at it before: \`git diff ${report.target}...${done.branch}\``);
  steps.push(...failedSteps(report));
  const base = report.tasks.find((task) => task.failure?.reason === "red-base");
  if (base?.failure?.reason === "red-base") {
    const { check } = base.failure;
    steps.push(
      `“${check}” fails on ${report.target} itself: mend it, or have it mended: \`${mendCommand(report, check)}\``,
    );
    steps.push(`then have what is held judged again: \`nightcrew retry ${report.run}\``);
  }
  steps.push(...remoteSteps(report));
  const again = report.tasks.some(({ failure }) => failure !== null && !toldByItself.includes(failure.reason));
  if (report.status === "finished" && again)
    steps.push(`try again what did not land: \`nightcrew retry ${report.run}\``);
  if (report.tasks.some((task) => task.failure?.reason === "queue-halted"))
    steps.push("when the cause is out of the way: `nightcrew queue resume`");
  if (report.totals.completed > 0) steps.push(...markSteps(report));
  if (steps.length === 0 && report.totals.completed > 0)
    steps.push(`look at it: \`git log --graph --oneline ${report.target}\``);
  return steps;
}

/** Of the first that failed, of those that nobody took back; then how they are tried again. */
function failedSteps({ run, target, tasks }: Report): string[] {
  const steps: string[] = [];
  const failed = tasks.filter((task) => task.failure !== null && !waitsToLand(task));
  // What was taken back has been in the target: a diff of its branch with that is empty.
  const first = failed.find(({ failure }) => failure?.reason !== "reverted");
  if (first?.log != null) steps.push(`see why ${first.id} did not land: \`nightcrew logs ${first.log}\``);
  if (first?.branch != null) steps.push(`its last work is kept: \`git diff ${target}...${first.branch}\``);
  const forbidden = failed.find(({ failure }) => failure?.reason === "policy-violated");
  if (forbidden?.failure?.reason === "policy-violated")
    steps.push(
      `if it is meant to be so: \`nightcrew retry ${run}/${forbidden.id} --allow ${rulesOf(forbidden.failure).join(",")}\``,
    );
  const reverted = failed.find(({ failure }) => failure?.reason === "reverted");
  if (reverted?.failure?.reason === "reverted")
    steps.push(`see what was taken back of ${reverted.id}: \`git show ${reverted.failure.commit.slice(0, 10)}\``);
  return steps;
}

/** Of these it is said by itself what is to be done; and what was cancelled nobody wants again. */
const toldByItself: readonly Failure["reason"][] = [
  "red-base",
  "remote-failed",
  "queue-halted",
  "not-asked-to-land",
  "cancelled",
];

function markSteps({ run, sync, syncOnRequest, unmarkable = [] }: Report): string[] {
  const request = syncOnRequest === undefined ? sync === "request" : syncOnRequest.length > 0;
  return [
    ...(request ? [`set the marks of what landed: \`nightcrew sync ${run}\` (--dry-run shows them first)`] : []),
    ...(unmarkable.length > 0
      ? [`say by hand what is done in ${listText(unmarkable)}: there is nothing to tick in it`]
      : []),
  ];
}

function remoteSteps({ run, tasks, repository }: Report): string[] {
  const failures = tasks.flatMap(({ failure }) => (failure?.reason === "remote-failed" ? [failure] : []));
  const [first] = failures;
  if (first === undefined) return [];
  const { remote, target } = first;
  const together = `bring both together in ${repository}: \`git pull --rebase ${remote} ${target}\``;
  return [
    ...(failures.some(({ cause }) => cause === "diverged") ? [together] : []),
    `when it may be pushed to ${remote}, have what is held landed: \`nightcrew retry ${run}\``,
  ];
}

/** A change that makes a red target green passes its gate, and lands. */
function mendCommand({ target }: Report, check: string): string {
  const words = `Find out why the check ${check.replace(/[^\w .:/-]/g, "")} fails on ${target}, and mend the cause`;
  return `nightcrew run "${words}" --target ${target}`;
}

export function reportMarkdown(report: Report): string {
  const landed = report.tasks.filter((task) => task.status === "completed");
  const others = report.tasks.filter((task) => task.status !== "completed");
  const notes = report.tasks.flatMap((task) => taskNotes(task).map((note) => `- ${task.id}: ${cell(note)}`));
  return [
    `# ${headline(report)}`,
    "",
    ...factLines(report).map((line) => `- ${line}`),
    ...section("Landed", landed.length > 0 ? [landedTable(landed)] : []),
    ...section("Not landed", others.flatMap(notLanded)),
    ...section("Worth knowing", notes),
    ...section(
      "Next",
      nextSteps(report).map((step) => `- ${step}`),
    ),
    "",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `## ${title}`, "", ...lines];
}

export function factLines(report: Report): string[] {
  const { totals } = report;
  const going = report.status === "active" ? "still going" : report.status;
  const time = report.endedAt === null ? going : duration(report.endedAt - report.startedAt);
  return [
    `run ${report.run}, ${time}, ${plural(report.workers, "worker")}, ${plural(totals.attempts, "attempt")}`,
    `gate: ${report.gate === null ? "NONE (--gate none)" : report.gate.map(({ run }) => run).join(" · ")}`,
    ...quarantineLines(report),
    ...remoteLines(report),
    `cost: ${costText(report)}`,
    ...(report.unsent === undefined ? [] : [unsentLine(report.unsent)]),
    ...(report.policyOff.length > 0 ? [policyOffText(report.policyOff)] : []),
    ...(report.sandbox === "none" ? ["UNSANDBOXED: agents and checks could read and write whatever you can"] : []),
  ];
}

/** Said also where nothing was: a remote was asked for. */
function remoteLines({ remote, target, tasks }: Report): string[] {
  if (remote == null) return [];
  const pushed = tasks.filter(({ status, pushedTo }) => status === "completed" && pushedTo === remote).length;
  return [`remote: ${plural(pushed, "landed task")} pushed to ${target} on ${remote}`];
}

function unsentLine(unsent: UnsentAlerts): string {
  const more = unsent.count > 1 ? ` (and ${unsent.count - 1} before it)` : "";
  return `${unsentText(unsent)}${more}`;
}

/** Said whether it failed or not: what does not count is not known to be good. */
function quarantineLines({ gate, tasks }: Report): string[] {
  const checks = tasks.flatMap((task) => task.checks ?? []);
  return (gate ?? [])
    .filter(({ quarantined }) => quarantined)
    .map(({ name }) => {
      const runs = checks.filter((check) => check.name === name);
      const bad = runs.filter((check) => check.quarantined != null).length;
      const times = runs.length === 0 ? "" : `: it did not pass ${bad} of ${plural(runs.length, "time")}`;
      return `QUARANTINED: “${name}” does not count${times}`;
    });
}

function policyOffText(off: Report["policyOff"]): string {
  return off.length === ruleNames.length ? "diff policy: OFF" : `diff policy: did not look for ${off.join(", ")}`;
}

/** Estimates are called so, and what nobody knows is not counted as nothing. */
export function costText({ totals: { spend, cost, currency } }: Pick<Report, "totals">): string {
  const { totalUsd, reportedUsd, pricedUsd, ownUsd, tables, estimatedUsd, undeclaredAttempts } = spend;
  const tableUsd = pricedUsd - ownUsd;
  const parts = [
    // Who made the plan was no agent of the run.
    reportedUsd > 0 ? `${usdText(reportedUsd)} reported${spend.planningUsd === undefined ? " by agents" : ""}` : null,
    ownUsd > 0 ? `${usdText(ownUsd)} by your prices` : null,
    tableUsd > 0 ? `${usdText(tableUsd)} by the price table${ofVersions(tables)}` : null,
    estimatedUsd > 0 ? `${usdText(estimatedUsd)} estimated` : null,
    cost !== null && currency !== "USD"
      ? `${cost.toFixed(2)} ${currency ?? "(currency not named)"} reported, not converted`
      : null,
  ].filter((part) => part !== null);
  const known = parts.length > 1 ? `${usdText(totalUsd)}: ${parts.join(", ")}` : (parts[0] ?? null);
  const unknown = undeclaredAttempts === 0 ? null : `no cost declared for ${plural(undeclaredAttempts, "attempt")}`;
  const all = [known, planningText(spend), unknown, verifyText(spend)].filter((part) => part !== null);
  return all.join("; ") || usdText(0);
}

/** Null where no agent verified. */
function verifyText({ verifyUsd = 0, undeclaredVerifications = 0 }: SpendTotals): string | null {
  const unknown =
    undeclaredVerifications === 0 ? null : `no cost declared for ${plural(undeclaredVerifications, "verification")}`;
  const known = verifyUsd === 0 ? null : `${usdText(verifyUsd)} of it for verification`;
  const parts = [known, unknown].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(", ");
}

/** Null where no model made the plan. */
function planningText({ planningUsd }: SpendTotals): string | null {
  if (planningUsd === undefined) return null;
  return planningUsd === null ? "no cost declared for the plan" : `${usdText(planningUsd)} of it for the plan`;
}

function ofVersions(tables: readonly string[]): string {
  return tables.length === 0 ? "" : ` of ${tables.join(" and ")}`;
}

function landedTable(tasks: readonly TaskReport[]): string {
  const rows = tasks.flatMap((task) => [
    `| ${task.id} | ${cell(task.title)} | \`${task.commit?.slice(0, 10)}\` | ${filesText(task)} | ${testsText(task.checks)} | ${task.attempts} | ${timeText(task)} |`,
    ...(task.parts ?? []).map(({ id, title }) => `| ${id} | ${cell(title)} | with ${task.id} | | | | |`),
  ]);
  return [
    "| task | title | commit | files, lines | tests | attempts | time |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** Titles are other people's text: no table, link or markup of theirs may change the page. */
function cell(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, (character) => `\\${character}`);
}

export function filesText({ files }: Pick<TaskReport, "files">): string {
  if (files === null) return "none";
  const count = files.created + files.changed + files.deleted;
  return `${plural(count, "file")}, +${files.insertions} −${files.deletions}`;
}

/** What is to be said of a check that let a change pass, besides that. */
export function checkNotes({ name, flaky, quarantined }: PassedCheck): string[] {
  if (quarantined != null)
    return [`“${name}” did not pass (${quarantined.exit}), which does not count: it is quarantined`];
  if (flaky == null) return [];
  return [
    `“${name}” is flaky: failed ${flaky.failures} of ${flaky.failures + 1} times (${flaky.exit}) on the same tree`,
  ];
}

/** Null: the change was not gated. */
export function testsText(checks: readonly PassedCheck[] | null): string {
  if (checks === null || checks.length === 0) return "not gated";
  const counts = checks.map((check) => check.tests).filter((tests) => tests !== null);
  if (counts.length === 0) return "passed, no test count";
  const ran = counts.reduce((total, tests) => total + executed(tests), 0);
  const skipped = counts.reduce((total, tests) => total + tests.skipped, 0);
  return skipped > 0 ? `${ran} passed, ${skipped} skipped` : `${ran} passed`;
}

export function timeText({ durationMs }: Pick<TaskReport, "durationMs">): string {
  return durationMs === null ? "–" : duration(durationMs);
}

function notLanded(task: TaskReport): string[] {
  const lines = [
    `- **${task.id} ${cell(task.title)}** (${task.status}, ${plural(task.attempts, "attempt")}): ${cell(whyText(task))}`,
  ];
  if (task.branch !== null) lines.push(`  - branch \`${task.branch}\` (${filesText(task)})`);
  if (task.log !== null) lines.push(`  - log: \`nightcrew logs ${task.log}\``);
  const log = task.failure === null ? "" : logExcerpt(task.failure, 8);
  if (log !== "") lines.push("", ...log.split("\n").map((line) => `      ${line}`), "");
  return lines;
}

/** Of a check the lines that tell what is wrong; of an agent the last ones. */
export function logExcerpt(failure: Failure, count: number): string {
  const log = printable(failureLog(failure));
  return "check" in failure ? tellingLines(log, count, 1_000) : lastLines(log, count, 1_000);
}

export function whyText(task: TaskReport): string {
  if (task.failure !== null) return failureText(task.failure);
  if (task.blockedBy?.reason === "budget") return capText(task.blockedBy.cap);
  if (task.status === "blocked") return `needs ${listText(task.missing)}, which did not land`;
  if (task.status === "cancelled") return task.because === undefined ? "cancelled" : lossText(task.because);
  return "not finished";
}

/** Of one that was stopped for it, its failure says so. */
function foreseenNote({ number, outcome, foreseen }: AttemptReport): string[] {
  if (foreseen == null || outcome === "stopped") return [];
  return [`attempt ${number} was seen to conflict while it worked: ${foreseenText(foreseen)}`];
}

/** Of one task, of which many may be a waste of a morning. */
const maxWarnings = 10;

export function taskNotes(task: TaskReport): string[] {
  const retries = task.earlierFailures
    .filter(() => task.status === "completed")
    .map(({ attempt, failure }) =>
      failure.reason === "reverted"
        ? `attempt ${attempt}: ${failureText(failure)}`
        : `attempt ${attempt} did not land: ${failureText(failure)}`,
    );
  const tick =
    task.tick === "box-not-found"
      ? ["its box was not ticked: the roadmap has changed and the box was not found any more"]
      : task.tick === "not-in-target"
        ? ["its box was not ticked: the roadmap is not in the target"]
        : [];
  const agents = task.attemptDetails
    .filter(({ why }) => why.reason === "backup")
    .map(({ number, agent, why }) => `attempt ${number} was made by ${agent}${assignText(why)}`);
  const foreseen = task.attemptDetails.flatMap(foreseenNote);
  const found = task.attemptDetails.findLast(({ outcome }) => outcome === "done")?.warnings ?? [];
  const warnings = found.slice(0, maxWarnings).map(warningText);
  if (found.length > maxWarnings) warnings.push(`policy: ${found.length - maxWarnings} more warnings (report --json)`);
  const allowed = task.allowed.length === 0 ? [] : [`allowed for it: ${task.allowed.join(", ")}`];
  const refused = [...new Set(task.attemptDetails.flatMap((attempt) => attempt.refused))].map(
    (what) => `refused: ${what}`,
  );
  // Of what did not land its failure tells; of a task that asks for no change this is the answer.
  const claim = task.status === "completed" ? (task.attemptDetails.at(-1)?.claim ?? null) : null;
  const said = claim === null ? [] : [`its agent said: “${claim}”`];
  const messages = task.messages.map(messageText);
  const checks = (task.checks ?? []).flatMap(checkNotes);
  return [
    ...retries,
    ...foreseen,
    ...agents,
    ...messages,
    ...refused,
    ...allowed,
    ...warnings,
    ...tick,
    ...checks,
    ...(task.issue === undefined ? [] : [issueStatusText(task.issue)]),
    ...task.notes,
    ...said,
  ];
}

function messageText({ text, told }: TaskReport["messages"][number]): string {
  const known = told === null ? "no attempt was told" : `attempt ${told} was told`;
  return `a person said: “${singleLine(text)}” (${known})`;
}
