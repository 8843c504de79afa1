import type { keepingRequests } from "../../api/keeping-contract.ts";
import type { CleanupView } from "../../api/keeping-views.ts";
import type { Methods } from "../../api/service.ts";
import { Maintenance } from "../../adapters/git/maintenance.ts";
import type { Event } from "../../domain/event.ts";
import type { Report } from "../../domain/report.ts";
import type { RunId, RunRow } from "../../domain/run.ts";
import type { DaemonLog } from "../daemon-log.ts";
import { describe } from "../daemon-log.ts";
import type { Decider } from "../decider.ts";
import { findRun } from "../ids.ts";
import { maxOpenRuns, type KeepingPlace } from "./place.ts";
import type { Retention } from "./retention.ts";

export interface KeeperParts {
  readonly home: string;
  readonly decider: Decider;
  /** Whether the home is still this process's. */
  readonly holds: () => boolean;
  readonly retention: Retention;
  readonly log: DaemonLog;
}

/** Some thousand loose objects. */
const landingsPerCare = 500;

export type KeepingMethods = Pick<Methods, keyof typeof keepingRequests>;

/** Looks after what runs leave: tells of it, brings it back, removes what is not needed any more. One thing at a time. */
export class Keeper {
  private readonly place: KeepingPlace;
  private readonly parts: KeeperParts;
  private readonly maintenance: Maintenance;
  private readonly endListening: () => void;
  /** Landings in a repository since its objects and refs were packed. */
  private readonly landings = new Map<string, number>();
  private doing: Promise<unknown> = Promise.resolve();
  private stopped = false;

  constructor(parts: KeeperParts) {
    const { home, decider, log } = parts;
    this.parts = parts;
    this.place = { home, store: decider.store, folders: decider.folders };
    this.maintenance = new Maintenance((repository, problem) =>
      log.line(`git maintenance of ${repository}: ${problem}`),
    );
    this.endListening = decider.engine.subscribe((events) => this.heard(events));
  }

  /** What a crash kept from being done after a run's end. */
  recover(): void {
    this.afterRuns();
  }

  stop(): void {
    this.stopped = true;
    this.endListening();
    this.maintenance.close();
  }

  /** Resolves when git's maintenance, as far as it was asked for, is done. */
  maintained(): Promise<void> {
    return this.maintenance.idle();
  }

  /** `reportOf`: the one kept at the run's end, or a fresh one. */
  methods(reportOf: (run: RunRow) => Promise<Report>): KeepingMethods {
    const { place } = this;
    const salvage = async (): Promise<typeof import("./salvage.ts")> => import("./salvage.ts");
    const leases = async (): Promise<typeof import("./leases.ts")> => import("./leases.ts");
    return {
      salvageList: async () => (await salvage()).listSalvages(place),
      salvageShow: async ({ id }) => (await salvage()).showSalvage(place, id),
      salvageRestore: async (request) => (await salvage()).restoreSalvage(place, request),
      salvageDrop: async (request) => (await salvage()).dropSalvage(place, request),
      cleanup: ({ dryRun = false, olderThanDays }) =>
        this.inTurn(() => this.cleanUp(dryRun, olderThanDays ?? this.parts.retention.days)),
      export: async ({ run: id, to = null }) => {
        const run = findRun(place.store, id);
        const report = await reportOf(run);
        return this.inTurn(async () => (await import("./export-run.ts")).exportRun(place, { run, report, to }));
      },
      leaseTake: async (request) => (await leases()).takeFor(place, request),
      leaseRenew: async (request) => (await leases()).renewFor(place, request),
      leaseRelease: async (request) => (await leases()).releaseFor(place, request),
      locks: async () => (await import("./locks.ts")).listLocks(place),
    };
  }

  private heard(events: readonly Event[]): void {
    const ended = events.filter(({ body }) => body.type === "run.finished").map(({ run }) => run);
    for (const { run, body } of events) if (body.type === "change.landed") this.landed(run);
    if (ended.length > 0) this.afterRuns(ended);
  }

  /** What a landing costs must not grow with how many there were in one run. */
  private landed(id: RunId): void {
    const repository = this.place.store.run(id)?.repository;
    if (repository === undefined) return;
    const count = (this.landings.get(repository) ?? 0) + 1;
    this.landings.set(repository, count % landingsPerCare);
    if (count === landingsPerCare) this.maintenance.ask(repository, "beside-work");
  }

  /** Nobody waits for it, and no run depends on it: what goes wrong is logged. */
  private afterRuns(ended: readonly RunId[] = []): void {
    this.maintain(ended);
    this.inTurn(async () => {
      if (this.stopped) return;
      await this.pointLatest(ended);
      const { days, automatic } = this.parts.retention;
      if (automatic) this.logCleanup(await this.cleanUp(false, days));
    }).catch((error: unknown) => {
      // The store was closed in the middle of it: the next daemon does the rest.
      if (!this.stopped) this.parts.log.line(`after a run: ${describe(error)}`);
    });
  }

  /** Not beside other runs: what they are about to land is on no branch yet, and git would remove it where it is told to hurry. */
  private maintain(ended: readonly RunId[]): void {
    const { store } = this.place;
    const busy = new Set(store.openRuns(maxOpenRuns).map(({ repository }) => repository));
    for (const id of ended) {
      const run = store.run(id);
      if (run !== null && !busy.has(run.repository)) this.maintenance.ask(run.repository, "whole");
    }
  }

  private async pointLatest(ended: readonly RunId[]): Promise<void> {
    const { store, folders } = this.place;
    const { latestSuccess, pointLatest, succeeded } = await import("./latest.ts");
    const run = ended.length === 0 ? latestSuccess(store) : ended.findLast((id) => succeeded(store, id));
    if (run != null) await pointLatest(folders, run);
  }

  private async cleanUp(dryRun: boolean, days: number | null): Promise<CleanupView> {
    const { cleanUp } = await import("./cleanup.ts");
    return cleanUp(this.place, {
      dryRun,
      days,
      bounds: this.parts.retention.bounds,
      now: Date.now(),
      goesOn: () => !this.stopped && this.parts.holds(),
    });
  }

  private logCleanup({ runs, slots, sets }: CleanupView): void {
    for (const { path, removed } of sets) if (removed) this.parts.log.line(`removed kept folders ${path}`);
    for (const { run, removed, kept } of runs) {
      if (removed) this.parts.log.line(`cleaned up run ${run}`);
      for (const why of kept) this.parts.log.line(`run ${run}: ${why}`);
    }
    for (const { path, removed, saved, kept } of slots) {
      if (removed) this.parts.log.line(`removed workspace ${path}${saved === null ? "" : `: ${saved}`}`);
      else if (kept !== null) this.parts.log.line(`workspace ${path} stays: ${kept}`);
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.doing.then(work);
    this.doing = done.catch(() => undefined);
    return done;
  }
}
