import { z } from "zod";
import type { AnsweredTask, LineSpan } from "../../domain/decompose/answered-task.ts";
import { priorities, taskTypes, type Priority, type TaskType } from "../../domain/plan.ts";
import { plural } from "../../std/text.ts";
import { readJson } from "./read-json.ts";
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

/** By maps, not by objects: a model may well say `constructor`. */
const otherPriorities: ReadonlyMap<string, Priority> = new Map([
  ["urgent", "critical"],
  ["normal", "medium"],
  ["p0", "critical"],
  ["p1", "high"],
  ["p2", "medium"],
  ["p3", "low"],
  ["p4", "background"],
]);

/** What is none of the words counts as nothing said. */
const priority = z
  .unknown()
  .optional()
  .transform((given) => word(given))
  .transform((name) => priorities.find((known) => known === name) ?? otherPriorities.get(name) ?? "medium");

const type = z
  .unknown()
  .optional()
  .transform((given) => word(given).replace(/[\s_]+/g, "-"))
  .transform((name): TaskType => taskTypes.find((known) => known === name) ?? "code-generation");

const minutes = z
  .unknown()
  .optional()
  .transform((given) => (typeof given === "number" ? given : typeof given === "string" ? minutesIn(given) : null));

/** `[12, 14]`, `12`, `"12-14"`, `{"from": 12, "to": 14}`. */
const span = z
  .unknown()
  .optional()
  .transform((given): LineSpan | null => {
    const said = typeof given === "object" && given !== null ? Object.values(given) : [given];
    const [from, to = from] = said.flatMap((one) => (typeof one === "number" ? one : numbersIn(one)));
    return from === undefined || to === undefined ? null : { from, to };
  });

function numbersIn(given: unknown): number[] {
  return typeof given === "string" ? (given.match(/\d{1,9}/g) ?? []).map(Number) : [];
}

function word(given: unknown): string {
  return typeof given === "string" ? given.trim().toLowerCase() : "";
}

/** Of work, not of the clock: a day has eight hours, a week five days. */
const minutesOf: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["m", 1],
  ["min", 1],
  ["h", 60],
  ["hr", 60],
  ["hour", 60],
  ["d", 480],
  ["day", 480],
  ["w", 2_400],
  ["week", 2_400],
]);

/** `30`, `30 min`, `2h`, `1h 30m`, `1.5 hours`, `~2-3 days` (the longer); null for what nobody could tell. */
function minutesIn(text: string): number | null {
  const parts = [...text.slice(0, 100).matchAll(/(?:\d{1,6}\s*[-–]\s*)?(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]*)/gi)];
  const amounts = parts.map(([, amount, unit = ""]) => {
    const per = minutesOf.get(unit.toLowerCase().replace(/(?<=[a-z])(?:ute)?s$|ute$/, ""));
    return per === undefined ? null : Number(amount) * per;
  });
  const known = amounts.slice(0, amounts.includes(null) ? amounts.indexOf(null) : amounts.length);
  return known.length === 0 ? null : known.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

const otherNames: ReadonlyMap<string, keyof AnsweredTask> = new Map([
  ["name", "title"],
  ["dependson", "dependencies"],
  ["deps", "dependencies"],
  ["estimate", "estimatedTime"],
  ["estimatedminutes", "estimatedTime"],
  ["estimateminutes", "estimatedTime"],
  ["acceptance", "acceptanceCriteria"],
  ["filestouched", "files"],
  ["fileslikelytouched", "files"],
]);

const fields = z.looseObject({
  id: idText.pipe(z.string().min(1)),
  title: z.string().nullish(),
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
    const known = own.find((key) => key.toLowerCase() === plain) ?? otherNames.get(plain);
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
      next: "allow more: --max-tasks N",
    };
  }
  const read = z.array(task).max(maxLookedAt).safeParse(list);
  if (read.success) return { ok: true, value: read.data };
  const issues = read.error.issues.slice(0, 8).map(({ path, message }) => `tasks.${path.join(".")}: ${message}`);
  return { ok: false, problem: issues.join("\n") };
}

/** Alone, in `tasks`, or in `plan`, or in that of `plan`; each of them may be JSON in a text, as some write into a tool. */
function listOf(given: unknown): readonly unknown[] | null {
  const value = unpacked(given);
  const { tasks, plan } = fieldsOf(value);
  for (const one of [value, tasks]) if (Array.isArray(one)) return one;
  const [list, whole] = [unpacked(tasks), unpacked(plan)];
  const found = [list, whole, fieldsOf(whole).tasks].find((one) => Array.isArray(one));
  return found === undefined ? null : (found as readonly unknown[]);
}

function unpacked(value: unknown): unknown {
  return typeof value === "string" ? readJson(value) : value;
}

function fieldsOf(value: unknown): { readonly tasks?: unknown; readonly plan?: unknown } {
  return typeof value === "object" && value !== null ? value : {};
}
