import { estimateWith, type FailureRate } from "./failure-rate.ts";
import { nothing, type Known, type Lot, type Member, type Plan, type Standing, type Trying } from "./known.ts";
import { frontOf, groupsOf } from "./strategy.ts";

export interface GroupRules {
  readonly slots: number;
  /** How often changes were red before this round. */
  readonly rate: FailureRate;
  /** Conflict with others that are merged before them, or do the same: they land later. */
  readonly late: ReadonlySet<Member>;
}

/**
 * Group-split and combine: disjoint groups are judged side by side. Of a group that fails one part is judged. Where that
 * passes, something in the other part is bad; where it fails, nothing is known of the other part any more, and it is judged
 * with others of which nothing is known. What passed is judged once more as one, and lands as one.
 *
 *   groups    [a b c d] [e f g h]   [e f g h] fails
 *   a part    [e f]                 fails: of g and h nothing is known
 *   parts     [e] [g h]             [e] fails, [g h] passes
 *   the last  [a b c d g h + f]     passes, and lands: so e is the culprit, it failed alone and with others that are good
 */
export function planGroups(members: Lot, known: Known, rules: GroupRules): Plan {
  const found = look(members, known, rules);
  const culprits = [...found.culprits];
  const parts = narrow(found, known);
  const judge = [...parts, ...fresh(found, known, rules), ...early(found, known)];
  if (judge.length > 0 || found.running.length > 0) return { ...nothing, judge, culprits };
  return { ...combine(found, known), culprits };
}

/** What follows from all that was judged in this round. */
interface Found {
  readonly members: Lot;
  readonly passed: ReadonlySet<Member>;
  /** Of those that passed the ones that may land together. */
  readonly good: Lot;
  readonly running: readonly Lot[];
  /** By each of them something is bad: what is left of a lot that failed without those that passed elsewhere. */
  readonly failing: readonly Failing[];
  /** Those of them that say most: the smallest, no two with a member in common. */
  readonly smallest: readonly Failing[];
  readonly culprits: ReadonlySet<Member>;
  /** Share of changes that are red, by all of that. */
  readonly share: number;
}

interface Failing {
  readonly lot: Lot;
  /** It failed as it is, without others. */
  readonly itself: boolean;
}

function look(members: Lot, known: Known, { rate, late }: GroupRules): Found {
  const lots = (...standings: readonly Standing[]): Lot[] =>
    known.lots.filter((lot) => standings.includes(known.of(lot)));
  const passed = new Set(lots("passed").flat());
  const all = lots("failed", "blocked")
    // One that left may have been what was bad.
    .filter((lot) => lot.every((one) => members.includes(one)))
    .map((whole) => {
      const lot = whole.filter((one) => !passed.has(one));
      return { lot, itself: lot.length === whole.length };
    })
    .filter(({ lot }) => lot.length > 0);
  const culprits = new Set(all.filter((one) => isSure(one, all, known)).flatMap(({ lot }) => lot));
  const failing = all.filter(({ lot }) => !lot.some((one) => culprits.has(one)));
  const smallest = disjoint(failing);
  const sizes = smallest.map(({ lot }) => lot.length);
  const share = estimateWith(rate, { green: passed.size, red: culprits.size, failing: sizes });
  const good = members.filter((one) => passed.has(one) && !late.has(one));
  return { members, passed, good, running: lots("running"), failing, smallest, culprits, share };
}

/** It failed alone, and not just once: in a second run of the check, or with others that are good. One failure may be a flake. */
function isSure({ lot, itself }: Failing, failing: readonly Failing[], known: Known): boolean {
  if (lot.length > 1 || !itself) return false;
  if (known.of(lot) === "blocked" || known.confirmed(lot)) return true;
  return failing.some((other) => !other.itself && other.lot.length === 1 && other.lot[0] === lot[0]);
}

function disjoint(failing: readonly Failing[]): Failing[] {
  const chosen: Failing[] = [];
  for (const one of failing.toSorted((a, b) => a.lot.length - b.lot.length || Number(b.itself) - Number(a.itself)))
    if (!chosen.some(({ lot }) => meet(lot, one.lot))) chosen.push(one);
  return chosen;
}

