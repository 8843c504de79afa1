import { nearest, singleLine } from "../std/text.ts";
import { idProblems, isOpen, lineOf, renamedNotes, withIds, type IdProblem } from "./draft-ids.ts";
import { isRuleName, ruleNames, type RuleName } from "./diff-policy/rules.ts";
import type { MarkAnchor, Plan, PlannedTask, PlanSource, MarkWrite } from "./plan.ts";
import type { Entry, PlanInput, SourceLine } from "./plan-input.ts";
import { referenceFinder } from "./reference.ts";
import type { FindReference, Found } from "./reference.ts";
import { countBoxes, isBoxKind } from "./roadmap.ts";
import type { DraftTask, Mark, RoadmapReading, Unread } from "./roadmap.ts";
import { readingNotes } from "./present/reading-text.ts";

/** Why no plan can be made of the sources. */
export type PlanProblem =
  /** No open task; `done` counts the finished ones, `left` those that are not to be done. */
  | {
      readonly reason: "empty";
      readonly done: number;
      readonly left: number;
      readonly unread: readonly { readonly source: string; readonly lines: readonly Unread[] }[];
    }
  | IdProblem
  | {
      readonly reason: "unknown-dependency";
      readonly task: string;
      readonly reference: string;
      /** Spellings near to it that are understood, best first. */
      readonly nearest: readonly string[];
      readonly at: SourceLine;
    }
  | {
      /** Of the diff policy. */
      readonly reason: "unknown-rule";
      readonly task: string;
      readonly rule: string;
      readonly nearest: readonly string[];
      readonly at: SourceLine;
    }
  | {
      readonly reason: "ambiguous-dependency";
      readonly task: string;
      readonly reference: string;
      readonly candidates: readonly (SourceLine & { readonly id: string; readonly title: string })[];
      readonly at: SourceLine;
    };

export type AssembledPlan =
  { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly problems: readonly PlanProblem[] };

/** More would bury the first ones, and the search is the costly part. */
const maxSuggestions = 20;

/** Joins what the sources state into one plan. Cycles are not looked for here. */
export function assemblePlan(inputs: readonly PlanInput[]): AssembledPlan {
  const drafts = inputs.flatMap((input) => input.reading.tasks.map((draft) => ({ input, draft })));
  if (!drafts.some(({ draft }) => isOpen(draft))) return { ok: false, problems: [emptyProblem(inputs)] };

  const problems: PlanProblem[] = idProblems(drafts);
  const entries = withIds(drafts);
  const context: Context = {
    entries,
    find: referenceFinder(entries),
    defaults: new Map(inputs.map((input) => [input, phaseDefaults(input, entries)])),
    ordinals: new Map(inputs.map((input) => [input, ordinalsOf(input.reading.marks)])),
    problems,
    notes: [],
  };
  const tasks = entries.filter(({ draft }) => isOpen(draft)).map((entry) => planTask(context, entry));
  if (problems.length > 0) return { ok: false, problems };
  const notes = [...leftBoxNotes(entries), ...renamedNotes(entries), ...context.notes, ...inputs.flatMap(readingNotes)];
  const kinds = new Map(entries.map(({ id, input }) => [id, input.kind]));
  const done = new Set(entries.flatMap(({ draft }) => (draft.done ? [draft.title] : [])));
  return { ok: true, plan: { sources: inputs.map(sourceOf), tasks, kinds, done, notes } };
}

function emptyProblem(inputs: readonly PlanInput[]): PlanProblem {
  const tasks = inputs.flatMap(({ reading }) => reading.tasks);
  const unread = inputs.map(({ name, reading }) => ({ source: name, lines: reading.unread }));
  const done = tasks.filter((task) => task.done).length;
  return { reason: "empty", done, left: tasks.length - done, unread: unread.filter(({ lines }) => lines.length > 0) };
}

function sourceOf({ kind, name, reading }: PlanInput): PlanSource {
  const { form, tasks, unread } = reading;
  const boxes = countBoxes(reading);
  if (form === null) return { kind, name, boxes };
  const done = tasks.filter((task) => task.done).length;
  const left = tasks.filter((task) => task.left !== null).length;
  const counts = { open: tasks.length - done - left, done, left };
  const lines = unread.map(({ from, to, reason }) => ({ from, to, reason }));
  const writes = writesOf(reading);
  return {
    kind,
    name,
    boxes,
    form,
    tasks: counts,
    ...(writes.length === 0 ? {} : { writes }),
    ...(lines.length === 0 ? {} : { unread: lines }),
  };
}

