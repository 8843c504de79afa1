import { dirname, join } from "node:path";
import { inmatePolicy, type Inmate } from "../adapters/sandbox/inmate.ts";
import type { SandboxPolicy } from "../adapters/sandbox/sandbox.ts";
import type { SlotPaths } from "../adapters/workspace/slot.ts";
import type { Handoff } from "../domain/job.ts";

/** What a command of a job may see, write and reach: its work tree, what it is made of, and what it was given. */
export function policyOf({ folder, stopFile, repository }: Handoff, slot: SlotPaths, inmate: Inmate): SandboxPolicy {
  const place = {
    folder: join(folder, "sandbox"),
    crewHome: dirname(stopFile),
    tree: slot.tree,
    agentGit: slot.agentGit,
    // The agent's repository borrows the objects of the user's.
    objects: [join(repository.commonDir, "objects")],
  };
  return inmatePolicy(place, inmate);
}
