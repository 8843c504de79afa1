import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { leasesFolder, takeLease, type FoundLease, type NamedLease } from "../adapters/leases/named-leases.ts";
import { ownIdentity } from "../adapters/process/identity.ts";
import { leaseBeatMs, type LeaseUse } from "../domain/lease.ts";
import { leaseHolderText } from "../domain/present/lease-text.ts";
import type { Handoff } from "../domain/job.ts";
import { errnoOf } from "../std/operational-error.ts";
import type { Control } from "./control.ts";

const pollMs = 200;

export interface LeasesRequest {
  readonly names: readonly string[];
  readonly handoff: Handoff;
  readonly use: LeaseUse;
  /** How long they are waited for, all together. */
  readonly waitMs: number;
  readonly control: Pick<Control, "stopped">;
  /** Told once where one has to be waited for. */
  readonly tell: (text: string) => void;
}

export type TakenLeases =
  | { readonly kind: "taken"; readonly leases: HeldLeases }
  | { readonly kind: "stopped" }
  /** `detail`: which, and who has it. */
  | { readonly kind: "not-had"; readonly detail: string };

/** Those of a job, with a sign of life now and then. */
export class HeldLeases {
  readonly leases: readonly NamedLease[];
  private readonly timer: NodeJS.Timeout | null;

  constructor(leases: readonly NamedLease[]) {
    this.leases = leases;
    this.timer =
      leases.length === 0
        ? null
        : setInterval(() => leases.forEach((lease) => written(() => lease.renew())), leaseBeatMs).unref();
  }

  /** Why what was done under them does not count; null: it does. */
  lost(): string | null {
    const lost = this.leases.find((lease) => !lease.holds());
    return lost === undefined ? null : `its lease ${lost.name} was taken over by somebody else meanwhile`;
  }

  release(): void {
    if (this.timer !== null) clearInterval(this.timer);
    for (const lease of this.leases) written(() => lease.release());
  }
}

/**
 * Whatever keeps it from being written now (a full disk, say) must not end what is done under it: its sign of life is late, or it is
 * free when this process is gone.
 */
function written(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (errnoOf(error) === null) throw error;
  }
}

/** In the order of their names, whoever asks: nobody waits for somebody who waits for him. */
export async function takeLeases(request: LeasesRequest): Promise<TakenLeases> {
  if (request.control.stopped) return { kind: "stopped" };
  const taken: NamedLease[] = [];
  const until = performance.now() + request.waitMs;
  for (const name of [...new Set(request.names)].sort()) {
    const got = await waitFor(name, request, until).catch((error: unknown) => {
      for (const lease of taken) written(() => lease.release());
      throw error;
    });
    if (got.kind === "taken") {
      taken.push(got.lease);
      continue;
    }
    for (const lease of taken) written(() => lease.release());
    return got;
  }
  return { kind: "taken", leases: new HeldLeases(taken) };
}

type Got = Exclude<TakenLeases, { kind: "taken" }> | { readonly kind: "taken"; readonly lease: NamedLease };

async function waitFor(name: string, request: LeasesRequest, until: number): Promise<Got> {
  const { handoff, use, control, tell } = request;
  const folder = leasesFolder(dirname(handoff.slot));
  const repository = handoff.repository.commonDir;
  let told = false;
  for (;;) {
    if (control.stopped) return { kind: "stopped" };
    const got = await takeLease(folder, name, { ...ownIdentity(), ...use, repository, since: Date.now() });
    if ("lease" in got) return { kind: "taken", lease: got.lease };
    if (performance.now() >= until) return { kind: "not-had", detail: heldText(got.by) };
    if (!told) tell(`waits: ${heldText(got.by)}`);
    told = true;
    await delay(pollMs);
  }
}

function heldText({ name, holder }: FoundLease): string {
  return `the lease ${name} is held by ${leaseHolderText(holder)}`;
}
