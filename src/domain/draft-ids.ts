import { addTo } from "../std/multi-map.ts";
import type { Entry, SourceLine } from "./plan-input.ts";
import { claimId, idRegister, isTaskId } from "./task-id.ts";

/** A task of a source that has no id in the plan yet. */
export type Sourced = Omit<Entry, "id">;

/** Why the ids that authors stated cannot be those of a plan. */
export type IdProblem =
  | { readonly reason: "bad-id"; readonly id: string; readonly at: SourceLine }
  | { readonly reason: "duplicate-id"; readonly id: string; readonly at: readonly SourceLine[] };

export function idProblems(drafts: readonly Sourced[]): IdProblem[] {
  const bad = drafts.flatMap((sourced): IdProblem[] => {
    const id = sourced.draft.statedId;
    return id === null || isTaskId(id) ? [] : [{ reason: "bad-id", id, at: lineOf(sourced) }];
  });
  const twice = [...sameIds(drafts)].flatMap(([id, same]): IdProblem[] =>
    isTellable(same) ? [] : [{ reason: "duplicate-id", id, at: same.map(lineOf) }],
  );
  return [...bad, ...twice];
}

/** What an author stated is never renamed but where it names several tasks; the ids from places give way. */
export function withIds(drafts: readonly Sourced[]): Entry[] {
  const register = idRegister();
  const first = new Map<string, Sourced>();
  for (const sourced of drafts) {
    const key = sourced.draft.statedId?.toLowerCase();
    if (key === undefined || first.has(key)) continue;
    first.set(key, sourced);
    register.taken.add(key);
  }
  return drafts.map((sourced) => {
    const { statedId, positionalId } = sourced.draft;
    if (statedId !== null && first.get(statedId.toLowerCase()) === sourced) return { ...sourced, id: statedId };
    return { ...sourced, id: claimId(register, statedId ?? positionalId) };
  });
}

/** Nobody is to look for a task under an id that another one has. */
export function renamedNotes(entries: readonly Entry[]): string[] {
  const renamed = entries.filter(({ id, draft }) => draft.statedId !== null && draft.statedId !== id && isOpen(draft));
  const [one] = renamed;
  if (one === undefined) return [];
  const more = renamed.length === 1 ? "" : `, and ${renamed.length - 1} more like it`;
  return [
    `${one.draft.statedId} names more than one task of ${one.input.name}: the one in line ${one.draft.line} is ${one.id}${more}`,
  ];
}

/** Lists of one document that are numbered afresh are no mistake; the same number twice in one list is, where it is open. */
function isTellable(same: readonly Sourced[]): boolean {
  const [first] = same;
  if (first?.input.kind !== "roadmap" || same.some(({ input }) => input !== first.input)) return same.length < 2;
  const lists = new Map<number, Sourced[]>();
  for (const one of same) addTo(lists, one.draft.list ?? 0, one);
  return [...lists.values()].every((list) => list.length === 1 || !list.some(({ draft }) => isOpen(draft)));
}

/** By the spelling that comes first. */
function sameIds(drafts: readonly Sourced[]): Map<string, Sourced[]> {
  const spellings = new Map<string, string>();
  const same = new Map<string, Sourced[]>();
  for (const sourced of drafts) {
    const { statedId } = sourced.draft;
    if (statedId === null) continue;
    const key = statedId.toLowerCase();
    if (!spellings.has(key)) spellings.set(key, statedId);
    addTo(same, spellings.get(key) ?? statedId, sourced);
  }
  return same;
}

export function isOpen({ done, left }: Entry["draft"]): boolean {
  return !done && left === null;
}

export function lineOf({ input, draft }: Sourced): SourceLine {
  return { source: input.name, line: draft.line };
}
