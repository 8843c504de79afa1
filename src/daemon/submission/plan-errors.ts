import type { PlanProblem } from "../../domain/assemble.ts";
import type { SourceKind } from "../../domain/plan.ts";
import type { SourceLine } from "../../domain/plan-input.ts";
import { unreadText } from "../../domain/present/reading-text.ts";
import { OperationalError } from "../../std/operational-error.ts";

const shown = 8;

interface PlanFacts {
  readonly byModel: boolean;
  readonly notes: readonly string[];
  /** Of its sources. */
  readonly kinds: ReadonlySet<SourceKind>;
}

/** All problems of a plan in one error, so that they can be mended in one go. */
export function planError(problems: readonly PlanProblem[], { byModel, notes, kinds }: PlanFacts): OperationalError {
  const lines = problems.slice(0, shown).map(problemText);
  const more = problems.length > shown ? [`… and ${problems.length - shown} more`] : [];
  const [first] = problems;
  return new OperationalError({
    code: first?.reason ?? "no-plan",
    ...(first?.reason === "empty"
      ? emptyPlan(first, notes, kinds)
      : {
          what: "No plan can be made of this",
          why: [...lines, ...more].join("\n"),
          next: byModel ? plannedAnew : "correct the source and look at it again: nightcrew plan …",
        }),
  });
}

/** Where nobody wrote it who could correct it. */
const plannedAnew =
  "have it planned anew: say it in other words, name another model: --model NAME, or have the text done as one task: --as-tasks";

type EmptyPlan = Extract<PlanProblem, { readonly reason: "empty" }>;

/** `notes`: what became of what was read, by a model for one. */
function emptyPlan(
  problem: EmptyPlan,
  notes: readonly string[],
  kinds: ReadonlySet<SourceKind>,
): { readonly what: string; readonly why?: string; readonly next: string } {
  const unread = problem.unread.map(({ source, lines }) => `not read in ${source}: ${unreadText(lines)}`);
  const seen = [...unread, ...notes];
  return {
    what: emptyText(problem, kinds),
    ...(seen.length === 0 ? {} : { why: seen.join("\n") }),
    next: `${unread.length === 0 ? "" : "have a model read that: --normalise; or "}${addText(kinds)}`,
  };
}

/** How one is added where all sources are of one kind. */
function addText(kinds: ReadonlySet<SourceKind>): string {
  const [only] = kinds.size === 1 ? kinds : [];
  if (only === "plan-file") return "add a task: - title: What to do";
  return only === "task-file" ? "add a line: What to do" : "add an open box: - [ ] What to do";
}

function emptyText({ done, left }: EmptyPlan, kinds: ReadonlySet<SourceKind>): string {
  const mayHaveBoxes = kinds.size === 0 || kinds.has("roadmap");
  if (done + left === 0)
    return `There is no task in it${mayHaveBoxes ? ": no box was found, nor another mark or list of things to do" : ""}`;
  const all = done === 0 ? [] : [done === 1 ? "the only task in it is done" : `all ${done} tasks in it are done`];
  const aside = left === 0 ? [] : [`${left} marked as not to be done, or to wait`];
  return `Nothing is left to do: ${[...all, ...aside].join("; ")}`;
}

export function problemText(problem: PlanProblem): string {
  switch (problem.reason) {
    case "empty":
      return emptyText(problem, new Set());
    case "bad-id":
      return `${place(problem.at)}: “${problem.id}” cannot be an id; use letters, digits, dots, dashes and underscores`;
    case "duplicate-id":
      return `duplicate id ${problem.id}: ${problem.at.map(place).join(", ")}`;
    case "unknown-dependency": {
      const meant = problem.nearest.length > 0 ? `; did you mean ${problem.nearest.slice(0, 3).join(" or ")}?` : "";
      return `${place(problem.at)}: task ${problem.task} depends on “${problem.reference}”, which is not in the plan${meant}`;
    }
    case "unknown-rule": {
      const meant = problem.nearest.length > 0 ? `; did you mean ${problem.nearest.join(" or ")}?` : "";
      return `${place(problem.at)}: task ${problem.task} allows “${problem.rule}”, which is no rule of the diff policy${meant}`;
    }
    case "ambiguous-dependency":
      return `${place(problem.at)}: task ${problem.task} depends on “${problem.reference}”, which could be ${problem.candidates.map(({ id }) => id).join(" or ")}`;
  }
}

function place({ source, line }: SourceLine): string {
  return `${source}:${line}`;
}

const shownOfCycle = 12;

function shortened(cycle: readonly string[]): readonly string[] {
  if (cycle.length <= shownOfCycle) return cycle;
  return [...cycle.slice(0, 6), `… ${cycle.length - 11} more …`, ...cycle.slice(-5)];
}

export function cycleError(cycle: readonly string[], byModel: boolean): OperationalError {
  return new OperationalError({
    code: "cycle",
    what: `The tasks wait for each other in a circle: ${shortened(cycle).join(" → ")}`,
    why: `none of them could ever start${byModel ? "; the model was told, and did not mend it" : ""}`,
    next: byModel ? plannedAnew : "remove one of these dependencies (`**Depends on**:`, in a plan file `dependsOn:`)",
  });
}
