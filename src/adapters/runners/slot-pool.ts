import { join } from "node:path";

/** Hands out workspace slots by name, lowest first, so that few are made and the same few are re-used. */
export class SlotPool {
  private readonly taken = new Set<string>();
  private readonly root: string;

  /** `root` is where this repository's slots are. */
  constructor(root: string) {
    this.root = root;
  }

  /** Slots of one `kind` are never used for the other: agents and checks do not meet. */
  acquire(kind: "agent" | "gate"): string {
    for (let number = 1; ; number++) {
      const path = join(this.root, `${kind}-${number}`);
      if (this.taken.has(path)) continue;
      this.taken.add(path);
      return path;
    }
  }

  /** Marks a slot as used by a job that was started before. */
  reserve(path: string): void {
    this.taken.add(path);
  }

  release(path: string): void {
    this.taken.delete(path);
  }
}
