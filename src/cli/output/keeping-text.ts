import type {
  CleanedBranch,
  CleanedRun,
  CleanedSet,
  CleanedSlot,
  CleanupView,
  LockOwner,
  LocksView,
  SalvageListView,
  SalvageView,
  SetAsideView,
} from "../../api/keeping-views.ts";
import { proofText } from "../../domain/present/keeping-text.ts";
import { bytesText, duration, plural, singleLine } from "../../std/text.ts";
import { table } from "./table.ts";
import type { Output } from "./terminal.ts";

export function showSalvages({ salvages, leftOff, setAside, unread }: SalvageListView, output: Output): void {
  const rows = salvages.map((salvage) => [
    salvage.id,
    timeText(salvage.at),
    filesText(salvage),
    salvage.inTarget === null ? "" : `all of it is in ${salvage.inTarget}`,
    salvage.checkout,
  ]);
  for (const line of table(rows, output.columns, 4)) output.line(line);
  if (leftOff > 0) output.line(`${leftOff} older ${leftOff === 1 ? "one is" : "ones are"} not shown.`);
  for (const folder of setAside) output.line(setAsideText(folder));
  for (const { repository, why } of unread) output.line(`not looked at: ${repository}: ${why}`);
  if (salvages.length + setAside.length === 0) output.line("Nothing is salvaged.");
  else if (salvages.length > 0)
    output.note("see one: nightcrew salvage show ID; bring it back: nightcrew salvage restore ID");
}

export function salvageLine(salvage: SalvageView): string {
  const there = salvage.inTarget === null ? "" : `, all of it is in ${salvage.inTarget}`;
  return `${salvage.id}  ${salvage.commit}  ${timeText(salvage.at)}  ${filesText(salvage)}${there}`;
}

function filesText({ files }: SalvageView): string {
  return files === null ? "files unknown" : plural(files, "file");
}

function setAsideText({ path, what, run, task, attempt }: SetAsideView): string {
  if (what === "nested-repositories")
    return `kept as it is: ${path} (history of repositories that agents made, run ${run})`;
  const whose =
    run === null || task === null || attempt === null ? "" : ` (run ${run}, task ${task}, attempt ${attempt})`;
  if (what === "unsaved") return `left by a crash, and saved before it is used again or removed: ${path}${whose}`;
  return `set aside, as it could not be saved as a commit: ${path}${whose}`;
}

/** UTC, to the minute. */
function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}

export function showCleanup(view: CleanupView, output: Output): void {
  const { dryRun, olderThanDays, runs, slots, sets } = view;
  for (const run of runs) showRun(run, dryRun, output);
  for (const slot of slots) output.line(slotText(slot, dryRun));
  for (const set of sets) output.line(setText(set, dryRun));
  const freed = [...slots, ...sets].filter(({ kept }) => kept === null);
  if (freed.length > 0)
    output.line(
      `${dryRun ? "would free" : "freed"} ${bytesText(freed.reduce((total, { bytes }) => total + bytes, 0))}`,
    );
  if (runs.length + slots.length + sets.length > 0) return;
  if (olderThanDays === null) {
    output.line("Nothing is removed: AGENT_RUN_RETENTION is 0.");
    output.note("for once: nightcrew cleanup --older-than DAYS");
    return;
  }
  output.line(`Nothing to clean up: no run has been finished for ${plural(olderThanDays, "day")}.`);
}

function showRun({ run, target, removed, branches, kept }: CleanedRun, dryRun: boolean, output: Output): void {
  const stays = !removed && kept.length > 0;
  output.line(`run ${run} ${stays ? "stays" : dryRun ? "would be removed" : "removed"}`);
  for (const branch of branches) output.line(`  ${branchText(branch, target, dryRun)}`);
  for (const why of kept) output.line(`  kept: ${why}`);
}

function branchText({ branch, proof, savedAs, kept }: CleanedBranch, target: string, dryRun: boolean): string {
  if (kept !== null || proof === null) return `branch ${branch} stays`;
  const why = proofText(proof, target);
  const done = dryRun ? "would be removed" : "removed";
  if (proof.kind !== "unproven") return `branch ${branch} ${done}: ${why}`;
  return `branch ${branch} ${done}${dryRun ? " once it is saved as a salvage" : `, saved as ${savedAs}`}: ${why}`;
}

function setText({ path, run, folders, bytes, removed, kept }: CleanedSet, dryRun: boolean): string {
  const what = run === null ? "what a setup left" : `${folders.join(", ") || "nothing"} by \`${singleLine(run, 60)}\``;
  if (kept !== null) return `kept ${what} ${path} stays: ${kept}`;
  return `kept ${what} ${path} ${removed || !dryRun ? "removed" : "would be removed"} (${bytesText(bytes)})`;
}

function slotText({ path, bytes, removed, saved, kept }: CleanedSlot, dryRun: boolean): string {
  if (kept !== null) return `workspace ${path} stays: ${kept}`;
  return `workspace ${path} ${removed || !dryRun ? "removed" : "would be removed"} (${bytesText(bytes)})${saved === null ? "" : `: ${saved}`}`;
}

export function showLocks({ locks }: LocksView, now: number, output: Output): void {
  const rows = locks.map(({ kind, resource, owner, token, since, beatAt, stale }) => [
    stale ? output.style.yellow("stale") : "held",
    kind,
    resource,
    ownerText(owner),
    token === null ? "" : `token ${token}`,
    since === null ? "since unknown" : `for ${duration(Math.max(0, now - since))}`,
    beatAt === null ? "" : `last sign of life ${duration(Math.max(0, now - beatAt))} ago`,
  ]);
  for (const line of table(rows, output.columns, 2)) output.line(line);
  if (locks.length === 0) output.line("Nobody holds anything.");
}

function ownerText({ pid, alive, run, task, attempt, agent, what }: LockOwner): string {
  const process = pid === null ? "no process" : `process ${pid}${alive === true ? "" : " (gone)"}`;
  if (task === null || attempt === null) return what === undefined ? process : `${process}: ${what}`;
  return `${process}, ${agent === null ? "" : `${agent} on `}${run ?? "?"}/${task}-${attempt}`;
}
