import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../../domain/environment.ts";
import type { ControlCommand, Job, JournalBody, RepositoryPlace } from "../../domain/job.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { replaceFileQuickly } from "../files/replace-file.ts";
import type { RunFolders } from "./run-folders.ts";
import { isClaimed, type JobEnd, type RunnerPool } from "./runner-pool.ts";
import { SlotPool } from "./slot-pool.ts";

export interface JobPlace {
  readonly folder: string;
  readonly repository: RepositoryPlace;
  readonly environment: Environment;
}

/** Puts a job into its folder, gives it a slot, and has a runner do it. */
export class JobStarter {
  private readonly pool: RunnerPool;
  private readonly folders: RunFolders;
  private readonly slots = new Map<string, SlotPool>();
  /** Jobs being prepared, and whether a stop came meanwhile. */
  private readonly preparing = new Map<string, { stopped: boolean }>();

  constructor(pool: RunnerPool, folders: RunFolders) {
    this.pool = pool;
    this.folders = folders;
  }

  /**
   * Does the job once, however often it is asked for: a folder that was claimed is followed, not begun again.
   * `makeJob` is called only for a job that is not written down yet.
   */
  async run(place: JobPlace, makeJob: () => Promise<Job>, onEntry: (body: JournalBody) => void): Promise<JobEnd> {
    const { folder } = place;
    const slots = this.slotsOf(place.repository.commonDir);
    const before = await readPlace(folder);
    if (before !== null) {
      slots.reserve(before);
      return this.inSlot(slots, before, place, onEntry);
    }
    const state = { stopped: false };
    this.preparing.set(folder, state);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const job = await makeJob();
      const slot = slots.acquire(job.kind === "attempt" ? "agent" : "gate");
      replaceFileQuickly(join(folder, jobName), JSON.stringify(job));
      replaceFileQuickly(join(folder, placeName), JSON.stringify({ slot }));
      if (!state.stopped) return await this.inSlot(slots, slot, place, onEntry);
      slots.release(slot);
      return { type: "stopped" };
    } finally {
      this.preparing.delete(folder);
    }
  }

  async stop(folder: string): Promise<void> {
    const preparing = this.preparing.get(folder);
    if (preparing !== undefined) preparing.stopped = true;
    await this.control(folder, { type: "stop" });
  }

  /** Does nothing where nobody runs the job. */
  async control(folder: string, command: ControlCommand): Promise<void> {
    await this.pool.control(folder, this.folders.control(folder), command);
  }

  /** Stops a job, and resolves when it is over; at once where nobody had begun it. */
  async finish(folder: string, commonDir: string): Promise<JobEnd> {
    const slot = await readPlace(folder);
    if (slot === null || !(await isClaimed(folder))) return { type: "stopped" };
    const slots = this.slotsOf(commonDir);
    slots.reserve(slot);
    await this.control(folder, { type: "stop" });
    try {
      return await this.pool.follow(folder);
    } finally {
      slots.release(slot);
    }
  }

  /** Before anything new is started: the slots of jobs that may still be running are not free. */
  async reserve(folder: string, commonDir: string): Promise<void> {
    const slot = await readPlace(folder);
    if (slot !== null) this.slotsOf(commonDir).reserve(slot);
  }

  private async inSlot(
    slots: SlotPool,
    slot: string,
    place: JobPlace,
    onEntry: (body: JournalBody) => void,
  ): Promise<JobEnd> {
    try {
      const { stopFile } = this.folders;
      const control = this.folders.control(place.folder);
      return await this.pool.run({ ...place, slot, control, stopFile }, onEntry);
    } finally {
      slots.release(slot);
    }
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
async function readPlace(folder: string): Promise<string | null> {
  const slot = (await readObject(join(folder, placeName)))?.["slot"];
  if (typeof slot !== "string") return null;
  return (await readObject(join(folder, jobName))) === null ? null : slot;
}

async function readObject(file: string): Promise<Record<string, unknown> | null> {
  return parseJsonObject((await readIfThere(file)) ?? "");
}
