import { stat } from "node:fs/promises";
import { join } from "node:path";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf } from "../../std/operational-error.ts";
import { namesIfThere } from "../files/names-if-there.ts";
import { readIfThere } from "../files/read-if-there.ts";
import { slotPaths } from "./slot.ts";

/** What is in the folder of one repository's workspaces. */
export interface FoundSlot {
  readonly path: string;
  readonly name: string;
  /** `kept`: set aside because what is in it could not be saved; `removing`: a removal was interrupted. */
  readonly state: "pooled" | "kept" | "removing";
  /** The common git directory it was made for; null where that cannot be told. */
  readonly repository: string | null;
  readonly busy: BusyMark | null;
}

/** Which attempt is in a slot, or was when a crash came. */
export interface BusyMark {
  /** Null for all of them: the mark was not written to its end. */
  readonly run: string | null;
  readonly task: string | null;
  readonly attempt: number | null;
  /** The commit it began at. */
  readonly base: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const pooled = /^(agent|gate)-\d+$/;
const removing = /^(agent|gate)-\d+\.removing-[0-9a-f]+$/;

/** Folders of repositories below the home's workspaces, each with its slots. */
export async function workspaceFolders(workspaces: string): Promise<string[]> {
  return (await namesIfThere(workspaces)).sort().map((name) => join(workspaces, name));
}

export async function slotsIn(folder: string): Promise<FoundSlot[]> {
  const found: FoundSlot[] = [];
  for (const name of (await namesIfThere(folder)).sort()) {
    const state = stateOf(name);
    if (state === null) continue;
    const slot = slotPaths(join(folder, name));
    const repository = await readIfThere(join(slot.runnerGit, "made"));
    found.push({ path: slot.root, name, state, repository, busy: await readBusy(slot.busy) });
  }
  return found;
}

function stateOf(name: string): FoundSlot["state"] | null {
  if (name.includes(".kept-")) return "kept";
  if (pooled.test(name)) return "pooled";
  return removing.test(name) ? "removing" : null;
}

export async function readBusy(file: string): Promise<BusyMark | null> {
  const content = await readIfThere(file);
  if (content === null) return null;
  const since = (await timeOf(file)) ?? 0;
  const { run, task, number, base } = parseJsonObject(content) ?? {};
  return {
    run: typeof run === "string" ? run : null,
    task: typeof task === "string" ? task : null,
    attempt: typeof number === "number" ? number : null,
    base: typeof base === "string" ? base : null,
    since,
  };
}

/** When it was last changed, in milliseconds since the epoch; null where it is not there. */
export async function timeOf(path: string): Promise<number | null> {
  try {
    return Math.round((await stat(path)).mtimeMs);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return null;
    throw error;
  }
}
