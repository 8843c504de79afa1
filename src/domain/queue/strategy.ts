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

/** How likely a group passes that is as large as it should be: found by simulation (bench/queue). */
const passes = 0.55;
/** Where there would be a few groups more than slots, there are as many as slots: nobody waits for a slot to be free again. */
const stretch = 1.5;

/** In equal parts, each as large as a group should be. */
export function groupsOf(members: Lot, failureRate: number, slots: number): Lot[] {
  if (members.length === 0) return [];
  const ideal = Math.max(1, Math.round(Math.log(passes) / Math.log(1 - failureRate)));
  const wanted = Math.ceil(members.length / ideal);
  const count = wanted > slots && wanted < stretch * slots ? slots : wanted;
  const size = Math.ceil(members.length / count);
  const groups: Lot[] = [];
  for (let start = 0; start < members.length; start += size) groups.push(members.slice(start, start + size));
  return groups;
}

/** Of a lot with something bad in it, as many from the front as are as likely to hold it as the others. */
export function frontOf(size: number, failureRate: number): number {
  const none = Math.pow(1 - failureRate, size);
  const front = Math.round(Math.log((1 + none) / 2) / Math.log(1 - failureRate));
  return Math.min(Math.max(front, 1), size - 1);
}
