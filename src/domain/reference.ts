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
    for (const names of [own.get(from.input), all]) {
      const found = names === undefined ? null : lookUp(names, from, reference);
      if (found !== null) return found;
    }
    return { kind: "unknown", entries: [] };
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
    if (statedId !== null) addTo(stated, foldCase(statedId), entry);
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

function lookUp(names: Names, from: Entry, reference: string): Found | null {
  for (const spelling of spellingsOf(reference)) {
    const key = foldCase(spelling);
    const stated = names.stated.get(key)?.[0];
    if (stated !== undefined) return { kind: "tasks", entries: [stated] };
    const entries = names.numeric.get(key) ?? names.titles.get(key);
    if (entries !== undefined) return { kind: entries.length > 1 ? "ambiguous" : "tasks", entries };
    const phase = names.phases.get(phaseOf(key)) ?? names.phases.get(key);
    if (phase !== undefined) return { kind: "tasks", entries: phase.filter((entry) => entry !== from) };
  }
  return null;
}

/** `T1 (the parser)`, `task 1.2` and `#7` mean the same as without the extras. */
function spellingsOf(reference: string): string[] {
  const bare = reference.replace(/\s*\([^()]*\)$/, "");
  return [...new Set([reference, bare, bare.replace(/^(?:task\s+|#)/i, "")])].filter((spelling) => spelling !== "");
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
