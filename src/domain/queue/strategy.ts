import type { Lot } from "./known.ts";

export const strategies = ["prefixes", "groups"] as const;
export type Strategy = (typeof strategies)[number];

/** `batch`: what lands together is one merge commit on the target; `every-change`: each change is one. */
export const histories = ["batch", "every-change"] as const;
export type History = (typeof histories)[number];

export interface QueueLook {
  readonly length: number;
  readonly slots: number;
  readonly failureRate: number;
  readonly history: History;
}

/** Below this share of red changes speculation over the whole queue beats groups (simulated: bench/queue). */
const veryGreen = 0.02;

export function chooseStrategy({ length, slots, failureRate, history }: QueueLook): Strategy {
  if (history === "every-change" || length <= slots + 1 || failureRate < veryGreen) return "prefixes";
  return "groups";
}

/** As large as a group passes half of the time; in as many equal parts as that makes. */
export function groupsOf(members: Lot, failureRate: number): Lot[] {
  const ideal = Math.max(1, Math.round(Math.log(0.5) / Math.log(1 - failureRate)));
  const count = Math.ceil(members.length / Math.min(ideal, members.length));
  const size = Math.ceil(members.length / count);
  const groups: Lot[] = [];
  for (let start = 0; start < members.length; start += size) groups.push(members.slice(start, start + size));
  return groups;
}
