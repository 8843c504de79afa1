import { claimId, idRegister } from "../../../domain/task-id.ts";
import type { IdRegister } from "../../../domain/task-id.ts";
import { phaseKey } from "../../../domain/reference.ts";
import { readPhaseHeading } from "./phases.ts";
import type { PhaseDraft } from "./phases.ts";
import type { Priority } from "../../../domain/plan.ts";
import { headingPriority } from "./values.ts";

/** Where in the document the reader stands: which phase, which section, which files they name. */
export interface Outline {
  readonly phases: PhaseDraft[];
  /** Outermost first. */
  readonly open: OpenPhase[];
  /** Outside of any phase. */
  readonly loose: Section;
  readonly ids: IdRegister;
  /** Of headings around the reader that speak of one, outermost first. */
  readonly priorities: { readonly depth: number; readonly priority: Priority }[];
  headings: number;
}

interface OpenPhase {
  readonly index: number;
  readonly depth: number;
  sectionNumber: number;
  section: Section;
}

interface Section {
  title: string | null;
  /** Of its heading; Infinity where there is none yet. */
  depth: number;
  readonly idPrefix: string;
  tasks: number;
  files: readonly string[];
}

export interface Place {
  readonly phase: number | null;
  readonly section: string | null;
  readonly positionalId: string;
  readonly files: readonly string[];
  /** Of the nearest heading that speaks of one. */
  readonly priority: Priority | null;
}

export function startOutline(): Outline {
  return { phases: [], open: [], loose: section(null, Infinity, ""), ids: idRegister(), priorities: [], headings: 0 };
}

/** Returns the phase when the heading begins one. */
export function enterHeading(outline: Outline, depth: number, text: string): PhaseDraft | null {
  const first = outline.headings++ === 0;
  const phase = depth <= 3 ? readPhaseHeading(text, outline.phases.length) : null;
  leavePhases(outline, depth);
  const priority = headingPriority(text);
  if (priority !== null) outline.priorities.push({ depth, priority });
  const around = outline.open.at(-1);
  if (phase !== null) {
    const index = outline.phases.push(phase) - 1;
    outline.open.push({ index, depth, sectionNumber: 0, section: section(null, Infinity, `${phase.id}.`) });
  } else if (around === undefined) {
    // A title on top of the document is about all of it, so it tells nothing about a task.
    outline.loose.title = first && depth === 1 ? null : text;
    outline.loose.files = [];
  } else if (depth <= around.section.depth) {
    enterSection(outline, around, depth, text);
  }
  return phase;
}

/** A heading that is a task: its phase goes on, sections of its depth end; one that begins a phase is a task of that. */
export function enterTaskHeading(outline: Outline, depth: number, text: string): void {
  if (depth <= 3 && readPhaseHeading(text, outline.phases.length) !== null) enterHeading(outline, depth, text);
  else leavePhases(outline, depth);
}

function leavePhases(outline: Outline, depth: number): void {
  while ((outline.open.at(-1)?.depth ?? 0) >= depth) outline.open.pop();
  while ((outline.priorities.at(-1)?.depth ?? 0) >= depth) outline.priorities.pop();
}

const numberedHeading = /^([\p{L}\p{N}]+(?:[._-][\p{L}\p{N}]+)+)[.:)]?(?=\s|$)\s*(?:[-–—:]\s+)?(.*)$/u;

function enterSection(outline: Outline, phase: OpenPhase, depth: number, text: string): void {
  const draft = outline.phases[phase.index];
  const [, number = "", rest = ""] = numberedHeading.exec(text) ?? [];
  const within = draft === undefined ? null : numberWithin(draft, number);
  phase.sectionNumber = within === null ? phase.sectionNumber + 1 : Number.parseInt(within, 10);
  const title = within !== null || /^\d[\d.]*$/.test(number) ? rest : text;
  phase.section = section(title, depth, `${draft?.id ?? ""}.${within ?? phase.sectionNumber}.`);
}

/** The `M` of a heading `N.M` in phase `N`. */
function numberWithin(phase: PhaseDraft, number: string): string | null {
  const key = phaseKey(number);
  if (!key.startsWith(`${phase.key}.`)) return null;
  const rest = key.slice(phase.key.length + 1);
  return /^\d{1,6}(?:\.\d{1,6}){0,3}$/.test(rest) ? rest : null;
}

/** Files named in a section count for the tasks that follow in it, until others are named. */
export function setSectionFiles(outline: Outline, files: readonly string[]): void {
  currentSection(outline).files = files;
}

export function placeTask(outline: Outline): Place {
  const here = currentSection(outline);
  here.tasks++;
  return {
    phase: outline.open.at(-1)?.index ?? null,
    section: here.title,
    positionalId: claimId(outline.ids, `${here.idPrefix}${here.tasks}`),
    files: here.files,
    priority: outline.priorities.at(-1)?.priority ?? null,
  };
}

function currentSection(outline: Outline): Section {
  return outline.open.at(-1)?.section ?? outline.loose;
}

function section(title: string | null, depth: number, idPrefix: string): Section {
  return { title, depth, idPrefix, tasks: 0, files: [] };
}