function writesOf({ tasks, marks }: RoadmapReading): MarkWrite[] {
  const counts = new Map<string, MarkWrite>();
  for (const draft of tasks) {
    const mark = draft.mark === null ? undefined : marks[draft.mark];
    if (mark === undefined || !isOpen(draft) || isBoxKind(mark.kind)) continue;
    const { text: from, done: to } = mark;
    const same = counts.get(JSON.stringify([from, to]));
    counts.set(JSON.stringify([from, to]), { from, to, tasks: (same?.tasks ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** Nothing open is passed over in silence. */
function leftBoxNotes(entries: readonly Entry[]): string[] {
  const left = entries.filter(({ draft }) => draft.done && draft.subtasks.some((sub) => !sub.done));
  const [first] = left;
  if (first === undefined) return [];
  const places = `${first.input.name}:${first.draft.line}${left.length > 1 ? ` and ${left.length - 1} more` : ""}`;
  return [`open sub-boxes below a ticked box are not run (${places}): open the box above to have them done`];
}

interface Context {
  readonly entries: readonly Entry[];
  readonly find: FindReference;
  /** By phase: what its tasks wait for when they state nothing. */
  readonly defaults: ReadonlyMap<PlanInput, readonly (readonly string[])[]>;
  readonly ordinals: ReadonlyMap<PlanInput, readonly Ordinal[]>;
  readonly problems: PlanProblem[];
  readonly notes: string[];
}

/** The order of phases stands for dependencies between them, unless a phase names its prerequisites. */
function phaseDefaults(input: PlanInput, entries: readonly Entry[]): string[][] {
  const { phases } = input.reading;
  const openIn: string[][] = phases.map(() => []);
  for (const { id, draft, input: of } of entries) {
    if (of === input && isOpen(draft) && draft.phase !== null) openIn[draft.phase]?.push(id);
  }
  let previous: string[] = [];
  return phases.map(({ prerequisites }, index) => {
    const waitsFor = prerequisites === null ? previous : prerequisites.flatMap((phase) => openIn[phase] ?? []);
    const open = openIn[index] ?? [];
    if (open.length > 0) previous = open;
    return waitsFor;
  });
}

interface Ordinal {
  readonly ordinal: number;
  readonly of: number;
  /** No other one of them is below the same heading. */
  readonly isAlone: boolean;
}

function ordinalsOf(marks: readonly Mark[]): Ordinal[] {
  const counts = new Map<string, number>();
  const count = (name: string): number => counts.set(name, (counts.get(name) ?? 0) + 1).get(name) ?? 1;
  const names = marks.map(({ kind, label, under }) => {
    const [all, near] = [`${kind} ${label}`, `${kind} ${label}\n${under}`];
    count(near);
    return { all, near, ordinal: count(all) - 1 };
  });
  return names.map(({ all, near, ordinal }) => {
    return { ordinal, of: counts.get(all) ?? 1, isAlone: counts.get(near) === 1 };
  });
}

function isBlank(text: string): boolean {
  return /^[ \t]$/.test(text);
}

function anchorOf({ ordinals }: Context, { input, draft }: Entry): MarkAnchor | null {
  const mark = draft.mark === null ? undefined : input.reading.marks[draft.mark];
  if (mark === undefined) return draft.anchor ?? null;
  const { kind, label, line, text, under } = mark;
  const { ordinal = 0, of = 1, isAlone = false } = ordinals.get(input)?.[draft.mark ?? 0] ?? {};
  return {
    path: input.path,
    label,
    ordinal,
    ...(of === 1 ? {} : { of }),
    ...(isAlone ? { under } : {}),
    line,
    ...(kind === "box" ? {} : { kind }),
    ...(isBlank(text) ? {} : { open: text }),
  };
}

function planTask(context: Context, entry: Entry): PlannedTask {
  const { id, draft, input } = entry;
  const phase = draft.phase === null ? undefined : input.reading.phases[draft.phase];
  return {
    id,
    title: draft.title,
    description: draft.description,
    priority: draft.priority,
    phase: phase === undefined ? null : phase.name || `Phase ${phase.id}`,
    section: draft.section,
    files: draft.files,
    ...(draft.filesGuessed === true ? { filesGuessed: true } : {}),
    acceptance: draft.acceptance,
    subtasks: draft.subtasks,
    dependsOn: needsOf(context, entry),
    agent: draft.agent,
    type: draft.type ?? "code-generation",
    capabilities: draft.capabilities,
    ...(draft.estimateMinutes === null ? {} : { estimateMinutes: draft.estimateMinutes }),
    allow: allowedRules(context, entry),
    ...(draft.sure === "stated" ? {} : { sure: draft.sure }),
    box: anchorOf(context, entry),
    ...(draft.issue === undefined ? {} : { issue: draft.issue }),
  };
}

/** A word that only looks like a rule is a mistake; words of prose behind `Allow:` are none of ours. */
function allowedRules({ problems }: Context, entry: Entry): RuleName[] {
  const words = entry.draft.allow.map((word) => word.toLowerCase());
  const known = words.filter(isRuleName);
  for (const word of words) {
    if (isRuleName(word)) continue;
    const meant = nearest(word, ruleNames);
    if (known.length === 0 && meant.length === 0 && words.length > 1) continue;
    problems.push({ reason: "unknown-rule", task: entry.id, rule: word, nearest: meant, at: lineOf(entry) });
  }
  return known;
}

function needsOf(context: Context, entry: Entry): string[] {
  const { dependsOn } = entry.draft;
  const needs = dependsOn === null ? defaultNeeds(context, entry) : statedNeeds(context, entry, dependsOn);
  return [...new Set([...needs, ...mentionedNeeds(context, entry)])];
}

function defaultNeeds({ defaults }: Context, { draft, input }: Entry): readonly string[] {
  return draft.phase === null ? [] : (defaults.get(input)?.[draft.phase] ?? []);
}

/** Of words in a title only what can be nothing else than the name of a task is believed. */
function mentionedNeeds({ find }: Context, entry: Entry): string[] {
  return (entry.draft.mentions ?? []).flatMap((reference) => {
    const { kind, entries } = find(entry, reference);
    const [only] = entries;
    const isNamed =
      kind === "tasks" && (/^phase\s/i.test(reference) || (entries.length === 1 && isName(reference, only)));
    return isNamed ? entries.filter((one) => one !== entry && isOpen(one.draft)).map(({ id }) => id) : [];
  });
}

function isName(reference: string, entry: Entry | undefined): boolean {
  const name = reference.toLowerCase();
  return [entry?.draft.statedId, entry?.draft.number, entry?.draft.title].some(
    (known) => known?.toLowerCase() === name,
  );
}

/** What is done is satisfied. A task that names itself keeps that need, for the search for cycles to find. */
function statedNeeds(context: Context, entry: Entry, references: readonly string[]): string[] {
  const needs = new Set<string>();
  const found = references.map((reference) => ({ reference, ...context.find(entry, reference) }));
  const isNamed = found.some(({ kind }) => kind === "tasks");
  for (const { reference, kind, entries } of found) {
    const open = entries.filter(({ draft }) => isOpen(draft));
    if (kind === "unknown" && isNamed && isAside(context, reference)) {
      context.notes.push(`${entry.id} does not wait for “${singleLine(reference, 60)}”, which is no task of the plan`);
    } else if (kind === "unknown" || (kind === "ambiguous" && open.length > 0)) {
      context.problems.push(referenceProblem(context, entry, reference, { kind, entries }));
    } else {
      for (const { id } of open) needs.add(id);
      const held = entries.filter(({ draft }) => draft.left === "held");
      for (const { draft } of held) context.notes.push(heldNote(entry, draft));
    }
  }
  return [...needs];
}

/** Several words beside the names of tasks, and near to none of them: what has to be there besides. */
function isAside({ entries }: Context, reference: string): boolean {
  return (
    !/^[#\w.-]+$/.test(reference) && !/^phase\s/i.test(reference) && spellingsNear(entries, reference).length === 0
  );
}

/** It was marked by a person, who may have meant both of them. */
function heldNote({ id }: Entry, { title }: DraftTask): string {
  return `${id} does not wait for “${singleLine(title, 60)}”, which is marked as to wait`;
}

function referenceProblem(context: Context, entry: Entry, reference: string, { kind, entries }: Found): PlanProblem {
  const about = { task: entry.id, reference, at: lineOf(entry) };
  if (kind === "ambiguous") {
    const candidates = entries.map((one) => ({ id: one.id, title: one.draft.title, ...lineOf(one) }));
    return { reason: "ambiguous-dependency", ...about, candidates };
  }
  const suggested = context.problems.length < maxSuggestions ? spellingsNear(context.entries, reference) : [];
  return { reason: "unknown-dependency", ...about, nearest: suggested };
}

function spellingsNear(entries: readonly Entry[], reference: string): string[] {
  const wanted = reference.toLowerCase();
  const spellings = entries.flatMap(({ id, draft }) => [
    id,
    ...(draft.number === null ? [] : [draft.number]),
    draft.title,
  ]);
  const within = wanted.length < 4 ? [] : spellings.filter((spelling) => spelling.toLowerCase().includes(wanted));
  return [...new Set([...nearest(reference, spellings), ...within])].slice(0, 3);
}