function narrow({ smallest, failing, running, share }: Found, known: Known): Trying[] {
  return smallest.flatMap(({ lot, itself }): Trying[] => {
    if (running.some((one) => one.every((member) => lot.includes(member)))) return [];
    if (lot.length > 1) return [{ lot: lot.slice(0, frontOf(lot.length, share)), condemns: false }];
    if (itself) return mayBeSure(lot, failing) ? [] : [{ lot, condemns: true }];
    return known.of(lot) === null ? [{ lot, condemns: false }] : [];
  });
}

/** It failed once. What others are still judged for may tell that it is bad, so it need not be judged again now. */
function mayBeSure(lot: Lot, failing: readonly Failing[]): boolean {
  const suspects = failing.filter((one) => one.itself && one.lot.length === 1).flatMap((one) => one.lot);
  const around = failing.filter((one) => one.lot.length > 1 && meet(one.lot, lot));
  return around.some((one) => one.lot.every((member) => lot.includes(member) || !suspects.includes(member)));
}

/**
 * Those of which nothing is known yet, or any more. Where nothing else is left to judge they are judged with all that
 * passed: where that passes as well, it was the combining gate.
 */
function fresh(found: Found, known: Known, { slots }: GroupRules): Trying[] {
  const { members, passed, good, culprits, running, smallest, share } = found;
  const busy = new Set([...running, ...smallest.map(({ lot }) => lot)].flat());
  const free = members.filter((one) => !passed.has(one) && !culprits.has(one) && !busy.has(one));
  const groups = groupsOf(free, share, slots);
  const last = groups.length === 1 && running.length === 0 && narrow(found, known).length === 0;
  if (!last || good.length === 0) return groups.map((lot) => ({ lot, condemns: lot.length === 1 }));
  return [{ lot: members.filter((one) => good.includes(one) || free.includes(one)), condemns: false }];
}

/** Where all that are left will hardly pass, the others are combined already. */
function early({ members, passed, good, failing, culprits }: Found, known: Known): Trying[] {
  const doomed = new Set(failing.filter(({ lot }) => lot.length === 1).flatMap(({ lot }) => lot));
  const open = members.some((one) => !passed.has(one) && !culprits.has(one) && !doomed.has(one));
  if (doomed.size === 0 || open || good.length === 0 || known.of(good) !== null) return [];
  return [{ lot: good, condemns: true }];
}

/** Green alone is not green together. Where all of it is red, as much of it as is green from the front lands first. */
function combine({ members, good }: Found, known: Known): Plan {
  const place = ([first]: Lot): number => members.findIndex((one) => one === first);
  const lots = largest(known.lots.filter((lot) => known.of(lot) === "passed")).toSorted((a, b) => place(a) - place(b));
  const [front] = lots;
  if (front === undefined) return { ...nothing, over: true };
  const union = (count: number): Lot => {
    const taken = new Set(lots.slice(0, count).flat());
    return good.filter((one) => taken.has(one));
  };
  // Between what is known to be green from the front, and what is known to be red.
  let [green, red] = [0, lots.length + 1];
  for (let count = lots.length; count > green; count = (green + red) >> 1) {
    const lot = union(count);
    const standing = known.of(lot);
    if (standing === null && lot.length > 0) return { ...nothing, judge: [{ lot, condemns: true }] };
    if (standing === "passed") green = count;
    else red = count;
  }
  // As it was judged it is green, with those in it that would have come later.
  return { ...nothing, land: green > 0 ? union(green) : front };
}

function largest(lots: readonly Lot[]): Lot[] {
  const within = (lot: Lot, other: Lot): boolean =>
    lot.length < other.length && lot.every((one) => other.includes(one));
  return lots.filter((lot) => !lots.some((other) => within(lot, other)));
}

function meet(lot: Lot, other: Lot): boolean {
  return lot.some((one) => other.includes(one));
}
