import { join } from "node:path";
import { readPlainFile } from "../files/read-plain-file.ts";
import type { SlotPaths } from "./slot.ts";

/** Bytes of a ref, and of all that are packed. */
const maxRef = 4_096;
const maxPacked = 16 * 1024 * 1024;

const objectId = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * The commit the agent's repository is on, read as plain files: no git of ours opens a repository an agent may have
 * prepared. Null where it is on none that can be told.
 */
export async function agentHead(slot: SlotPaths): Promise<string | null> {
  let content = await readPlainFile(join(slot.agentGit, "HEAD"), maxRef);
  // Symbolic refs may point to symbolic refs; git itself gives up after five.
  for (let depth = 0; depth < 5 && content !== null; depth++) {
    const value = content.trim();
    if (objectId.test(value)) return value;
    const ref = /^ref: (refs\/[^\n]+)$/.exec(value)?.[1];
    if (ref === undefined || !isPlainRef(ref)) return null;
    content = (await readPlainFile(join(slot.agentGit, ref), maxRef)) ?? (await packedRef(slot, ref));
  }
  return null;
}

/** A name that stays below refs/ when it is used as a path. */
function isPlainRef(ref: string): boolean {
  return !ref.split("/").some((part) => part === "" || part === "." || part === "..");
}

async function packedRef(slot: SlotPaths, ref: string): Promise<string | null> {
  const packed = await readPlainFile(join(slot.agentGit, "packed-refs"), maxPacked);
  const line = packed?.split("\n").find((candidate) => candidate.endsWith(` ${ref}`));
  return line?.split(" ")[0] ?? null;
}
