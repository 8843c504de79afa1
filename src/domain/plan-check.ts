import { addTo } from "../std/multi-map.ts";
import { unordered } from "./order-of.ts";
import type { PlannedTask, SourceKind } from "./plan.ts";

/** What a plan's own data shows to be wrong, or worth knowing, before anything of it runs. */
export type PlanFinding =
  /** A file that no agent may write. */
  | { readonly kind: "outside"; readonly level: Level; readonly task: string; readonly files: readonly string[] }
  /** Tasks that stand for the same thing. */
  | { readonly kind: "twice"; readonly level: Level; readonly tasks: readonly string[]; readonly by: "title" | "mark" }
  /** Tasks that may run at once and name the same file. */
  | { readonly kind: "shared-file"; readonly level: Level; readonly file: string; readonly tasks: readonly string[] }
  | { readonly kind: "too-big"; readonly level: Level; readonly task: string; readonly size: TaskSize }
  | { readonly kind: "too-small"; readonly level: Level; readonly task: string; readonly size: TaskSize }
  /** Nothing says how one sees that these are done. */
  | { readonly kind: "no-acceptance"; readonly level: Level; readonly tasks: readonly string[] }
  /** Files that are not there; they may be made. */
  | { readonly kind: "new-file"; readonly level: Level; readonly task: string; readonly files: readonly string[] };

/** `error`: it does not run so; `risk`: it may not go well; `note`: it may be meant so. */
export type Level = "error" | "risk" | "note";

/** Null: nobody said. */
export interface TaskSize {
  readonly minutes: number | null;
  readonly files: number;
  /** Sub-tasks and acceptance criteria. */
  readonly parts: number;
}

export interface PlanFacts {
  /** Every file of the target's tree and, with a slash behind it, every folder; null: not known, or too many. */
  readonly paths: ReadonlySet<string> | null;
  readonly kindOf: (task: PlannedTask) => SourceKind;
}

const levels: readonly Level[] = ["error", "risk", "note"];
/** Above any of it a task is better split. */
const big = { minutes: 240, files: 25, parts: 20 } as const;
const smallMinutes = 3;
/** A file that more tasks name is compared among the first of them. */
const comparedOfOneFile = 200;

/** What is wrong comes first. Cycles and unknown ids are refused before. */
export function checkPlan(tasks: readonly PlannedTask[], facts: PlanFacts): PlanFinding[] {
  const findings = [
    ...tasks.flatMap((task) => fileFindings(task, facts)),
    ...twice(tasks),
    ...sharedFiles(tasks),
    ...tasks.flatMap((task) => sizeFindings(task, facts)),
    ...acceptance(tasks, facts),
  ];
  return findings.sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
}

/** Words of people may mean anything; a plan that was made for us means what it says. */
function isOurs(kind: SourceKind): boolean {
  return kind === "request" || kind === "plan-file";
}

function fileFindings(task: PlannedTask, { paths, kindOf }: PlanFacts): PlanFinding[] {
  const outside = task.files.filter((file) => isOutside(file, paths));
  const inside = task.files.filter((file) => !outside.includes(file));
  const missing = paths === null ? [] : inside.filter((file) => !isThere(file, paths));
  const level = isOurs(kindOf(task)) ? "error" : "risk";
  return [
    ...(outside.length === 0 ? [] : [{ kind: "outside", level, task: task.id, files: outside } as const]),
    ...(missing.length === 0 ? [] : [{ kind: "new-file", level: "note", task: task.id, files: missing } as const]),
  ];
}

/** Above the root, in a home, on a drive, at an address, in git's own folder, or at the machine's root. */
function isOutside(path: string, paths: ReadonlySet<string> | null): boolean {
  if (/^(~|[A-Za-z]:[\\/]|\\\\)|:\/\/|\0/.test(path)) return true;
  const parts = path.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
  let depth = 0;
  for (const part of parts) {
    depth += part === ".." ? -1 : 1;
    if (depth < 0 || part.toLowerCase() === ".git") return true;
  }
  // Authors also write paths from the root of the repository with a slash in front.
  const first = parts[0] ?? "";
  return path.startsWith("/") && paths !== null && !paths.has(first) && !paths.has(`${first}/`);
}

