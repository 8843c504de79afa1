import { z } from "zod";
import { leaseName, leaseNameText } from "../domain/lease.ts";
import type {
  CleanupView,
  ExportView,
  LeaseHeldView,
  LeaseTakenView,
  LocksView,
  SalvageDroppedView,
  SalvageListView,
  SalvageRestoredView,
  SalvageShowView,
} from "./keeping-views.ts";

/** What may be asked about what is kept, and for how long. */

/** `RUN/TASK/ATTEMPT`, or what is unique of it. */
const id = z.string().min(1).max(300);

const cwdText = z.string().min(1).max(4_096);
const leaseText = z.string().regex(leaseName, leaseNameText);
const pid = z.int().min(1);

export const maxDays = 36_500;

export const keepingRequests = {
  salvageList: z.strictObject({}),
  salvageShow: z.strictObject({ id }),
  salvageRestore: z.strictObject({ id, branch: z.string().min(1).max(400).optional() }),
  salvageDrop: z.strictObject({ id, yes: z.boolean().optional() }),
  /** `olderThanDays`: of runs that have been finished for so long; the daemon's retention where it is missing. */
  cleanup: z.strictObject({ dryRun: z.boolean().optional(), olderThanDays: z.int().min(0).max(maxDays).optional() }),
  /** `to`: an absolute path; `docs/status/runs/<run>` in the run's checkout where it is missing. */
  export: z.strictObject({ run: z.string().min(1).max(64).optional(), to: z.string().min(1).max(4_096).optional() }),
  locks: z.strictObject({}),
  /** For a process of this machine, of the repository around `cwd`. One that lives and has it is told of. */
  leaseTake: z.strictObject({ cwd: cwdText, name: leaseText, pid, what: z.string().min(1).max(500) }),
  /** A sign of life; `also`: it is held as long as that process lives, too. */
  leaseRenew: z.strictObject({ cwd: cwdText, name: leaseText, pid, token: z.int().min(1), also: pid.optional() }),
  leaseRelease: z.strictObject({ cwd: cwdText, name: leaseText, pid, token: z.int().min(1) }),
} as const;

export interface KeepingAnswers {
  readonly salvageList: SalvageListView;
  readonly salvageShow: SalvageShowView;
  readonly salvageRestore: SalvageRestoredView;
  readonly salvageDrop: SalvageDroppedView;
  readonly cleanup: CleanupView;
  readonly export: ExportView;
  readonly locks: LocksView;
  readonly leaseTake: LeaseTakenView;
  readonly leaseRenew: LeaseHeldView;
  readonly leaseRelease: LeaseHeldView;
}
