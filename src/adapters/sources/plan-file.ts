import type { IssueRef } from "../../domain/issue.ts";
import type { MarkAnchor, PlannedTask } from "../../domain/plan.ts";
import { statedTasks, type DraftTask, type Phase, type RoadmapReading } from "../../domain/roadmap.ts";
import { parseYaml, type YamlFault } from "../config/parse-yaml.ts";
import type { PlanFile, PlanFileTask } from "./plan-file-schema.ts";

export type ReadPlanFile =
  { readonly ok: true; readonly reading: RoadmapReading } | { readonly ok: false; readonly fault: YamlFault };

/** A plan that was written down. What a task needs is what it says: the order of its phases says nothing. */
export async function readPlanFile(text: string): Promise<ReadPlanFile> {
  const { planFileSchema, planFileKeys } = await import("./plan-file-schema.ts");
  const parsed = await parseYaml<PlanFile>(text, planFileSchema, planFileKeys);
  if (!parsed.ok) return parsed;
  const { tasks } = parsed.data;
  const names = [...new Set(tasks.flatMap(({ phase }) => phase ?? []))];
  const phases = names.map((name, index): Phase => {
    return { id: String(index + 1), name, goal: "", effort: "", prerequisites: null };
  });
  return {
    ok: true,
    reading: { ...statedTasks(tasks.map((task, index) => draftOf(task, index + 1, names))), phases },
  };
}

function draftOf(task: PlanFileTask, place: number, phases: readonly string[]): DraftTask {
  return {
    statedId: task.id ?? null,
    number: null,
    positionalId: String(place),
    title: task.title,
    done: false,
    left: null,
    sure: "stated",
    description: task.description ?? "",
    priority: task.priority ?? "medium",
    phase: task.phase === undefined ? null : phases.indexOf(task.phase),
    section: task.section ?? null,
    files: task.files ?? [],
    ...(task.filesGuessed === true ? { filesGuessed: true } : {}),
    acceptance: task.acceptance ?? [],
    subtasks: (task.subtasks ?? []).map(({ title, done = false }) => ({ title, done })),
    dependsOn: task.dependsOn ?? [],
    agent: task.agent ?? null,
    type: task.type ?? null,
    estimateMinutes: task.estimateMinutes ?? null,
    capabilities: task.capabilities ?? [],
    allow: task.allow ?? [],
    mark: null,
    anchor: task.mark === undefined ? null : anchorOf(task.mark),
    ...(task.issue === undefined ? {} : { issue: { ...task.issue, place: task.issue.place ?? "", url: null } }),
    line: place,
  };
}

function anchorOf(mark: NonNullable<PlanFileTask["mark"]>): MarkAnchor {
  const { path, kind, label, ordinal, of, under, line, open } = mark;
  const more = { ...(kind === undefined ? {} : { kind }), ...(open === undefined ? {} : { open }) };
  return {
    path,
    label,
    ordinal,
    ...(of === undefined ? {} : { of }),
    ...(under === undefined ? {} : { under }),
    line,
    ...more,
  };
}

const opening = `# A plan of nightcrew. Edit it, and look at it again: nightcrew plan <this file>; then: nightcrew run <this file>
# What each name means, for editors: nightcrew plan --schema > plan.schema.json
`;

/** The text of a plan file; `nameOf` says how the file of a mark is called in it. */
export async function planFileText(
  tasks: readonly PlannedTask[],
  format: "yaml" | "json",
  nameOf: (path: string) => string,
): Promise<string> {
  const plan: PlanFile = { version: 1, tasks: tasks.map((task) => fileTask(task, nameOf)) };
  if (format === "json") return `${JSON.stringify(plan, null, 2)}\n`;
  const { stringify } = await import("yaml");
  return opening + stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Without what it would be anyway. */
function fileTask(task: PlannedTask, nameOf: (path: string) => string): PlanFileTask {
  const { id, title, description, type, priority, phase, section, estimateMinutes, agent, box, issue } = task;
  const { files, acceptance, subtasks, dependsOn, capabilities, allow } = task;
  return {
    id,
    title,
    ...(description === "" ? {} : { description }),
    ...(type === "code-generation" ? {} : { type }),
    ...(priority === "medium" ? {} : { priority }),
    ...(phase === null ? {} : { phase }),
    ...(section === null ? {} : { section }),
    ...(estimateMinutes === undefined ? {} : { estimateMinutes }),
    ...(agent === null ? {} : { agent }),
    ...someOf({ dependsOn, files }),
    ...(task.filesGuessed === true && files.length > 0 ? { filesGuessed: true } : {}),
    ...someOf({ acceptance, capabilities }),
    ...(subtasks.length === 0 ? {} : { subtasks: [...subtasks] }),
    ...(allow.length === 0 ? {} : { allow: [...allow] }),
    ...(box === null ? {} : { mark: { ...box, path: nameOf(box.path) } }),
    ...(issue === undefined ? {} : { issue: fileIssue(issue) }),
  };
}

/** Where files of a tracker are is another one's matter. */
function fileIssue({ tracker, place, id }: IssueRef): NonNullable<PlanFileTask["issue"]> {
  return tracker === "github" ? { tracker, place, id } : { tracker, id };
}

function someOf(lists: Record<string, readonly string[]>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(lists)
      .filter(([, list]) => list.length > 0)
      .map(([name, list]) => [name, [...list]]),
  );
}
