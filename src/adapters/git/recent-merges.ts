import type { Merged } from "./build-chain.ts";

/** Shorter than any gate takes, and no time for git to prune what a merge has written. */
const keptMs = 10_000;
const mostKept = 256;

/**
 * Merges of a moment ago. Lots that are built side by side begin with the same ones, and what is built anew behind a landing
 * is merged as it was before it: each is a process less.
 */
export class RecentMerges {
  private readonly merges = new Map<string, Promise<Merged>>();

  /** Calls `make` where nobody has asked for the same just now. */
  find(key: string, make: () => Promise<Merged>): Promise<Merged> {
    const known = this.merges.get(key);
    if (known !== undefined) return known;
    const made = make();
    const forget = (): void => {
      if (this.merges.get(key) === made) this.merges.delete(key);
    };
    this.merges.set(key, made);
    // A list of paths may be long, and who is in conflict leaves.
    made.then(({ kind }) => (kind === "conflict" ? forget() : setTimeout(forget, keptMs).unref()), forget);
    for (const oldest of this.merges.keys()) {
      if (this.merges.size <= mostKept) break;
      this.merges.delete(oldest);
    }
    return made;
  }
}
