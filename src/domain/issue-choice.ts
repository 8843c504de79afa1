import type { IssueRef } from "./issue.ts";
import { priorityRank, type Priority } from "./plan.ts";

/** An issue as its tracker has it. */
export interface Issue extends IssueRef {
  readonly title: string;
  readonly body: string;
  readonly status: "open" | "in_progress" | "closed";
  readonly priority: Priority;
  /** Ids of issues that must be closed first, closed ones among them. */
  readonly blockedBy: readonly string[];
  /** Who works on it, as far as the tracker says. */
  readonly holder: string | null;
  /** Why it is not chosen by itself, though it is open; null: nothing is in the way. */
  readonly unfit: string | null;
  /** Why it is not chosen by name either; null: nothing is in the way. */
  readonly barred: string | null;
  /** Issues of equal priority are taken in this order. */
  readonly createdAt: string;
  /** Where it stands, from 1; its number where it has one. */
  readonly line: number;
}

/** Which of a tracker's issues are wanted. */
export type IssueWish =
  | { readonly kind: "next"; readonly count: number }
  | { readonly kind: "all" }
  | { readonly kind: "named"; readonly ids: readonly string[] };

export interface IssueChoice {
  /** Best first. */
  readonly chosen: readonly Issue[];
  readonly leftOut: readonly LeftOut[];
  /** Named, and not there. */
  readonly missing: readonly string[];
}

export interface LeftOut {
  readonly id: string;
  readonly why: string;
}

/** What is worked on. Issues whose blockers are open are only chosen together with these. */
export function chooseIssues(issues: readonly Issue[], wish: IssueWish): IssueChoice {
  const known = new Map(issues.map((issue) => [issue.id, issue]));
  const open = (id: string): boolean => known.get(id)?.status !== "closed";
  const best = [...issues].sort(byUrgency);
  if (wish.kind === "named") return chooseNamed(known, wish.ids, open);
  const against = ({ unfit, barred }: Issue): string | null => barred ?? unfit;
  const fit = best.filter((issue) => issue.status === "open" && against(issue) === null);
  const leftOut = best.flatMap((issue) => {
    const why = issue.status === "open" ? against(issue) : null;
    return why === null ? [] : [{ id: issue.id, why }];
  });
  if (wish.kind === "next") {
    const ready = fit.filter(({ blockedBy }) => !blockedBy.some(open));
    return { chosen: ready.slice(0, wish.count), leftOut, missing: [] };
  }
  const { kept, dropped } = withBlockers(fit, open);
  return { chosen: kept, leftOut: [...leftOut, ...dropped], missing: [] };
}

function chooseNamed(
  known: ReadonlyMap<string, Issue>,
  ids: readonly string[],
  open: (id: string) => boolean,
): IssueChoice {
  const wanted = [...new Set(ids)];
  const named = wanted.flatMap((id) => known.get(id) ?? []);
  const leftOut = named.flatMap(({ id, status, holder, barred }) => {
    if (status === "open") return barred === null ? [] : [{ id, why: barred }];
    return [{ id, why: status === "closed" ? "it is closed" : `it is taken by ${holder ?? "somebody"}` }];
  });
  const { kept, dropped } = withBlockers(
    named.filter(({ status, barred }) => status === "open" && barred === null),
    open,
  );
  return { chosen: kept, leftOut: [...leftOut, ...dropped], missing: wanted.filter((id) => !known.has(id)) };
}

/** Without those that wait for an issue which nobody is about to do, and those that wait for these. */
function withBlockers(
  issues: readonly Issue[],
  open: (id: string) => boolean,
): { readonly kept: readonly Issue[]; readonly dropped: readonly LeftOut[] } {
  const kept = new Map(issues.map((issue) => [issue.id, issue]));
  const waitFor = dependantsOf(issues);
  const dropped: LeftOut[] = [];
  let looked: Iterable<Issue> = issues;
  for (;;) {
    const waiting = [...looked].flatMap((issue) => {
      const blocker = issue.blockedBy.find((id) => open(id) && !kept.has(id));
      return blocker === undefined || !kept.has(issue.id) ? [] : [{ id: issue.id, blocker }];
    });
    if (waiting.length === 0) break;
    for (const { id } of waiting) kept.delete(id);
    dropped.push(
      ...waiting.map(({ id, blocker }) => ({ id, why: `it waits for ${blocker}, which is not in this plan` })),
    );
    // Only those that waited for one of these may wait in vain by now.
    looked = new Set(waiting.flatMap(({ id }) => waitFor.get(id) ?? []));
  }
  const inCircles = inCirclesOf(kept, waitFor);
  for (const { id } of inCircles) kept.delete(id);
  return { kept: [...kept.values()], dropped: [...dropped, ...inCircles] };
}

/** Those that wait for each other, and those that wait for these: none of them could ever begin. */
function inCirclesOf(
  kept: ReadonlyMap<string, Issue>,
  waitFor: ReadonlyMap<string, readonly Issue[]>,
): readonly LeftOut[] {
  const left = new Map(
    [...kept.values()].map(({ id, blockedBy }) => [id, blockedBy.filter((one) => kept.has(one)).length]),
  );
  const free = [...left].flatMap(([id, count]) => (count === 0 ? [id] : []));
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    left.delete(id);
    for (const { id: other, blockedBy } of waitFor.get(id) ?? []) {
      const count = (left.get(other) ?? 0) - blockedBy.filter((one) => one === id).length;
      if (left.has(other)) left.set(other, count);
      if (left.has(other) && count === 0) free.push(other);
    }
  }
  return [...left.keys()].map((id) => {
    const blocker = kept.get(id)?.blockedBy.find((one) => left.has(one)) ?? "";
    return {
      id,
      why: blocker === id ? "it waits for itself" : `it waits for ${blocker}, in a circle that nothing can begin`,
    };
  });
}

function dependantsOf(issues: readonly Issue[]): ReadonlyMap<string, readonly Issue[]> {
  const found = new Map<string, Issue[]>();
  for (const issue of issues)
    for (const id of new Set(issue.blockedBy)) {
      const others = found.get(id);
      if (others === undefined) found.set(id, [issue]);
      else others.push(issue);
    }
  return found;
}

function byUrgency(a: Issue, b: Issue): number {
  const rank = priorityRank(a.priority) - priorityRank(b.priority);
  if (rank !== 0) return rank;
  return a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.line - b.line;
}
