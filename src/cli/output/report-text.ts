import {
  factLines,
  filesText,
  headline,
  logExcerpt,
  nextSteps,
  taskNotes,
  testsText,
  timeText,
  whyText,
} from "../../domain/present/report-text.ts";
import type { Report } from "../../domain/report.ts";
import { plural, singleLine } from "../../std/text.ts";
import { tableOrPairs, wrapped } from "./table.ts";
import type { Output } from "./terminal.ts";

/** The report for a terminal: the same facts, in the same order, as the kept Markdown. */
export function showReport(report: Report, output: Output): void {
  const { style } = output;
  const good = report.totals.completed === report.totals.tasks && report.gate !== null && report.waiting === null;
  output.line((good ? style.green : style.yellow)(style.bold(headline(report))));
  for (const line of factLines(report)) output.line(style.dim(line));
  const landed = report.tasks.filter((task) => task.status === "completed");
  const rows = landed.flatMap((task) => [
    [
      style.green("✔"),
      task.id,
      singleLine(task.title),
      task.commit?.slice(0, 10) ?? "",
      filesText(task),
      testsText(task.checks),
      timeText(task),
    ],
    ...(task.parts ?? []).map(({ id, title }) => [style.green("✔"), `  ${id}`, singleLine(title), "", "", "", ""]),
  ]);
  if (rows.length > 0) output.line("");
  for (const line of tableOrPairs(rows, output.columns, { flexible: 2, heads: 4 })) output.line(line);
  showOthers(report, output);
  const notes = report.tasks.flatMap((task) => taskNotes(task).map((note) => `${task.id}: ${singleLine(note, 300)}`));
  if (notes.length > 0) output.line("");
  for (const note of notes) {
    const [first = "", ...more] = wrapped(`note ${note}`, output.columns, 5);
    output.line(`${style.yellow("note")}${first.slice(4)}`);
    for (const line of more) output.line(line);
  }
  const steps = nextSteps(report);
  if (steps.length > 0) output.line("");
  for (const step of steps) output.line(`${style.bold("next")} ${step}`);
}

function showOthers(report: Report, output: Output): void {
  const { style } = output;
  const line = (text: string): void => output.line(text);
  for (const task of report.tasks.filter(({ status }) => status !== "completed")) {
    line("");
    const mark = task.status === "failed" ? style.red("✘") : style.yellow("■");
    const state = style.dim(`(${task.status}, ${plural(task.attempts, "attempt")})`);
    for (const text of wrapped(`${mark} ${task.id}  ${singleLine(task.title)}  ${state}`, output.columns, 2))
      line(text);
    for (const text of wrapped(`  ${singleLine(whyText(task), 400)}`, output.columns, 2)) line(text);
    if (task.branch !== null) line(`  branch ${task.branch} (${filesText(task)})`);
    const log = task.failure === null ? "" : logExcerpt(task.failure, 6);
    if (log !== "") for (const text of log.split("\n")) line(style.dim(`  │ ${text}`));
  }
}
