import type { Phase } from "../../../domain/roadmap.ts";
import type { Priority } from "../../../domain/plan.ts";
import { phaseKey } from "../../../domain/reference.ts";
import { idPart } from "../../../domain/task-id.ts";
import { fold, plainText } from "./plain-text.ts";
import type { KeyLine } from "./key-lines.ts";
import { readPriority, saysNone } from "./values.ts";

/** A phase while its document is being read: what it requires is still words. */
export interface PhaseDraft {
  readonly id: string;
  /** As in the heading, folded for comparison. */
  readonly key: string;
  readonly name: string;
  goal: string;
  effort: string;
  priority: Priority;
  prerequisite: string | null;
}

const heading =
  /^[^\p{L}\p{N}]*(?:phase|étape|etape|fase|etapa|фаза|этап)\s+([\p{L}\p{N}]+(?:[._-][\p{L}\p{N}]+)*)(.*)$/iu;
const eastern =
  /^[^\p{L}\p{N}]*(?:(?:阶段|階段|フェーズ|段階)\s*(\d+(?:\.\d+)*|[一二三四五六七八九十]+)|第\s*(\d+|[一二三四五六七八九十]+)\s*(?:阶段|階段|段階|フェーズ))(.*)$/u;
const separator = /^[\s:：—–\-|.)\p{Extended_Pictographic}\u{FE0F}\u{200D}]+/u;

/** `Phase 1: Name`, `🚀 Phase A — Name`, `Phase 2.5 - Name`; null for `Phase Numbering` and other headings. */
export function readPhaseHeading(text: string, index: number): PhaseDraft | null {
  const match = heading.exec(text);
  if (match === null) return easternPhase(text, index);
  const [, id = "", rest = ""] = match;
  const marked = /^\s*[:：—–]|^\s+-\s/.test(rest);
  // A plain word needs a colon or a dash behind it to pass for an identifier.
  if (!marked && !/\p{N}|^[A-Z]$|^[IVX]+$/u.test(id)) return null;
  return startPhase(id, rest, index);
}

/** `阶段 1：名称`, `第二阶段 名称`, `フェーズ1: 名前`. */
function easternPhase(text: string, index: number): PhaseDraft | null {
  const match = eastern.exec(text);
  return match === null ? null : startPhase(match[1] ?? match[2] ?? "", match[3] ?? "", index);
}

function startPhase(id: string, rest: string, index: number): PhaseDraft {
  return {
    id: idPart(id) || `p${index + 1}`,
    key: phaseKey(id),
    name: fold(rest.replace(separator, "")),
    goal: "",
    effort: "",
    priority: "medium",
    prerequisite: null,
  };
}

export function applyMetadata(phase: PhaseDraft, lines: readonly KeyLine[]): void {
  for (const { key, value } of lines) {
    if (key === "goal") phase.goal = plainText(value);
    else if (key === "effort") phase.effort = plainText(value);
    else if (key === "priority") phase.priority = readPriority(value) ?? phase.priority;
    else if (key === "prerequisite" || key === "depends-on") phase.prerequisite = value;
  }
}

export function finishPhases(drafts: readonly PhaseDraft[]): Phase[] {
  const names = phaseNames(drafts);
  return drafts.map(({ id, name, goal, effort, prerequisite }, index) => ({
    id,
    name,
    goal,
    effort,
    prerequisites: prerequisite === null ? null : namedPhases(plainText(prerequisite), index, names),
  }));
}

interface PhaseNames {
  readonly indexesByKey: ReadonlyMap<string, readonly number[]>;
  readonly words: readonly string[];
}

function phaseNames(drafts: readonly PhaseDraft[]): PhaseNames {
  const indexesByKey = new Map<string, number[]>();
  for (const [index, { key }] of drafts.entries()) {
    const indexes = indexesByKey.get(key);
    if (indexes === undefined) indexesByKey.set(key, [index]);
    else indexes.push(index);
  }
  return { indexesByKey, words: drafts.map(({ name }) => wordsOf(name)) };
}

const idList =
  /\bphases?\s+([\p{L}\p{N}._-]+(?:(?:\s*[,&+/–-]\s*|\s+(?:and|to|through)\s+)(?:and\s+)?(?:phase\s+)?[\p{L}\p{N}._]+)*)/giu;
const range = /^(.+?)\s*(?:–|-|\bto\b|\bthrough\b)\s*(.+)$/i;

/** Indexes of the phases a text names, [] for "none", null where it names no phase that there is. */
function namedPhases(text: string, own: number, names: PhaseNames): number[] | null {
  if (saysNone(text)) return [];
  const named = new Set<number>();
  for (const [, list = ""] of text.matchAll(idList)) {
    for (const part of list.split(/\s*(?:[,&+/]|\band\b)\s*/i)) {
      for (const index of phasesOf(part, names)) named.add(index);
    }
  }
  const words = ` ${wordsOf(text)} `;
  for (const [index, name] of names.words.entries()) {
    if (name.length > 2 && words.includes(` ${name} `)) named.add(index);
  }
  named.delete(own);
  return named.size === 0 ? null : [...named].sort((a, b) => a - b);
}

/** `2`, `phase 2`, or a range such as `1-3`; a dash may also just lead to the phase's name. */
function phasesOf(part: string, names: PhaseNames): readonly number[] {
  const withId = (id: string): readonly number[] =>
    names.indexesByKey.get(phaseKey(id.replace(/^phase\s+/i, "").replace(/\.$/, ""))) ?? [];
  const exact = withId(part);
  const ends = range.exec(part);
  if (exact.length > 0 || ends === null) return exact;
  const from = withId(ends[1] ?? "");
  const [first] = from;
  const last = withId(ends[2] ?? "").at(-1);
  if (first === undefined || last === undefined || last < first) return from;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function wordsOf(text: string): string {
  return (
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(" ") ?? ""
  );
}
