import { addTo } from "../std/multi-map.ts";
import type { Entry, PlanInput } from "./plan-input.ts";

/** What the words of a `Depends on` mean. */
export interface Found {
  readonly kind: "tasks" | "ambiguous" | "unknown";
  readonly entries: readonly Entry[];
}

export type FindReference = (from: Entry, reference: string) => Found;

/** Looks among the tasks of the same source first, then among all. */
export function referenceFinder(entries: readonly Entry[]): FindReference {
  const bySource = new Map<PlanInput, Entry[]>();
  for (const entry of entries) addTo(bySource, entry.input, entry);
  const own = new Map(
    [...bySource].map(([input, list]) => [input, indexNames(list, ({ draft }) => draft.positionalId)]),
  );
  const all = indexNames(entries, ({ id }) => id);
  return (from, reference) => {
    const between = (): Found | null =>
      lookUpRange(bySource.get(from.input) ?? [], own.get(from.input), from, reference);
    const found =
      (phaseRange.test(reference) ? between() : null) ??
      lookUp(own.get(from.input), from, reference) ??
      lookUp(all, from, reference) ??
      between();
    return found ?? { kind: "unknown", entries: [] };
  };
}

interface Names {
  readonly stated: ReadonlyMap<string, readonly Entry[]>;
  /** Places and numbers look alike: where both match, they had better match the same task. */
  readonly numeric: ReadonlyMap<string, readonly Entry[]>;
  /** Also with the id or number in front, as they stand in the document. */
  readonly titles: ReadonlyMap<string, readonly Entry[]>;
  /** By `phase 1` and by the phase's name. */
  readonly phases: ReadonlyMap<string, readonly Entry[]>;
}

function indexNames(entries: readonly Entry[], placeOf: (entry: Entry) => string): Names {
  const stated = new Map<string, Entry[]>();
  const numeric = new Map<string, Entry[]>();
  const titles = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { statedId, number, title } = entry.draft;
    const place = placeOf(entry);
    for (const name of statedId === null ? [] : new Set([foldCase(statedId), foldCase(entry.id)]))
      addTo(stated, name, entry);
    addTo(numeric, foldCase(place), entry);
    if (number !== null && number !== place) addTo(numeric, foldCase(number), entry);
    for (const name of new Set([foldCase(title), foldCase(labelOf(entry))])) addTo(titles, name, entry);
  }
  return { stated, numeric, titles, phases: phaseNames(entries) };
}

function labelOf({ draft, input }: Entry): string {
  return (draft.mark === null ? null : input.reading.marks[draft.mark]?.label) ?? draft.title;
}

function phaseNames(entries: readonly Entry[]): Map<string, Entry[]> {
  const names = new Map<string, Entry[]>();
  for (const input of new Set(entries.map((entry) => entry.input))) {
    // A phase whose tasks are all gone can still be named.
    for (const { id, name } of input.reading.phases) {
      for (const key of phaseSpellings(id, name)) if (!names.has(key)) names.set(key, []);
    }
  }
  for (const entry of entries) {
    const phase = entry.draft.phase === null ? undefined : entry.input.reading.phases[entry.draft.phase];
    for (const key of phase === undefined ? [] : phaseSpellings(phase.id, phase.name)) addTo(names, key, entry);
  }
  return names;
}

function phaseSpellings(id: string, name: string): readonly string[] {
  const spellings = [`phase ${phaseKey(id)}`, foldCase(name)];
  return [...new Set(spellings)].filter((spelling) => spelling !== "");
}

function lookUp(names: Names | undefined, from: Entry, reference: string): Found | null {
  if (names === undefined) return null;
  for (const spelling of spellingsOf(reference)) {
    const key = foldCase(spelling);
    const stated = nearestTo(from, names.stated.get(key) ?? []);
    if (stated.length > 0) return found(stated);
    const entries = names.numeric.get(key) ?? names.titles.get(key);
    if (entries !== undefined) return found(entries);
    const phase = names.phases.get(phaseOf(key)) ?? names.phases.get(key);
    if (phase !== undefined) return { kind: "tasks", entries: phase.filter((entry) => entry !== from) };
  }
  return null;
}

function found(entries: readonly Entry[]): Found {
  return { kind: entries.length > 1 ? "ambiguous" : "tasks", entries };
}

/** Where lists are numbered afresh, an id means the task of the same list, section or phase. */
function nearestTo({ draft }: Entry, entries: readonly Entry[]): readonly Entry[] {
  for (const place of ["list", "section", "phase"] as const) {
    const near = entries.filter((entry) => entry.draft[place] === draft[place]);
    if (near.length > 0) return near;
  }
  return entries;
}

/** `T1 (the parser)`, `task 1.2` and `#7` mean the same as without the extras. */
function spellingsOf(reference: string): string[] {
  const bare = reference.replace(/\s*[(（][^()（）]*[)）]$/, "");
  const short = bare.replace(/^(?:(?:task|tâche|aufgabe|tarea|tarefa|задача)\s+|(?:任务|タスク|작업)\s*|#)/i, "");
  const first = idInFront.exec(short)?.[0];
  const spellings = [reference, bare, short, ...(first === undefined ? [] : [first])];
  return [...new Set(spellings)].filter((spelling) => spelling !== "");
}

/** `T3 must be there`, `T1: the parser`; a bare number in front of words counts something else. */
const idInFront = /^\p{L}+(?:-\p{L}+)*[-.]?\d+(?:\.\d+)*(?=[\s:：(（])/u;

const maxRangeLength = 200;
/** It begins with the name of one phase. */
const phaseRange = /^phases?\s+\S+\s+(?:to|through)\s/i;
const range = /^(.+?)\s*(?:\.{2,3}|[–—~-]|\s(?:to|through)\s)\s*(.+)$/i;

/** `T1–T5`, `1.2 to 1.6`: both ends and what stands between them. */
function lookUpRange(list: readonly Entry[], names: Names | undefined, from: Entry, reference: string): Found | null {
  const [, begin, end] = (reference.length > maxRangeLength ? null : range.exec(reference.trim())) ?? [];
  if (begin === undefined || end === undefined) return null;
  // The end of `T1-5` is T5.
  const whole = /^\d+$/.test(end) ? `${begin.replace(/\d+$/, "")}${end}` : end;
  const first = lookUp(names, from, begin)?.entries[0];
  const last = lookUp(names, from, whole)?.entries.at(-1);
  if (first === undefined || last === undefined || list.indexOf(last) < list.indexOf(first)) return null;
  const between = list.slice(list.indexOf(first), list.indexOf(last) + 1);
  return { kind: "tasks", entries: between.filter((entry) => entry !== from) };
}

/** `phase 1` of `Phase 01 complete`, `Phase 1: Name`. */
function phaseOf(key: string): string {
  const id = /^phase\s+([^\s:,;—–]+)/.exec(key)?.[1];
  return id === undefined ? key : `phase ${phaseKey(id)}`;
}

/** `06.1` and `6.1` are the same phase. */
export function phaseKey(id: string): string {
  return id
    .normalize("NFC")
    .toLowerCase()
    .replace(/(^|[._-])0+(?=\d)/g, "$1");
}

function foldCase(text: string): string {
  // Some systems write é as an e and an accent.
  return text.normalize("NFC").replace(/\s+/g, " ").trim().toLowerCase();
}
