import type { QueueView, RevertResult, RevertView } from "../api/queue-views.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { openRepository } from "../adapters/git/open-repository.ts";
import { hasOwnMerge, isLanded, type Landing } from "../domain/change-state.ts";
import type { Event } from "../domain/event.ts";
import type { QueueKey } from "../domain/queue/queue-row.ts";
import type { ChangeRow } from "../domain/rows.ts";
import { isRunId, waitingBranch } from "../domain/run.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { Decider } from "./decider.ts";
import { findSubject } from "./ids.ts";
import { queueView } from "./queue-view.ts";

export interface Landed extends ChangeRow {
  readonly state: Extract<ChangeRow["state"], { landing: Landing }>;
}

/** Landings that are looked at for the one that is meant. */
const looked = 10_000;

/** Halted queues go on. */
export async function resumeQueues(
  { store, engine }: Decider,
  { cwd, all }: { readonly cwd: string; readonly all?: boolean | undefined },
): Promise<QueueView> {
  const repository = all === true ? null : (await openRepository(cwd)).place.commonDir;
  const halted = store.queues().filter((queue) => queue.halted !== null);
  const meant = halted.filter((queue) => repository === null || queue.repository === repository);
  if (meant.length === 0)
    throw new OperationalError({ code: "not-halted", what: "No queue is halted here", next: "nightcrew queue" });
  for (const key of meant) await engine.submit({ type: "queue.control", ...keyOf(key), command: { type: "resume" } });
  return queueView(store);
}

function keyOf({ repository, target }: QueueKey): QueueKey {
  return { repository, target };
}

/** Asks for what is meant to be taken back, newest first, and resolves when it has been, or cannot be. */
export async function revert(
  { store, engine }: Decider,
  { id, cwd }: { readonly id?: string | undefined; readonly cwd: string },
  stopping: AbortSignal,
): Promise<RevertView> {
  const meant = await findLandings(store, id, cwd);
  const hears = (event: Event): void => outcomes.hear(event);
  const outcomes = new Outcomes(store, meant);
  await listening({ engine, stopping, hears }, async (over) => {
    for (const [key, changes] of groupByQueue(meant)) {
      const landings = changes.map(({ id: change, state }) => ({ change, commit: state.landing.commit }));
      await engine.submit({ type: "queue.control", ...key, command: { type: "revert", landings } });
    }
    await over(() => outcomes.areAll);
  });
  return { version: 1, results: outcomes.results };
}

export interface Listening {
  readonly engine: Decider["engine"];
  readonly stopping: AbortSignal;
  readonly hears: (event: Event) => void;
}

/** Asks for something of a queue and hears what comes of it; `over` resolves once that is all there is to hear. */
export async function listening(
  { engine, stopping, hears }: Listening,
  asks: (over: (isOver: () => boolean) => Promise<void>) => Promise<void>,
): Promise<void> {
  let look = (): void => undefined;
  const unsubscribe = engine.subscribe((events) => {
    for (const event of events) hears(event);
    look();
  });
  const left = (): void => look();
  stopping.addEventListener("abort", left);
  try {
    await asks(async (isOver) => {
      while (!isOver() && !stopping.aborted) await new Promise<void>((resolve) => (look = resolve));
      if (!isOver()) throw daemonStopped();
    });
  } finally {
    unsubscribe();
    stopping.removeEventListener("abort", left);
  }
}

function daemonStopped(): OperationalError {
  return new OperationalError({
    code: "daemon-stopped",
    what: "The daemon was stopped before it was done",
    why: "the next one goes on with it",
    next: "nightcrew queue --watch",
  });
}

/** What comes of landings that are to be taken back. */
export class Outcomes {
  private readonly found = new Map<string, RevertResult>();
  private readonly store: SqliteStore;
  private readonly meant: readonly Landed[];

  constructor(store: SqliteStore, meant: readonly Landed[]) {
    this.store = store;
    this.meant = meant;
  }

  get areAll(): boolean {
    return this.found.size === this.meant.length;
  }

  get results(): RevertResult[] {
    return this.meant.flatMap(({ id }) => this.found.get(id) ?? []);
  }

  hear({ run, task, body }: Event): void {
    if (body.type !== "change.reverted" && body.type !== "change.stays") return;
    const change = this.meant.find((one) => one.run === run && one.task === task);
    if (change === undefined || this.found.has(change.id)) return;
    this.found.set(
      change.id,
      resultOf(this.store, change, body.type === "change.stays" ? { why: body.detail } : tookBack(change, body)),
    );
  }
}

