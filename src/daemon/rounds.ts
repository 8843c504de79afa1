import type { EventBody } from "../domain/event.ts";
import type { Engine } from "../engine/loop.ts";
import { describe, type DaemonLog } from "./daemon-log.ts";

/** A round is taken so often. */
const roundMs = 5_000;

export interface RoundsParts {
  /** For the log: "looking at …". */
  readonly at: string;
  readonly log: DaemonLog;
  readonly engine: Engine;
  /** After such an event there may be something to look at. */
  readonly wakes: readonly EventBody["type"][];
  /** At least so many times as long as a round took there is none. */
  readonly restFactor: number;
  /** False: there is nothing to look at. */
  readonly look: () => Promise<boolean>;
}

/** Looks again and again for as long as there is something to look at. */
export class Rounds {
  private readonly parts: RoundsParts;
  private readonly endListening: () => void;
  private timer: NodeJS.Timeout | null = null;
  private ended = false;

  constructor(parts: RoundsParts) {
    this.parts = parts;
    const wakes = new Set(parts.wakes);
    this.endListening = parts.engine.subscribe((events) => {
      if (events.some(({ body }) => wakes.has(body.type))) this.lookIn(roundMs);
    });
  }

  get stopped(): boolean {
    return this.ended;
  }

  stop(): void {
    this.ended = true;
    this.endListening();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  /** What was to be seen while no daemon was there. */
  recover(): void {
    this.lookIn(0);
  }

  /** Where a round is coming already that one will do. */
  private lookIn(ms: number): void {
    if (this.ended || this.timer !== null) return;
    this.timer = setTimeout(() => void this.due(), ms).unref();
  }

  private async due(): Promise<void> {
    const begun = performance.now();
    const { at, log, look, restFactor } = this.parts;
    let more = true;
    try {
      more = await look();
    } catch (error) {
      // The store was closed in the middle of it.
      if (!this.ended) log.line(`looking at ${at}: ${describe(error)}`);
    }
    this.timer = null;
    if (more) this.lookIn(Math.max(roundMs, restFactor * (performance.now() - begun)));
  }
}
