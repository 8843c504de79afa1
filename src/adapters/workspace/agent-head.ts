import { readIfThere } from "../files/read-if-there.ts";
import { join } from "node:path";
import type { SlotPaths } from "./slot.ts";

const objectId = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * The commit the agent's repository is on, read as plain files: no git of ours opens a repository an agent may have
 * prepared. Null where it is on none that can be told.
 */
export async function agentHead(slot: SlotPaths): Promise<string | null> {
  let content = await readIfThere(join(slot.agentGit, "HEAD"));
  // Symbolic refs may point to symbolic refs; git itself gives up after five.
  for (let depth = 0; depth < 5 && content !== null; depth++) {
    const value = content.trim();
    if (objectId.test(value)) return value;
    const ref = /^ref: (refs\/[^\n]+)$/.exec(value)?.[1];
    if (ref === undefined || !isPlainRef(ref)) return null;
    content = (await readIfThere(join(slot.agentGit, ref))) ?? (await packedRef(slot, ref));
  }
  return null;
}

/** A name that stays below refs/ when it is used as a path. */
function isPlainRef(ref: string): boolean {
  return !ref.split("/").some((part) => part === "" || part === "." || part === "..");
}

async function packedRef(slot: SlotPaths, ref: string): Promise<string | null> {
  const packed = await readIfThere(join(slot.agentGit, "packed-refs"));
  const line = packed?.split("\n").find((candidate) => candidate.endsWith(` ${ref}`));
  return line?.split(" ")[0] ?? null;
}
