import { join } from "node:path";

/** Hands out workspace slots by name, lowest first, so that few are made and the same few are re-used. */
export class SlotPool {
  private readonly taken = new Set<string>();
  /** Free slots that were brought to a commit beforehand. */
  private readonly ready = new Map<string, string>();
  private readonly root: string;

  /** `root` is where this repository's slots are. */
  constructor(root: string) {
    this.root = root;
  }

  /**
   * Slots of one `kind` are never used for the other: agents and checks do not meet. One that is ready at the commit is taken
   * before all others.
   */
  acquire(kind: "agent" | "gate", commit: string | null = null): string {
    const path = (kind === "agent" && commit !== null ? this.readyAt(commit) : null) ?? this.lowest(kind);
    this.reserve(path);
    return path;
  }

  /** An agent's slot to be made ready: one that was so before has the least to be done about. */
  acquireSpare(): string {
    const path = [...this.ready.keys()].find((one) => !this.taken.has(one)) ?? this.lowest("agent");
    this.reserve(path);
    return path;
  }

  /** A free one that is at the commit; null: there is none. */
  readyAt(commit: string): string | null {
    for (const [path, at] of this.ready) if (at === commit && !this.taken.has(path)) return path;
    return null;
  }

  /** Gives one back that is at the commit now. */
  releaseReady(path: string, commit: string): void {
    this.taken.delete(path);
    this.ready.set(path, commit);
  }

  private lowest(kind: "agent" | "gate"): string {
    for (let number = 1; ; number++) {
      const path = join(this.root, `${kind}-${number}`);
      if (!this.taken.has(path)) return path;
    }
  }

  /** Marks a slot as used by a job that was started before. */
  reserve(path: string): void {
    this.taken.add(path);
    this.ready.delete(path);
  }

  release(path: string): void {
    this.taken.delete(path);
  }
}
