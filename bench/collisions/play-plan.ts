import { collide } from "../../src/domain/collisions/shares.ts";

/** Whether a task keeps others waiting until its agent has ended, or until what it changed has landed. */
export type Until = "ended" | "landed";

export interface Duty {
  /** An agent works on it. */
  readonly minutes: number;
  readonly shares: readonly number[];
}

export interface Played {
  /** Until the last one has landed; minutes. */
  readonly makespan: number;
  /** Pairs of which one began before the other one had landed; the one that lands first is the first. */
  readonly beside: readonly Pair[];
}

/** By their places in the plan. */
export type Pair = readonly [number, number];

const workers = 4;
/** From the end of an agent to the landing: the gate, mostly. */
const landingMinutes = 3;

interface Begun {
  readonly index: number;
  readonly at: number;
  readonly ended: number;
  readonly landed: number;
}

/** Plays a plan of independent tasks, by the rules of src/domain/decide/right-of-way.ts. */
export function playPlan(duties: readonly Duty[], until: Until): Played {
  let waiting = duties.map((_, index) => index);
  const begun: Begun[] = [];
  for (let now = 0; waiting.length > 0; now = nextTime(begun, now)) {
    const sharesOf = (index: number): readonly number[] => duties[index]?.shares ?? [];
    const taken = begun.filter((one) => one[until] > now).flatMap(({ index }) => sharesOf(index));
    let kept: readonly number[] | null = null;
    const isBusy = (): boolean => begun.filter(({ ended }) => ended > now).length >= workers;
    for (const index of waiting) {
      if (isBusy()) break;
      const shares = sharesOf(index);
      const free = !collide(shares, taken);
      if (!free) kept ??= shares;
      if (!free || (kept !== null && collide(shares, kept))) continue;
      const ended = now + (duties[index]?.minutes ?? 0);
      begun.push({ index, at: now, ended, landed: ended + landingMinutes });
      taken.push(...shares);
      waiting = waiting.filter((one) => one !== index);
    }
  }
  return { makespan: Math.max(...begun.map(({ landed }) => landed)), beside: besideEachOther(begun) };
}

function nextTime(begun: readonly Begun[], now: number): number {
  return Math.min(...begun.flatMap(({ ended, landed }) => [ended, landed]).filter((time) => time > now));
}

function besideEachOther(begun: readonly Begun[]): Pair[] {
  return begun.flatMap((one, place) =>
    begun.slice(place + 1).flatMap((other): Pair[] => {
      if (other.at >= one.landed) return [];
      return [one.landed <= other.landed ? [one.index, other.index] : [other.index, one.index]];
    }),
  );
}
