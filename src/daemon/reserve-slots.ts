import type { JobStarter } from "../adapters/runners/job-starter.ts";
import type { LocalChecks } from "../adapters/runners/local-checks.ts";
import type { RunFolders } from "../adapters/runners/run-folders.ts";
import type { Effect } from "../domain/effect.ts";
import type { Store } from "../engine/ports.ts";

export interface SlotHolders {
  readonly store: Store;
  readonly folders: RunFolders;
  readonly jobs: JobStarter;
  readonly checks: LocalChecks;
}

/** After a start: what a daemon before this one had begun may still be at work in its slot, so nothing else is put there. */
export async function reserveSlots(holders: SlotHolders, pending: readonly Effect[]): Promise<void> {
  for (const effect of pending) {
    if (effect.kind === "start-attempt") await reserveAttempt(holders, effect.attempt);
    else if (effect.kind === "run-gate") await reserveChecks(holders, effect);
  }
}

async function reserveAttempt(
  { store, folders, jobs }: SlotHolders,
  id: Extract<Effect, { kind: "start-attempt" }>["attempt"],
): Promise<void> {
  const attempt = store.attempt(id);
  const run = attempt && store.run(attempt.run);
  if (attempt && run) await jobs.reserve(folders.attempt(run.id, attempt.task, attempt.number), run.repository);
}

async function reserveChecks(
  { store, checks: runners }: SlotHolders,
  { host, checks }: Extract<Effect, { kind: "run-gate" }>,
): Promise<void> {
  const run = store.run(host);
  if (run !== null) await runners.reserve(run, checks);
}
