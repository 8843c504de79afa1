import { nothing, type Known, type Lot, type Member, type Plan, type Trying } from "./known.ts";

/**
 * Group-split and combine: disjoint groups are judged side by side. A group that fails is halved; where one half passes, the
 * other is known to be bad and is halved without being judged. What passed is judged once more as one, and lands as one.
 *
 *   groups   [a b c] [d e f]      [d e f] fails
 *   halves   [d] passes           so something in [e f] is bad: [e] fails, [f] passes
 *   combine  [a b c d f] passes   lands; e is the culprit
 */
export function planGroups(groups: readonly Lot[], known: Known, late: ReadonlySet<Member>): Plan {
  const found: Found = { passed: [], culprits: [], judge: [], waits: false };
  for (const group of groups) explore(group, { known, bad: false, parent: false }, found);
  if (found.judge.length > 0 || found.waits) return { ...nothing, judge: found.judge, culprits: found.culprits };
  return { ...combine(found.passed, known, late), culprits: found.culprits };
}

interface Found {
  readonly passed: Lot[];
  readonly culprits: Member[];
  readonly judge: Trying[];
  waits: boolean;
}

interface Around {
  readonly known: Known;
  /** By what is known of the lots around it, something in it is bad. */
  readonly bad: boolean;
  /** A lot around it failed. */
  readonly parent: boolean;
}

function explore(lot: Lot, { known, bad, parent }: Around, found: Found): void {
  const [first] = lot;
  if (first === undefined) return;
  const standing = known.of(lot);
  if (standing === "running") found.waits = true;
  else if (standing === "passed") found.passed.push(lot);
  else if (lot.length > 1) {
    if (standing === null && !bad) found.judge.push({ lot, condemns: false });
    else halve(lot, known, found);
  } else if (standing === null) found.judge.push({ lot, condemns: !parent });
  else if (standing === "blocked" || parent || known.confirmed(lot)) found.culprits.push(first);
  else found.judge.push({ lot, condemns: true });
}

/** The second half waits for the first: where that passes, it need not be judged as a whole. */
function halve(lot: Lot, known: Known, found: Found): void {
  const half = lot.length >> 1;
  const left = lot.slice(0, half);
  explore(left, { known, bad: false, parent: true }, found);
  const standing = known.of(left);
  if (standing === null || standing === "running") return;
  explore(lot.slice(half), { known, bad: standing === "passed", parent: true }, found);
}

/** Green alone is not green together. Where all of it is red, as much of it as is green from the front lands first. */
function combine(passed: readonly Lot[], known: Known, late: ReadonlySet<Member>): Plan {
  const union = (count: number): Lot => passed.slice(0, count).flatMap((lot) => lot.filter((one) => !late.has(one)));
  const alone = passed.length === 1 && union(1).length === passed[0]?.length;
  if (passed.length === 0) return { ...nothing, over: true };
  if (alone) return { ...nothing, land: union(1) };
  // Between what is known to be green from the front, and what is known to be red.
  let [green, red] = [1, passed.length + 1];
  for (let count = passed.length; count > green; count = (green + red) >> 1) {
    const lot = union(count);
    const standing = known.of(lot);
    if (standing === "running") return nothing;
    if (standing === null) return { ...nothing, judge: [{ lot, condemns: true }] };
    if (standing === "passed") green = count;
    else red = count;
    if (red - green <= 1) break;
  }
  return { ...nothing, land: union(green) };
}
