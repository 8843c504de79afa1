import type { PlanView } from "../../api/views.ts";
import { budgetText, spendText } from "../../domain/present/money-text.ts";
import { basisText, costEstimateText, taskEstimateText, timeEstimateText } from "../../domain/present/estimate-text.ts";
import { listText } from "../../domain/present/failure-text.ts";
import { plural, singleLine } from "../../std/text.ts";
import type { PlanFinding } from "../../domain/plan-check.ts";
import { planFindingText } from "../../domain/present/plan-finding-text.ts";
import { formText } from "../../domain/present/reading-text.ts";
import type { PlanSource } from "../../domain/plan.ts";
import type { Sync } from "../../domain/run.ts";
import { policyText } from "../../domain/present/policy-text.ts";
import type { Output } from "./terminal.ts";
import { table, wrapped } from "./table.ts";

const maxLayers = 40;
const maxInLayer = 30;
const maxRisks = 12;
const maxSmallNotes = 4;
const labelWidth = 15;

/** The plan as a person reads it: what, in which order, what side by side, who, what must pass. */
export function showPlan(plan: PlanView, output: Output): void {
  const { style } = output;
  const sources = plan.sources.map(sourceText);
  output.line(
    `${style.bold(plural(plan.tasks.length, "task"))} from ${listText(sources)} → ${style.bold(plan.target)}`,
  );
  output.line("");
  showLayers(plan, output);
  output.line("");
  const fact = factsOn(output);
  const path = plan.criticalPath;
  const shown = path.length > 12 ? [...path.slice(0, 6), "…", ...path.slice(-5)] : path;
  fact("critical path", `${plural(path.length, "task")}: ${shown.join(" → ")}`);
  showEstimate(plan, output);
  fact(
    "agents",
    `${plan.agents.join(", ")} ${plan.sandbox === "none" ? style.red("(UNSANDBOXED)") : style.dim("(in a sandbox)")}`,
  );
  if (plan.planning !== null) fact("planned by", `${singleLine(plan.planning.by)}: ${spendText(plan.planning.spend)}`);
  fact("caps", budgetText(plan.budget));
  if (plan.setup !== null) fact("setup", singleLine(plan.setup));
  fact("gate", gateText(plan, output));
  fact("diff policy", policyText(plan.policy));
  if (plan.remote !== null)
    fact("remote", `${plan.remote}: what lands is pushed to ${plan.target} there, before ${plan.target} here moves`);
  for (const [label, text] of syncFacts(plan)) fact(label, text);
  showFindings(plan, output);
  for (const note of plan.notes) fact("note", note, style.yellow);
}

/** A label and what there is to say, below each other where that is long. */
function factsOn(output: Output): (label: string, text: string, color?: (text: string) => string) => void {
  return (label, text, color = (plain) => plain) => {
    const [first = "", ...more] = wrapped(`${label.padEnd(labelWidth)}${text}`, output.columns, labelWidth);
    output.line(`${color(label)}${first.slice(label.length)}`);
    for (const line of more) output.line(line);
  };
}

function showEstimate({ estimate, width, workers, tasks }: PlanView, output: Output): void {
  const { parallel, sequential } = estimate;
  const fact = factsOn(output);
  fact(
    "side by side",
    `up to ${width}, with ${plural(workers, "worker")}; ${parallel} of ${tasks.length} beside the ${sequential} of the critical path`,
  );
  fact("time", `${timeEstimateText(estimate, workers)} ${output.style.dim(`(${basisText(estimate)})`)}`);
  fact("cost", costEstimateText(estimate));
}

function sourceText({ name, boxes, form, tasks }: PlanSource): string {
  const boxed = boxes.open + boxes.done > 0;
  if (form !== undefined && tasks !== undefined && (form !== "boxes" || !boxed)) {
    const left = tasks.left > 0 ? `, ${tasks.left} left out` : "";
    return `${name} (${form === "boxes" ? "markers" : formText(form)}: ${tasks.open} open, ${tasks.done} done${left})`;
  }
  return boxed ? `${name} (boxes: ${boxes.open} open, ${boxes.done} done)` : name;
}

const maxWrites = 8;

