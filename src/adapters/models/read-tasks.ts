import { z } from "zod";
import type { AnsweredTask, LineSpan } from "../../domain/decompose/answered-task.ts";
import { priorities, taskTypes, type Priority, type TaskType } from "../../domain/plan.ts";
import { plural } from "../../std/text.ts";
import type { Understood } from "./structured-answer.ts";

// What models make of a schema: numbers for ids, one text for a list, other names for fields. What nobody asked for is ignored.

const idText = z.union([z.string(), z.number()]).transform((id) => String(id).trim());

const texts = z
  .union([z.string(), z.array(idText)])
  .nullish()
  .transform((given) => (typeof given === "string" ? [given] : (given ?? [])));

const references = texts.transform((given) =>
  given.flatMap((text) => text.split(",")).flatMap((text) => (text.trim() === "" ? [] : [text.trim()])),
);

const otherPriorities: Readonly<Record<string, Priority>> = {
  urgent: "critical",
  normal: "medium",
  p0: "critical",
  p1: "high",
  p2: "medium",
  p3: "low",
  p4: "background",
};

/** What is none of the words counts as nothing said. */
const priority = z
  .unknown()
  .optional()
  .transform((given) => word(given))
  .transform((name) => priorities.find((known) => known === name) ?? otherPriorities[name] ?? "medium");

const type = z
  .unknown()
  .optional()
  .transform((given) => word(given).replace(/[\s_]+/g, "-"))
  .transform((name): TaskType => taskTypes.find((known) => known === name) ?? "code-generation");

const minutes = z
  .unknown()
  .optional()
  .transform((given) => (typeof given === "number" ? given : typeof given === "string" ? minutesIn(given) : null));

/** `[12, 14]`, `12`, `"12-14"`. */
const span = z
  .unknown()
  .optional()
  .transform((given): LineSpan | null => {
    const [from, to = from] = [given]
      .flat()
      .flatMap((one) => String(one).match(/\d{1,9}/g) ?? [])
      .map(Number);
    return from === undefined || to === undefined ? null : { from, to };
  });

function word(given: unknown): string {
  return typeof given === "string" ? given.trim().toLowerCase() : "";
}

/** `30`, `30 min`, `2h`, `1.5 hours`. */
function minutesIn(text: string): number | null {
  const [, amount, unit = "m"] = /^\s*(\d{1,6}(?:\.\d+)?)\s*(m|h|d)?/i.exec(text) ?? [];
  if (amount === undefined) return null;
  return Number(amount) * { m: 1, h: 60, d: 480 }[unit.toLowerCase() as "m" | "h" | "d"];
}

const otherNames: Readonly<Record<string, keyof AnsweredTask>> = {
  name: "title",
  dependson: "dependencies",
  deps: "dependencies",
  estimate: "estimatedTime",
  estimatedminutes: "estimatedTime",
  estimateminutes: "estimatedTime",
  acceptance: "acceptanceCriteria",
  filestouched: "files",
  fileslikelytouched: "files",
};

const fields = z.looseObject({
  id: idText.pipe(z.string().min(1)),
  title: z.string().optional(),
  description: z.string().nullish(),
  type,
  priority,
  dependencies: references,
  estimatedTime: minutes,
  acceptanceCriteria: texts,
  files: texts,
  capabilities: references,
  lines: span,
});

const task = z
  .preprocess(withOwnNames, fields)
  .refine(({ title, description }) => (title ?? description ?? "").trim() !== "", {
    path: ["title"],
    error: "a task needs a title or a description",
  })
  .transform(({ id, title, description, ...rest }): AnsweredTask => ({
    id,
    title: title?.trim() || firstLine(description ?? ""),
    description: description ?? "",
    type: rest.type,
    priority: rest.priority,
    dependencies: rest.dependencies,
    estimatedTime: rest.estimatedTime,
    acceptanceCriteria: rest.acceptanceCriteria,
    files: rest.files,
    capabilities: rest.capabilities,
    lines: rest.lines,
  }));

/** The names of the schema, whatever was written: `depends_on`, `DependsOn`. The schema's own goes first. */
function withOwnNames(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const own = Object.keys(fields.shape);
  const named: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const plain = name.replace(/[_\s-]/g, "").toLowerCase();
    const known = own.find((key) => key.toLowerCase() === plain) ?? otherNames[plain];
    if (known !== undefined && (name === known || !(known in named))) named[known] = given;
  }
  return named;
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}

/** Beyond it an answer is not even looked at. */
const maxLookedAt = 1_000;

/** The tasks of an answer, from `least` to `most`; else what is wrong with it. */
export function readTasks(value: unknown, most: number, least = 1): Understood<readonly AnsweredTask[]> {
  const list = listOf(value);
  if (list === null) return { ok: false, problem: 'it is not an object with a list “tasks”: {"tasks": [...]}' };
  if (list.length < least) return { ok: false, problem: "it has no tasks" };
  if (list.length > most) {
    return {
      ok: false,
      problem: `it has ${plural(list.length, "task")}, and at most ${most} are allowed: join small ones`,
    };
  }
  const read = z.array(task).max(maxLookedAt).safeParse(list);
  if (read.success) return { ok: true, value: read.data };
  const issues = read.error.issues.slice(0, 8).map(({ path, message }) => `tasks.${path.join(".")}: ${message}`);
  return { ok: false, problem: issues.join("\n") };
}

/** Alone, in `tasks`, or in `plan`, or in that of `plan`. */
function listOf(value: unknown): readonly unknown[] | null {
  const { tasks, plan } = fieldsOf(value);
  const found = [value, tasks, plan, fieldsOf(plan).tasks].find((one) => Array.isArray(one));
  return found === undefined ? null : (found as readonly unknown[]);
}

function fieldsOf(value: unknown): { readonly tasks?: unknown; readonly plan?: unknown } {
  return typeof value === "object" && value !== null ? value : {};
}
