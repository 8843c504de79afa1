import { createHash } from "node:crypto";
import type { SlotPaths } from "../adapters/workspace/slot.ts";

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
 * A block of ports of a workspace's own, for servers that are started in it: others' hardly ever are the same. Those who share
 * it have a part each, as long as there is one.
 */
export function portsOf(
  { root }: SlotPaths,
  { index, of }: Share = whole,
): {
  readonly NIGHTCREW_PORT: string;
  readonly NIGHTCREW_PORT_LAST: string;
} {
  const block = createHash("sha256").update(root).digest().readUInt32BE(0) % blocks;
  const each = Math.max(1, Math.floor(portsEach / of));
  const first = firstPort + block * portsEach + ((index * each) % portsEach);
  return { NIGHTCREW_PORT: String(first), NIGHTCREW_PORT_LAST: String(first + each - 1) };
}