/** What will be written into which source, and when. */
function syncFacts({ sync, sources }: PlanView): (readonly [label: string, text: string])[] {
  const general = sync === "landing" ? [] : [["boxes", whenText(sync, "ticked")] as const];
  const marks = sources.flatMap((source) => {
    const { name, writes = [], boxes, sync: own = sync } = source;
    const texts = writes
      .slice(0, maxWrites)
      .map(({ from, to, tasks }) => `${shownMark(from)} → ${shownMark(to)} (${tasks})`);
    if (writes.length > maxWrites) texts.push("…");
    // Of a document with other marks, too, boxes wait with these.
    if (own !== sync && boxes.open > 0) texts.unshift("boxes");
    return texts.length === 0 ? [] : [["marks", `${name}: ${texts.join(", ")}; ${whenText(own, "written")}`] as const];
  });
  return [...general, ...marks];
}

function whenText(sync: Sync, what: "ticked" | "written"): string {
  if (sync === "none") return `not ${what}`;
  return sync === "landing" ? "with the landing" : `${what} on request (nightcrew sync)`;
}

function shownMark(mark: string): string {
  return mark === "" ? "(nothing)" : singleLine(mark, 40);
}

function showFindings({ findings }: PlanView, output: Output): void {
  const { style } = output;
  const fact = factsOn(output);
  const risks = findings.filter(({ level }) => level === "risk");
  const notes = noteTexts(findings.filter(({ level }) => level === "note"));
  for (const risk of risks.slice(0, maxRisks)) fact("risk", planFindingText(risk), style.yellow);
  for (const note of notes.slice(0, maxSmallNotes)) fact("note", note, style.dim);
  const more = Math.max(0, risks.length - maxRisks) + Math.max(0, notes.length - maxSmallNotes);
  if (more > 0) fact("", `… and ${more} more, told by --json`);
}

/** A plan of something new names many files that are not there yet: they are told in one line. */
function noteTexts(notes: readonly PlanFinding[]): string[] {
  const fresh = notes.flatMap((note) => (note.kind === "new-file" ? [note] : []));
  const others = notes.filter(({ kind }) => kind !== "new-file").map(planFindingText);
  if (fresh.length < 2) return notes.map(planFindingText);
  const files = [...new Set(fresh.flatMap((note) => note.files))].map((file) => singleLine(file));
  return [
    `${plural(files.length, "file")} that ${files.length === 1 ? "is" : "are"} not there yet: ${listText(files, 6)}`,
    ...others,
  ];
}

function gateText({ gate }: PlanView, { style }: Output): string {
  if (gate === null) return style.red("NONE: nothing is checked before it lands");
  return `${gate.checks.map(({ run, quarantined }) => (quarantined === true ? `${run} (QUARANTINED)` : run)).join(" · ")} ${style.dim(`(${gate.from})`)}`;
}

/** One block a step: its tasks can run at once, and need only tasks of the steps above. */
function showLayers(plan: PlanView, output: Output): void {
  const tasks = new Map(plan.tasks.map((task) => [task.id, task]));
  const estimates = new Map(plan.estimate.tasks.map((one) => [one.id, taskEstimateText(one)]));
  const unsure = plan.tasks.some(({ sure }) => sure !== undefined);
  for (const [step, ids] of plan.layers.slice(0, maxLayers).entries()) {
    output.line(output.style.dim(`step ${step + 1}${ids.length > 1 ? `, ${ids.length} side by side` : ""}`));
    const rows = ids.slice(0, maxInLayer).flatMap((id) => {
      const task = tasks.get(id);
      const needs = task?.dependsOn ?? [];
      const after = needs.length === 0 ? "" : `after ${listText(needs, 6)}`;
      const priority = task === undefined || task.priority === "medium" ? "" : task.priority;
      const { parts = [] } = task ?? {};
      const title = parts.length === 0 ? singleLine(task?.title ?? "") : `${parts.length} done together`;
      const sure = (of: { readonly sure?: string } | undefined): string[] =>
        unsure ? [output.style.yellow(of?.sure ?? "")] : [];
      return [
        ["", id, title, estimates.get(id) ?? "", priority, after, ...sure(parts.length === 0 ? task : undefined)],
        ...parts.map((part) => ["", `  ${part.id}`, singleLine(part.title), "", "", "", ...sure(part)]),
      ];
    });
    for (const line of table(rows, output.columns, 2)) output.line(line);
    if (ids.length > maxInLayer) output.line(`  … and ${ids.length - maxInLayer} more`);
  }
  if (plan.layers.length > maxLayers) output.line(`… and ${plural(plan.layers.length - maxLayers, "more step")}`);
}