function tookBack(
  { target }: Landed,
  { commit, pushedTo, waits }: Extract<Event["body"], { type: "change.reverted" }>,
): Told {
  const waiting = waits === undefined ? null : { branch: waitingBranch(target), because: waits };
  return { commit, pushedTo: pushedTo ?? null, waiting };
}

type Told = Partial<Pick<RevertResult, "commit" | "pushedTo" | "waiting" | "why">>;

function resultOf(
  store: SqliteStore,
  { run, task, state }: Landed,
  { commit = null, pushedTo = null, waiting = null, why = null }: Told,
): RevertResult {
  const title = store.task(run, task)?.planned.title ?? "";
  return { run, task, title, landed: state.landing.commit, commit, pushedTo, waiting, why };
}

function groupByQueue(changes: readonly Landed[]): [QueueKey, Landed[]][] {
  const groups = new Map<string, [QueueKey, Landed[]]>();
  for (const change of changes) {
    const name = JSON.stringify(keyOf(change));
    const group = groups.get(name) ?? [keyOf(change), []];
    group[1].push(change);
    groups.set(name, group);
  }
  return [...groups.values()];
}

/** Newest first: what came later may build on what came before. */
async function findLandings(store: SqliteStore, id: string | undefined, cwd: string): Promise<Landed[]> {
  if (id !== undefined && !/^[0-9a-f]{7,64}$/.test(id)) return ofSubject(store, id, cwd);
  const { place } = await openRepository(cwd);
  const landed = store.landedIn(place.commonDir, looked).filter(isLandedChange);
  if (id === undefined) {
    const last = lastOf(landed);
    if (last.length > 0) return last;
    throw nothingLanded("Nothing that nightcrew landed here is left to take back");
  }
  const found = landed.filter(({ state }) => state.landing.commit.startsWith(id));
  if (found.length > 0) return found;
  const batch = landed.filter(({ state }) => state.landing.tip.startsWith(id));
  if (batch.length > 0) return batch;
  try {
    return ofSubject(store, id, cwd);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    throw (
      wasThere(store.revertedIn(place.commonDir, looked), id) ??
      new OperationalError({
        code: "unknown-landing",
        what: `${id} is no landing of nightcrew's in this repository, no task and no run`,
        why: "what others committed is theirs to take back",
        next: `git revert ${id}   (a merge: git revert -m 1 ${id})`,
      })
    );
  }
}

/** One of nightcrew's own that holds nothing to take back: it took something back, or was taken back. */
function wasThere(changes: readonly ChangeRow[], id: string): OperationalError | null {
  for (const { run, task, state } of changes) {
    if (state.status !== "reverted") continue;
    const { commit, tip } = state.landing;
    const code = "nothing-landed";
    const what = `${id} took back what task ${task} of run ${run} had landed`;
    if (state.commit.startsWith(id))
      return new OperationalError({ code, what, next: `have it done again: nightcrew retry ${run}/${task}` });
    if (commit.startsWith(id) || tip.startsWith(id))
      return nothingLanded(`${id} has landed nothing that is still there`);
  }
  return null;
}

/** All that landed with the last one, newest first. */
function lastOf(landed: readonly Landed[]): Landed[] {
  const [last] = landed;
  return last === undefined ? [] : landed.filter(({ state }) => state.landing.tip === last.state.landing.tip);
}

/** The last landing on one target. */
export function lastLanding(store: SqliteStore, { repository, target }: QueueKey): Landed[] {
  return lastOf(
    store
      .landedIn(repository, looked)
      .filter(isLandedChange)
      .filter((one) => one.target === target),
  );
}

function ofSubject(store: SqliteStore, id: string, cwd: string): Landed[] {
  const subject = findSubject(store, id, cwd);
  const changes = store.landedIn(subject.run.repository, looked).filter(isLandedChange);
  const own = changes.filter(({ run }) => run === subject.run.id);
  const found = subject.kind === "run" ? own : own.filter(({ task }) => task === subject.task);
  if (found.length > 0) return found;
  const what = isRunId(id) ? `Nothing of run ${id} is in the target` : `${id} has landed nothing that is still there`;
  throw nothingLanded(what);
}

function nothingLanded(what: string): OperationalError {
  return new OperationalError({ code: "nothing-landed", what, next: "nightcrew report" });
}

function isLandedChange(change: ChangeRow): change is Landed {
  return isLanded(change.state) && hasOwnMerge(change.state.landing);
}
