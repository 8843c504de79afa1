import type { Prepared } from "./submission/prepare.ts";

const keptMs = 60_000;
const maxKept = 8;

/** Plans that were just shown, by their key: what a person sees and confirms is what is run. */
export class KeptPlans {
  private readonly plans = new Map<string, { readonly prepared: Prepared; readonly timer: NodeJS.Timeout }>();

  keep(key: string, prepared: Prepared): void {
    this.take(key);
    const [oldest] = this.plans.keys();
    if (this.plans.size >= maxKept && oldest !== undefined) this.take(oldest);
    const timer = setTimeout(() => this.plans.delete(key), keptMs).unref();
    this.plans.set(key, { prepared, timer });
  }

  has(key: string): boolean {
    return this.plans.has(key);
  }

  /** Null where there is none, or it is too old to be what is there now. */
  take(key: string): Prepared | null {
    const found = this.plans.get(key);
    if (found === undefined) return null;
    clearTimeout(found.timer);
    this.plans.delete(key);
    return found.prepared;
  }
}
