import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SlotPaths } from "../adapters/workspace/slot.ts";
import { scattered } from "../std/hash.ts";
import { errnoOf } from "../std/operational-error.ts";

const firstPort = 20_000;
const portsEach = 10;
const blocks = 1_000;

/** One of several that share a workspace at the same time. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

const whole: Share = { index: 0, of: 1 };

/**
 * A block of ports of a workspace's own, for servers that are started in it: no other workspace of the home has it. Those who
 * share it have a part each, as long as there is one.
 */
export function portsOf(
  { root }: SlotPaths,
  { index, of }: Share = whole,
): {
  readonly NIGHTCREW_PORT: string;
  readonly NIGHTCREW_PORT_LAST: string;
} {
  const block = blockOf(root);
  const each = Math.max(1, Math.floor(portsEach / of));
  const first = firstPort + block * portsEach + ((index * each) % portsEach);
  return { NIGHTCREW_PORT: String(first), NIGHTCREW_PORT_LAST: String(first + each - 1) };
}

/** Blocks are taken by files that name their workspace. Where the search begins differs, so that it is short, and in other homes, too. */
function blockOf(root: string): number {
  const home = dirname(dirname(dirname(root)));
  const folder = join(home, "ports");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const start = scattered(root) % blocks;
  const taken = takeBlock(folder, root, start) ?? (freeBlocks(folder), takeBlock(folder, root, start));
  // A thousand workspaces at once: some share.
  return taken ?? start;
}

function takeBlock(folder: string, root: string, start: number): number | null {
  for (let step = 0; step < blocks; step++) {
    const block = (start + step) % blocks;
    if (isTaken(join(folder, String(block)), root)) return block;
  }
  return null;
}

/** True where it is this workspace's, from now on or before. */
function isTaken(file: string, root: string): boolean {
  try {
    writeFileSync(file, root, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    return readFileSync(file, "utf8") === root;
  }
}

/** Of workspaces that are not there any more. */
function freeBlocks(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const root = readFileSync(file, "utf8");
    if (root !== "" && !existsSync(root)) rmSync(file, { force: true });
  }
}
