import type { ControlCommand, ControlReply } from "../domain/job.ts";

/** What a person may ask of the thing that is running now. */
export interface Controlled {
  stop(): void;
  freeze(): void;
  thaw(): void;
  /** False where nobody reads it. */
  send(line: string): boolean;
  /** Says it to an agent; false where nobody reads it. Absent: it is none. */
  tell?(message: Said): boolean;
}

type Said = Extract<ControlCommand, { type: "message" }>;

const cannot: ControlReply = { ok: false, why: "this agent cannot be talked to" };

/** Carries wishes to whatever a job is running now, or will run next. All of them may be repeated. */
export class Control {
  stopped = false;
  private frozen: boolean;
  private current: Controlled | null = null;
  private readonly thawed = new Set<() => void>();
  /** Messages that were said, by id. */
  private readonly said = new Set<string>();

  /** `frozen`: it was paused before it began. */
  constructor(frozen: boolean) {
    this.frozen = frozen;
  }

  /** What runs from now on; wishes that came before reach it at once. */
  take(current: Controlled): void {
    this.current = current;
    if (this.stopped) current.stop();
    else if (this.frozen) current.freeze();
  }

  /** Nothing runs any more. */
  letGo(): void {
    this.current = null;
  }

  /** Resolves when nothing is to be held back. */
  async untilThawed(): Promise<void> {
    while (this.frozen && !this.stopped) await new Promise<void>((resolve) => this.thawed.add(resolve));
  }

  obey(command: ControlCommand): ControlReply {
    switch (command.type) {
      case "stop":
        this.stopped = true;
        this.current?.stop();
        this.wake();
        return { ok: true };
      case "freeze":
        if (this.frozen) return { ok: true };
        this.frozen = true;
        this.current?.freeze();
        return { ok: true };
      case "thaw":
        if (!this.frozen) return { ok: true };
        this.frozen = false;
        this.current?.thaw();
        this.wake();
        return { ok: true };
      case "message":
        return this.tell(command) ? { ok: true } : cannot;
      case "answer":
        return this.current?.send(JSON.stringify(command)) === true ? { ok: true } : cannot;
    }
  }

  private tell(message: Said): boolean {
    if (this.said.has(message.id)) return true;
    const told = this.current?.tell?.(message) === true;
    if (told) this.said.add(message.id);
    return told;
  }

  private wake(): void {
    for (const resolve of this.thawed) resolve();
    this.thawed.clear();
  }
}
