import { bareResult, type AttemptResult } from "../../src/domain/attempt-state.ts";
import type { AttemptRow } from "../../src/domain/rows.ts";
import { waitingBranch, type RunRow } from "../../src/domain/run.ts";
import type { AttemptObserver, Attempts, AttemptSpec } from "../../src/engine/ports.ts";
import { agentKindsIn, attemptScript } from "./agents.ts";
import type { JobEnd, SimulatedStarter } from "./job-starter.ts";
import { Job } from "./jobs.ts";
import type { World } from "./world.ts";

export class SimulatedAttempts implements Attempts {
  private readonly world: World;
  private readonly starter: SimulatedStarter;

  constructor(world: World, starter: SimulatedStarter) {
    this.world = world;
    this.starter = starter;
  }

  async start(spec: AttemptSpec, observer: AttemptObserver): Promise<AttemptResult> {
    const { id } = spec.attempt;
    const base = (): string | null => this.baseFor(spec.run);
    // The preparation reads the target; what it cannot read is an outcome.
    const gone = { reason: "workspace", step: "starting the runner", detail: `${spec.run.target} is gone` } as const;
    const makeJob = (slot: () => string): Job => {
      const at = base();
      if (at === null) throw new TargetGone();
      return new Job(
        { id, slot: slot(), kind: "agent" },
        attemptScript(this.world, spec, at, agentKindsIn(this.world)),
      );
    };
    try {
      const end = await this.starter.run(id, spec.attempt.state.status === "frozen", makeJob, (body) => {
        if (body.type === "working") observer.working();
        else if (body.type === "progress") observer.progressed(body.percent, body.message, body.waits ?? null);
        else if (body.type === "session") observer.session(body.id);
        else if (body.type === "told") observer.told(body.id);
        else if (body.type === "usage") observer.spent(body.usage);
      });
      return resultOf(end);
    } catch (error) {
      if (error instanceof TargetGone) return bareResult({ kind: "failed", failure: gone });
      throw error;
    }
  }

  async finish(_run: RunRow, attempt: AttemptRow): Promise<AttemptResult> {
    return resultOf(await this.starter.finish(attempt.id));
  }

  async setFrozen(_run: RunRow, attempt: AttemptRow, frozen: boolean): Promise<boolean> {
    await this.starter.setFrozen(attempt.id, frozen, this.world.time.monotonic);
    return true;
  }

  tell(_run: RunRow, attempt: AttemptRow, { id }: { readonly id: string }): Promise<void> {
    return this.starter.tell(attempt.id, id);
  }

  stop(_run: RunRow, attempt: AttemptRow): Promise<void> {
    return this.starter.stop(attempt.id);
  }

  /** Where landings wait while the checkout is dirty, else the target. */
  private baseFor({ target }: RunRow): string | null {
    const { git } = this.world;
    const [tip, waiting] = [git.ref(target), git.ref(waitingBranch(target))];
    return tip !== null && waiting !== null && !git.isAncestor(waiting, tip) ? waiting : tip;
  }
}

class TargetGone extends Error {}

function resultOf(end: JobEnd): AttemptResult {
  if (end.type === "attempt-ended") return end.result;
  if (end.type === "stopped") return bareResult({ kind: "stopped" });
  return bareResult({ kind: "lost", detail: end.type === "lost" ? end.detail : end.type });
}