/** A pattern may match anything; what begins with a slash begins at the root of the repository. */
function isThere(file: string, paths: ReadonlySet<string>): boolean {
  const path = file.replace(/^(\.?\/)+/, "");
  const written = [path, path.normalize("NFC"), path.normalize("NFD")];
  const isNamed = (one: string): boolean => paths.has(one) || paths.has(one.endsWith("/") ? one : `${one}/`);
  return /[*?[{]/.test(path) || written.some(isNamed);
}

function twice(tasks: readonly PlannedTask[]): PlanFinding[] {
  const marks = groupsBy(tasks, ({ box }) =>
    box === null ? null : JSON.stringify([box.path, box.kind, box.label, box.ordinal]),
  );
  const titles = groupsBy(tasks, ({ title, phase, section }) =>
    JSON.stringify([
      phase,
      section,
      title
        .toLowerCase()
        .replace(/[\p{P}\p{S}\s]+/gu, " ")
        .trim(),
    ]),
  );
  const seen = new Set(marks.map((ids) => ids.join("\0")));
  return [
    ...marks.map((ids) => ({ kind: "twice", level: "error", tasks: ids, by: "mark" }) as const),
    ...titles
      .filter((ids) => !seen.has(ids.join("\0")))
      .map((ids) => ({ kind: "twice", level: "risk", tasks: ids, by: "title" }) as const),
  ];
}

function groupsBy(tasks: readonly PlannedTask[], keyOf: (task: PlannedTask) => string | null): string[][] {
  const groups = new Map<string, string[]>();
  for (const task of tasks) {
    const key = keyOf(task);
    if (key !== null) addTo(groups, key, task.id);
  }
  return [...groups.values()].filter((ids) => ids.length > 1);
}

function sharedFiles(tasks: readonly PlannedTask[]): PlanFinding[] {
  const byFile = new Map<string, string[]>();
  for (const { id, files } of tasks) {
    for (const file of new Set(files.map((one) => one.replace(/^(\.?\/)+/, "")))) {
      const ids = byFile.get(file);
      if (ids === undefined) byFile.set(file, [id]);
      else if (ids.length < comparedOfOneFile) ids.push(id);
    }
  }
  const shared = [...byFile].filter(([, ids]) => ids.length > 1);
  const atOnce = unordered(
    tasks,
    shared.map(([, ids]) => ids),
  );
  return shared.flatMap(([file], index) => {
    const ids = atOnce[index] ?? [];
    return ids.length < 2 ? [] : [{ kind: "shared-file", level: "risk", file, tasks: ids } as const];
  });
}

function sizeFindings(task: PlannedTask, { kindOf }: PlanFacts): PlanFinding[] {
  const { id, files, acceptance, subtasks, estimateMinutes } = task;
  const size = {
    minutes: estimateMinutes ?? null,
    files: files.length,
    parts: acceptance.length + subtasks.filter(({ done }) => !done).length,
  };
  const isBig = (size.minutes ?? 0) > big.minutes || size.files > big.files || size.parts > big.parts;
  if (isBig) return [{ kind: "too-big", level: "risk", task: id, size }];
  const isSmall = size.minutes !== null && size.minutes < smallMinutes && isOurs(kindOf(task));
  return isSmall ? [{ kind: "too-small", level: "note", task: id, size }] : [];
}

function acceptance(tasks: readonly PlannedTask[], { kindOf }: PlanFacts): PlanFinding[] {
  const without = tasks.filter((task) => task.acceptance.length === 0 && isOurs(kindOf(task))).map(({ id }) => id);
  return without.length === 0 ? [] : [{ kind: "no-acceptance", level: "note", tasks: without }];
}
