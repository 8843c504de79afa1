import { dirname } from "node:path";
import { copyFolders, nothingShown, showFolders, type ShownFolders } from "../adapters/setup/kept-folders.ts";
import { keptFolder, leaseSet, type Lease } from "../adapters/setup/kept-sets.ts";
import { takeMakingLock, untilMade } from "../adapters/setup/making-lock.ts";
import { keyFiles, ownSetKey, setKey } from "../adapters/setup/set-key.ts";
import { Git, isolated } from "../adapters/git/git.ts";
import { excludeFolders, type SlotPaths } from "../adapters/workspace/slot.ts";
import type { Handoff } from "../domain/job.ts";
import type { SandboxRules } from "../domain/run.ts";
import type { Setup } from "../domain/setup.ts";
import type { Control } from "./control.ts";
import { adoptSet, makeSet, type MadeSet } from "./make-set.ts";

export interface SetupRequest {
  /** Of the job that needs it. */
  readonly id: string;
  readonly setup: Setup;
  readonly sandbox: SandboxRules;
  readonly handoff: Handoff;
  readonly control: Control;
  /** The commit whose files decide which set is needed. */
  readonly commit: string;
  /** The target, as it is or was: what its tree makes is used for every tree with the same lock files. */
  readonly target: string | null;
  /** What takes long, for people. */
  readonly tell: (text: string) => void;
}

export type SetUp =
  | { readonly kind: "ready"; readonly lease: Lease }
  | { readonly kind: "stopped" }
  | (Extract<MadeSet, { kind: "failed" }> & {
      /** The lock files are this commit's own: the target's make something else. */
      readonly ofChange: boolean;
    });

interface Wanted {
  readonly key: string;
  /** The commit in whose tree the setup is run. */
  readonly commit: string;
  /** A set of this name was made of the very same tree. */
  readonly same: string;
  readonly ofChange: boolean;
}

/**
 * The kept folders for a commit: those that are there, else made now, by one runner for all who need them. Never in a
 * workspace that an agent had, and for the target's lock files in the target's own tree.
 */
export async function setUp(request: SetupRequest): Promise<SetUp> {
  const { control, tell, setup } = request;
  const kept = keptFolder(dirname(request.handoff.slot));
  const wanted = await wantedSet(request);
  let told = false;
  for (;;) {
    if (control.stopped) return { kind: "stopped" };
    const lease = await leaseSet(kept, wanted.key);
    if (lease !== null) return { kind: "ready", lease };
    if (!told) tell(`setting up: ${setup.run}`);
    told = true;
    const lock = await takeMakingLock(kept, wanted.key);
    if (lock === null) {
      await untilMade(kept, wanted.key, () => !control.stopped);
      continue;
    }
    try {
      // Made between the look and the lock.
      const meanwhile = (await leaseSet(kept, wanted.key)) ?? (await adoptSet(kept, wanted.same, wanted.key));
      if (meanwhile !== null) return { kind: "ready", lease: meanwhile };
      const made = await makeSet(request, { kept, key: wanted.key, commit: wanted.commit });
      if (made.kind === "failed") return control.stopped ? { kind: "stopped" } : { ...made, ofChange: wanted.ofChange };
    } finally {
      await lock.release();
    }
  }
}

async function wantedSet({ setup, sandbox, handoff, commit, target }: SetupRequest): Promise<Wanted> {
  const git = new Git({ gitDir: handoff.repository.commonDir, env: isolated });
  const around = { sandbox, path: (handoff.environment ?? process.env)["PATH"] ?? "" };
  const keyOf = async (of: string): Promise<string> => setKey(setup, await keyFiles(git, of, setup), around);
  const treeOf = async (of: string): Promise<string> => (await git.text(["rev-parse", `${of}^{tree}`])).trim();
  const key = await keyOf(commit);
  if (target !== null && (commit === target || (await keyOf(target)) === key))
    return { key, commit: target, same: ownSetKey(key, await treeOf(target)), ofChange: false };
  const own = ownSetKey(key, await treeOf(commit));
  return { key: own, commit, same: own, ofChange: true };
}

/** Puts the folders into a workspace that has just been checked out: to be seen in the sandbox, or as copies. */
export async function giveFolders(
  { set }: Lease,
  slot: SlotPaths,
  { sandbox, handoff }: Pick<SetupRequest, "sandbox" | "handoff">,
): Promise<ShownFolders> {
  // They are no work of anybody's, also where the project does not say so.
  excludeFolders(slot, handoff.repository, set.folders);
  if (sandbox.name !== "none") return showFolders(set, slot.tree);
  await copyFolders(set, slot.tree);
  return nothingShown;
}
