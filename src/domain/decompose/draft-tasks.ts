import { ellipsis, printable, singleLine, visible } from "../../std/text.ts";
import { statedTasks, type DraftTask, type RoadmapReading } from "../roadmap.ts";
import { claimId, idPart, idRegister, isTaskId } from "../task-id.ts";
import type { AnsweredTask } from "./answered-task.ts";

/** What a model answered, as a source; `findings` says what was left out of it, and why. */
export interface Drafted {
  readonly reading: RoadmapReading;
  readonly findings: readonly string[];
}

const maxTitle = 200;
const maxDescription = 20_000;
const maxWords = 500;
/** Of each list of a task. */
const maxItems = 50;
const maxMinutes = 100_000;

/**
 * Makes tasks of an answer. Nothing of it is a command or a permission: ids become fit for a folder, paths stay within the
 * repository, and who works on a task and what it may do is not the model's to say. `known` are the capabilities that the
 * roster has, if it names any.
 */
export function draftTasks(answered: readonly AnsweredTask[], known: ReadonlySet<string>): Drafted {
  const ids = fitIds(answered);
  const findings: string[] = [];
  const tasks = answered.map((task, index): DraftTask => {
    const id = ids[index] ?? String(index + 1);
    const files = task.files.slice(0, maxItems).map(pathWithin);
    if (files.includes(null)) findings.push(`task ${id} names files outside of the repository: they are left out`);
    return {
      statedId: id,
      number: null,
      positionalId: String(index + 1),
      title: line(task.title, maxTitle) || "(untitled)",
      done: false,
      left: null,
      sure: "stated",
      description: visible(ellipsis(printable(task.description), maxDescription)).trim(),
      priority: task.priority,
      phase: null,
      section: null,
      files: unique(files.filter((file) => file !== null)),
      filesGuessed: true,
      acceptance: lines(task.acceptanceCriteria),
      subtasks: [],
      dependsOn: unique(task.dependencies.map((need) => renamed(need, answered, ids))),
      agent: null,
      type: task.type,
      capabilities: lines(task.capabilities).filter((name) => known.size === 0 || known.has(name)),
      estimateMinutes: minutes(task.estimatedTime),
      allow: [],
      mark: null,
      line: index + 1,
    };
  });
  return { reading: statedTasks(tasks), findings };
}

/** Ids that are fit stay, also where two tasks have the same one: which is meant nobody can tell. */
function fitIds(answered: readonly AnsweredTask[]): string[] {
  const register = idRegister();
  for (const { id } of answered) if (isTaskId(id)) register.taken.add(id.toLowerCase());
  return answered.map(({ id }, index) => {
    if (isTaskId(id)) return id;
    const part = idPart(id);
    return claimId(register, isTaskId(part) ? part : `task-${index + 1}`);
  });
}

/** The id that a task has in the plan; what names none stays as it is, to be told of. */
function renamed(need: string, answered: readonly AnsweredTask[], ids: readonly string[]): string {
  const index = answered.findIndex(({ id }) => id === need);
  return (index === -1 ? undefined : ids[index]) ?? line(need, maxTitle);
}

/** Relative to the repository's root; null for what leads out of it, or into git's own folder. */
function pathWithin(path: string): string | null {
  const parts = visible(path.trim())
    .split("/")
    .filter((part, index, all) => part !== "." && (part !== "" || index === 0 || index === all.length - 1));
  const clean = parts.join("/");
  const isOutside =
    clean === "" ||
    clean.length > maxWords ||
    path.includes("://") ||
    /^(?:[/~]|[A-Za-z]:)|[\\\p{Cc}]/u.test(clean) ||
    parts.some((part) => part === ".." || part.toLowerCase() === ".git");
  return isOutside ? null : clean;
}

function lines(texts: readonly string[]): string[] {
  return unique(
    texts
      .slice(0, maxItems)
      .map((text) => line(text, maxWords))
      .filter((text) => text !== ""),
  );
}

function line(text: string, maxLength: number): string {
  return visible(singleLine(text, maxLength));
}

function minutes(amount: number | null): number | null {
  return amount === null || !(amount > 0) ? null : Math.min(maxMinutes, Math.ceil(amount));
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
