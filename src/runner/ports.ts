import { createHash } from "node:crypto";
import type { SlotPaths } from "../adapters/workspace/slot.ts";

const firstPort = 20_000;
const portsEach = 10;
const blocks = 1_000;

/** A block of ports of a workspace's own, for servers that are started in it: others' hardly ever are the same. */
export function portsOf({ root }: SlotPaths): {
  readonly NIGHTCREW_PORT: string;
  readonly NIGHTCREW_PORT_LAST: string;
} {
  const block = createHash("sha256").update(root).digest().readUInt32BE(0) % blocks;
  const first = firstPort + block * portsEach;
  return { NIGHTCREW_PORT: String(first), NIGHTCREW_PORT_LAST: String(first + portsEach - 1) };
}
