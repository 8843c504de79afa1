import type { EventBody } from "../domain/event.ts";
import type { Engine } from "../engine/loop.ts";
import type { Beat } from "./beat.ts";
import { describe, type DaemonLog } from "./daemon-log.ts";

export interface RoundsParts {
  /** For the log: "looking at …". */
  readonly at: string;
  readonly log: DaemonLog;
  readonly engine: Pick<Engine, "subscribe">;
  /** A round is taken at a beat. */
  readonly beat: Beat;
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
  private readonly endBeat: () => void;
  private more = false;
  private looking = false;
  /** By `performance.now()`. */
  private restUntil = 0;
  private ended = false;

  constructor(parts: RoundsParts) {
    this.parts = parts;
    const wakes = new Set(parts.wakes);
    this.endListening = parts.engine.subscribe((events) => {
      if (events.some(({ body }) => wakes.has(body.type))) this.more = true;
    });
    this.endBeat = parts.beat.on(() => {
      if (this.more && performance.now() >= this.restUntil) void this.look();
    });
  }

  get stopped(): boolean {
    return this.ended;
  }

  stop(): void {
    this.ended = true;
    this.endListening();
    this.endBeat();
  }

  /** What was to be seen while no daemon was there. */
  recover(): void {
    setImmediate(() => void this.look());
  }

  private async look(): Promise<void> {
    if (this.ended || this.looking) return;
    const begun = performance.now();
    const { at, log, look, restFactor } = this.parts;
    this.looking = true;
    // What comes while it looks may have come too late for it.
    this.more = false;
    let more = true;
    try {
      more = await look();
    } catch (error) {
      // The store was closed in the middle of it.
      if (!this.ended) log.line(`looking at ${at}: ${describe(error)}`);
    }
    const now = performance.now();
    this.looking = false;
    this.more ||= more;
    this.restUntil = now + restFactor * (now - begun);
  }
}
