import { nothing, type Known, type Lot, type Plan, type Trying } from "./known.ts";

export interface PrefixRules {
  readonly slots: number;
  /** Share of changes that are red, as far as is known. */
  readonly failureRate: number;
  /** Each change becomes a commit of its own on the target, so each of the trees in between is judged. */
  readonly everyChange: boolean;
}

/**
 * Speculation: the queue's beginnings are judged side by side, on the assumption that those in front pass (A, A+B, A+B+C).
 * With fewer slots than changes only some lengths are judged: those at which the first bad change is as likely to lie on
 * one side as on the other. What passed lands at once; longer beginnings stay what they are, for the tree is the same.
 */
export function planPrefixes(members: Lot, known: Known, rules: PrefixRules): Plan {
  if (members.length === 0) return { ...nothing, over: true };
  const of = (length: number): ReturnType<Known["of"]> => known.of(members.slice(0, length));
  const lengths = members.map((_, index) => index + 1);
  const passed = lengths.filter((length) => of(length) === "passed");
  const landable = rules.everyChange ? (of(1) === "passed" ? 1 : 0) : Math.max(0, ...passed);
  const failing = lengths.find((length) => length > landable && (of(length) === "failed" || of(length) === "blocked"));
  const bound = failing ?? members.length + 1;
  const stop = lengths.filter((length) => of(length) === "running" && (length > bound || length < landable));
  const stops = stop.map((length) => members.slice(0, length));
  if (landable > 0) return { ...nothing, land: members.slice(0, landable), stop: stops };
  const [first] = members;
  const head = members.slice(0, 1);
  if (failing === 1 && first !== undefined) {
    const sure = of(1) === "blocked" || known.confirmed(head);
    return sure
      ? { ...nothing, culprits: [first], stop: stops }
      : { ...nothing, judge: [{ lot: head, condemns: true }], stop: stops };
  }
  const last = failing === undefined ? members.length : failing - 1;
  const all = rules.everyChange || last <= rules.slots;
  // Nothing fails so far, and the whole is being judged: shorter ones would say nothing more.
  if (!all && failing === undefined && of(last) === "running") return { ...nothing, stop: stops };
  const cuts = all ? lengths.slice(0, last) : cutsOf(last, failing, rules);
  const judge: Trying[] = cuts
    .filter((length) => of(length) === null)
    .map((length) => ({ lot: members.slice(0, length), condemns: length === 1 || all }));
  return { ...nothing, judge, stop: stops };
}

/**
 * Lengths at the quantiles of where the first bad change is. The whole is one of them where nothing is known to fail.
 * P(first bad > k) = (1 - p)^k, and less than 1 where the length `failing` is known to be bad.
 */
function cutsOf(last: number, failing: number | undefined, { slots, failureRate }: PrefixRules): number[] {
  const good = Math.log(1 - failureRate);
  const whole = Math.pow(1 - failureRate, failing ?? last);
  const share = (index: number): number =>
    failing === undefined ? whole + ((1 - whole) * index) / slots : 1 - ((1 - whole) * (index + 1)) / (slots + 1);
  const cuts = new Set<number>();
  for (let index = 0; index < slots; index++) {
    const length = Math.round(Math.log(share(index)) / good);
    cuts.add(Math.min(Math.max(length, 1), last));
  }
  for (let length = 1; cuts.size < Math.min(slots, last); length++) cuts.add(length);
  return [...cuts].sort((a, b) => a - b);
}
