import type { z } from "zod";
import type { keepingRequests } from "../../api/keeping-contract.ts";
import type { LeaseHeldView, LeaseTakenView } from "../../api/keeping-views.ts";
import { openRepository } from "../../adapters/git/open-repository.ts";
import { leasesFolder, NamedLease, readLease, takeLease } from "../../adapters/leases/named-leases.ts";
import { identityOf } from "../../adapters/process/identity.ts";
import { leaseHolderText } from "../../domain/present/lease-text.ts";
import type { KeepingPlace } from "./place.ts";

/** Leases on names that a person's command has: the files are those of runners, the process is the client's. */

type Request<M extends keyof typeof keepingRequests> = z.output<(typeof keepingRequests)[M]>;

export async function takeFor(
  place: KeepingPlace,
  { cwd, name, pid, what }: Request<"leaseTake">,
): Promise<LeaseTakenView> {
  const repository = await repositoryAt(cwd);
  const use = { run: null, task: null, attempt: null, agent: null, what };
  const holder = { ...identityOf(pid), ...use, repository, since: Date.now() };
  const taken = await takeLease(leasesFolder(place.folders.slots(repository)), name, holder);
  return "lease" in taken
    ? { version: 1, token: taken.lease.token, by: null }
    : { version: 1, token: null, by: leaseHolderText(taken.by.holder) };
}

export async function renewFor(place: KeepingPlace, request: Request<"leaseRenew">): Promise<LeaseHeldView> {
  const lease = await heldBy(place, request);
  lease?.renew(request.also === undefined ? undefined : identityOf(request.also));
  return { version: 1, held: lease !== null };
}

export async function releaseFor(place: KeepingPlace, request: Request<"leaseRelease">): Promise<LeaseHeldView> {
  const lease = await heldBy(place, request);
  lease?.release();
  return { version: 1, held: lease !== null };
}

async function heldBy(
  place: KeepingPlace,
  { cwd, name, pid, token }: Request<"leaseRelease">,
): Promise<NamedLease | null> {
  const folder = leasesFolder(place.folders.slots(await repositoryAt(cwd)));
  const found = await readLease(folder, name);
  return found?.token === token && found.holder.pid === pid ? new NamedLease(folder, found) : null;
}

async function repositoryAt(cwd: string): Promise<string> {
  return (await openRepository(cwd)).place.commonDir;
}
