import type { Answer } from "../src/domain/control.ts";
import type { Event } from "../src/domain/event.ts";
import type { ToldInput } from "../src/domain/input.ts";
import { FencedError } from "../src/adapters/store/fenced-error.ts";
import { SqliteStore } from "../src/adapters/store/sqlite-store.ts";
import { Engine } from "../src/engine/loop.ts";
import type { Store } from "../src/engine/ports.ts";
import { SimulatedAlerts } from "./world/alerts.ts";
import { SimulatedAttempts } from "./world/attempts.ts";
import { SimulatedChecks } from "./world/checks.ts";
import { SimulatedClock } from "./world/clock.ts";
import { DiskError, type Disk } from "./world/disk.ts";
import { SimulatedStarter } from "./world/job-starter.ts";
import { Life } from "./world/life.ts";
import { SimulatedReports } from "./world/reports.ts";
import { SimulatedRepository } from "./world/repository.ts";
import { SimulatedSources } from "./world/sources.ts";
import { SimulatedTrackers } from "./world/trackers.ts";
import type { World } from "./world/world.ts";

export interface DeciderParts {
  readonly world: World;
  readonly disk: Disk;
  readonly number: number;
  readonly onEvents: (events: readonly Event[]) => void;
  readonly onDiskError: () => void;
  /** It had been replaced while it was held up, and was kept from deciding. */
  readonly onFenced: () => void;
  readonly onBug: (error: unknown) => void;
}

/** One deciding process: the real engine and the real store, over ports of the simulated world. */
export class Decider {
  readonly life: Life;
  readonly store: Store;
  private readonly fencedStore: SqliteStore;
  private readonly engine: RecordingEngine;
  private readonly starter: SimulatedStarter;
  private readonly parts: DeciderParts;

  constructor(parts: DeciderParts) {
    const { world, disk } = parts;
    this.parts = parts;
    const life = new Life(parts.number);
    this.life = life;
    this.fencedStore = new SqliteStore(disk.openFor(life));
    this.store = this.fencedStore;
    this.starter = new SimulatedStarter(world.jobs, life);
    const ports = {
      clock: new SimulatedClock(world.time, life),
      store: this.store,
      attempts: new SimulatedAttempts(world, this.starter),
      checks: new SimulatedChecks(world, this.starter),
      repository: new SimulatedRepository(world, life),
      sources: new SimulatedSources(world, life),
      reports: new SimulatedReports(world, life),
      alerts: new SimulatedAlerts(world, life),
      trackers: new SimulatedTrackers(world, life),
    };
    this.engine = new RecordingEngine(ports, world.limits, (error) => this.failed(error));
    this.engine.subscribe(parts.onEvents);
  }

  /** Takes over from whoever was there before, and takes up what was left unfinished. */
  recover(): void {
    try {
      this.fencedStore.fence(this.life.number);
    } catch (error) {
      return this.failed(error);
    }
    for (const effect of this.store.pendingEffects()) {
      if (effect.kind === "start-attempt") this.starter.reserve(effect.attempt);
    }
    this.engine.recover();
  }

  submit(input: ToldInput): void {
    this.tellAgain({ input, closes: null });
  }

  tellAgain({ input, closes }: Told): void {
    // A person whose command fails is told; the cause comes through `failed`.
    this.engine.submit(input, closes).catch((error: unknown) => this.failed(error));
  }

  /** What it was told before, oldest first. */
  get told(): readonly Told[] {
    return this.engine.told;
  }

  /** The process ends at the first error, whatever it was. */
  private failed(error: unknown): void {
    if (!this.life.alive) return;
    this.life.end();
    if (error instanceof DiskError) this.parts.onDiskError();
    else if (error instanceof FencedError && this.life.heldUp) this.parts.onFenced();
    else this.parts.onBug(error);
  }
}

/** An input, and the effect it answers. */
export interface Told {
  readonly input: ToldInput;
  readonly closes: string | null;
}

const remembered = 40;

/** Remembers what it was told, so that it can be told again. */
class RecordingEngine extends Engine {
  readonly told: Told[] = [];

  override submit(input: ToldInput, closes: string | null = null): Promise<Answer> {
    this.told.push({ input, closes });
    if (this.told.length > remembered) this.told.shift();
    return super.submit(input, closes);
  }
}
