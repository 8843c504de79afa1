import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../../domain/environment.ts";
import type { ControlCommand, Job, JournalBody, RepositoryPlace } from "../../domain/job.ts";
import type { RunRow } from "../../domain/run.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { replaceFileQuickly } from "../files/replace-file.ts";
import { makeReady } from "../workspace/ready.ts";
import { slotPaths } from "../workspace/slot.ts";
import type { RunFolders } from "./run-folders.ts";
import { claim } from "./claim.ts";
import type { JobEnd, RunnerPool, Wish } from "./runner-pool.ts";
import { SlotPool } from "./slot-pool.ts";

export interface JobPlace {
  readonly repository: RepositoryPlace;
  readonly environment: Environment;
}

/** The repository as the workspaces of a run are to have it. */
export function placeOf(
  { place }: { readonly place: RepositoryPlace },
  { settings: { sparse } }: RunRow,
): RepositoryPlace {
  return sparse === undefined ? place : { ...place, sparse };
}

export interface JobRequest {
  readonly folder: string;
  /** Of the repository, whose slots it is done in. */
  readonly commonDir: string;
  /** It is not to begin before it is thawed. */
  readonly frozen: boolean;
  readonly find: () => Promise<JobPlace>;
  readonly makeJob: () => Promise<Job>;
  readonly onEntry: (body: JournalBody) => void;
}

/** Puts a job into its folder, gives it a slot, and has a runner do it. */
export class JobStarter {
  private readonly pool: RunnerPool;
  private readonly folders: RunFolders;
  private readonly slots = new Map<string, SlotPool>();
  /** Of jobs that are asked for now: what a person wants of them. */
  private readonly wishes = new Map<string, Wish>();

  constructor(pool: RunnerPool, folders: RunFolders) {
    this.pool = pool;
    this.folders = folders;
  }

  /**
   * Does the job once, however often it is asked for: a folder that was claimed is followed, not begun again.
   * `makeJob` is called only for a job that is not written down yet. What is asked of it from now on counts, also before
   * any runner has heard of it.
   */
  async run({ folder, commonDir, frozen, find, makeJob, onEntry }: JobRequest): Promise<JobEnd> {
    const wish: Wish = { stopped: false, frozen };
    this.wishes.set(folder, wish);
    try {
      const slots = this.slotsOf(commonDir);
      const before = await slotOf(folder);
      if (before !== null) {
        slots.reserve(before);
        // Followed whatever else may be wrong by now: its agent lives.
        const followed = await this.followed(slots, before, { folder, onEntry });
        if (followed !== null) return followed;
        return await this.inSlot(slots, before, { folder, place: await find(), wish, onEntry });
      }
      const place = await find();
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const job = await makeJob();
      if (wish.stopped) return { type: "stopped" };
      const slot = job.kind === "attempt" ? slots.acquire("agent", job.start) : slots.acquire("gate");
      replaceFileQuickly(join(folder, jobName), JSON.stringify(job));
      replaceFileQuickly(join(folder, placeName), JSON.stringify({ slot }));
      return await this.inSlot(slots, slot, { folder, place, wish, onEntry });
    } finally {
      this.wishes.delete(folder);
    }
  }

  /** Does nothing where nobody runs the job, or is about to. False where its runner could not be told. */
  async control(folder: string, command: ControlCommand): Promise<boolean> {
    const wish = this.wishes.get(folder);
    if (wish !== undefined) {
      if (command.type === "stop") wish.stopped = true;
      else if (command.type === "freeze" || command.type === "thaw") wish.frozen = command.type === "freeze";
    }
    return this.pool.control(folder, this.folders.control(folder), command);
  }

  /**
   * Stops a job, and resolves when it is over; at once where nobody had begun it, and nobody can any more: the claim of a
   * runner that was told by a daemon that is gone would come too late.
   */
  async finish(folder: string, commonDir: string): Promise<JobEnd> {
    const slot = await slotOf(folder);
    if (slot === null || claim(folder)) return { type: "stopped" };
    const slots = this.slotsOf(commonDir);
    slots.reserve(slot);
    await this.control(folder, { type: "stop" });
    try {
      const end = (await this.pool.follow(folder, () => undefined)) ?? ({ type: "stopped" } as const);
      return await this.over(folder, end);
    } finally {
      slots.release(slot);
    }
  }

  /** Before anything new is started: the slots of jobs that may still be running are not free. */
  async reserve(folder: string, commonDir: string): Promise<void> {
    const slot = await slotOf(folder);
    if (slot !== null) this.slotsOf(commonDir).reserve(slot);
  }

  /** Has a free slot ready for an attempt that begins at the commit, where there is none yet. */
  async makeReady(place: RepositoryPlace, commit: string): Promise<void> {
    const slots = this.slotsOf(place.commonDir);
    if (slots.readyAt(commit) !== null) return;
    const slot = slots.acquireSpare();
    let isReady = false;
    try {
      isReady = await makeReady(slotPaths(slot), place, commit);
    } finally {
      if (isReady) slots.releaseReady(slot, commit);
      else slots.release(slot);
    }
  }

  /** Null where nobody has claimed it. */
  private async followed(
    slots: SlotPool,
    slot: string,
    { folder, onEntry }: Pick<JobRequest, "folder" | "onEntry">,
  ): Promise<JobEnd | null> {
    const end = await this.pool.follow(folder, onEntry);
    if (end === null) return null;
    slots.release(slot);
    return this.over(folder, end);
  }

  private async inSlot(
    slots: SlotPool,
    slot: string,
    { folder, place, wish, onEntry }: Pick<JobRequest, "folder" | "onEntry"> & { place: JobPlace; wish: Wish },
  ): Promise<JobEnd> {
    const control = this.folders.control(folder);
    const handoff = { ...place, folder, slot, control, stopFile: this.folders.stopFile };
    try {
      return await this.over(folder, await this.pool.run(handoff, wish, onEntry));
    } finally {
      slots.release(slot);
    }
  }

  /** A runner that died, even behind its last word, could not remove its socket. */
  private async over(folder: string, end: JobEnd): Promise<JobEnd> {
    await rm(this.folders.control(folder), { force: true });
    return end;
  }

  private slotsOf(commonDir: string): SlotPool {
    let slots = this.slots.get(commonDir);
    if (slots === undefined) {
      slots = new SlotPool(this.folders.slots(commonDir));
      this.slots.set(commonDir, slots);
    }
    return slots;
  }
}

const jobName = "job.json";
/** Holds paths of this machine, so it is kept apart from job.json. */
const placeName = "place.json";

/** The job's slot; null where the job is not written down, or a power failure left it empty. */
export async function slotOf(folder: string): Promise<string | null> {
  const slot = (await readObject(join(folder, placeName)))?.["slot"];
  if (typeof slot !== "string") return null;
  return (await readObject(join(folder, jobName))) === null ? null : slot;
}

async function readObject(file: string): Promise<Record<string, unknown> | null> {
  return parseJsonObject((await readIfThere(file)) ?? "");
}
