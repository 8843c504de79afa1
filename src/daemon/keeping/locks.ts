import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LockOwner, LocksView, LockView } from "../../api/keeping-views.ts";
import { claimName } from "../../adapters/runners/claim.ts";
import { leasesFolder, leasesIn } from "../../adapters/leases/named-leases.ts";
import { heartbeatName } from "../../adapters/runners/run-folders.ts";
import { openClaim } from "../../adapters/runners/living-claim.ts";
import { slotsIn, timeOf, workspaceFolders, type FoundSlot } from "../../adapters/workspace/slots-on-disk.ts";
import { isLive } from "../../domain/attempt-state.ts";
import { inQueue } from "../../domain/change-state.ts";
import { attemptId, attemptNumber, isRunId, type RunRow } from "../../domain/run.ts";
import { currentOwner } from "../owner-lock.ts";
import { maxOpenRuns, type KeepingPlace } from "./place.ts";

const nobody: LockOwner = { pid: null, alive: null, run: null, task: null, attempt: null, agent: null };

/** Who holds what: the home, workspaces, jobs, names. */
export async function listLocks(place: KeepingPlace): Promise<LocksView> {
  const jobs: LockView[] = [];
  for (const run of place.store.openRuns(maxOpenRuns)) jobs.push(...(await jobsOf(place, run)));
  const leases = await leaseLocks(place);
  return { version: 1, locks: [...(await homeLock(place)), ...(await workspaceLocks(place)), ...jobs, ...leases] };
}

async function homeLock({ home }: KeepingPlace): Promise<LockView[]> {
  const found = await currentOwner(home);
  if (found === null) return [];
  const { pid, alive, generation, file } = found;
  return [
    {
      kind: "home",
      resource: home,
      owner: { ...nobody, pid, alive },
      token: generation,
      since: await timeOf(file),
      beatAt: null,
      stale: !alive,
      repository: null,
    },
  ];
}

export async function workspaceLocks(place: KeepingPlace): Promise<LockView[]> {
  const locks: LockView[] = [];
  for (const folder of await workspaceFolders(place.folders.workspaces)) {
    for (const slot of await slotsIn(folder)) {
      if (slot.busy !== null && slot.state === "pooled") locks.push(await workspaceLock(place, slot));
    }
  }
  return locks;
}

async function workspaceLock(
  { store, folders }: KeepingPlace,
  { path, repository, busy }: FoundSlot,
): Promise<LockView> {
  const { run = null, task = null, attempt = null, since = null } = busy ?? {};
  const whole = run !== null && task !== null && attempt !== null && isRunId(run);
  const claim = whole ? await openClaim(folders.attempt(run, task, attempt)) : null;
  const agent = whole ? (store.attempt(attemptId(run, task, attempt))?.agent ?? null) : null;
  const alive = claim?.alive ?? false;
  const owner = { pid: claim === null || claim.pid === 0 ? null : claim.pid, alive, run, task, attempt, agent };
  return { kind: "workspace", resource: path, owner, token: attempt, since, beatAt: null, stale: !alive, repository };
}

async function jobsOf({ store, folders }: KeepingPlace, run: RunRow): Promise<LockView[]> {
  const about = { repository: run.repository, run: run.id };
  const locks: LockView[] = [];
  for (const { id, task, number, agent, state } of store.attempts(run.id)) {
    if (!isLive(state)) continue;
    const folder = folders.attempt(run.id, task, number);
    locks.push(...(await jobLock(folder, id, { ...about, task, attempt: number, agent })));
  }
  for (const { id, task, state, judgements } of store.changes(run.id)) {
    const { host, checks } = judgements.at(-1) ?? {};
    if (!inQueue(state) || host === undefined || checks === undefined) continue;
    const lock = { ...about, task, attempt: attemptNumber(id), agent: null };
    locks.push(...(await jobLock(folders.gate(host, checks), `${host}/gate/${checks}`, lock)));
  }
  return locks;
}

async function leaseLocks({ folders }: KeepingPlace): Promise<LockView[]> {
  const locks: LockView[] = [];
  for (const folder of await workspaceFolders(folders.workspaces)) {
    for (const lease of await leasesIn(leasesFolder(folder))) {
      const { name: resource, token, alive, stale, holder, file } = lease;
      const { pid, repository, run, task, attempt, agent, what, since } = holder;
      const owner = { pid, alive, run, task, attempt, agent, what };
      const beatAt = await timeOf(file);
      locks.push({ kind: "lease", resource, owner, token, since, beatAt, stale, repository });
    }
  }
  return locks;
}

interface JobAbout {
  readonly repository: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly agent: string | null;
}

async function jobLock(folder: string, resource: string, { repository, ...about }: JobAbout): Promise<LockView[]> {
  const claim = existsSync(folder) ? await openClaim(folder) : null;
  if (claim === null) return [];
  const owner = { ...about, pid: claim.pid === 0 ? null : claim.pid, alive: claim.alive };
  const since = await timeOf(join(folder, claimName));
  const beatAt = await timeOf(join(folder, heartbeatName));
  return [{ kind: "job", resource, owner, token: about.attempt, since, beatAt, stale: !claim.alive, repository }];
}
