import { assertDefined } from "../../../std/assert.ts";
import type { Link } from "../../change-state.ts";
import type { Failure } from "../../failure.ts";
import type { GateJudged, RevertOutcome } from "../../input.ts";
import { checksId, type Watch } from "../../queue/queue-row.ts";
import { judgeGate } from "../../verdict.ts";
import type { RunId, Validation } from "../../run.ts";
import { gateKeyOf } from "./gate-key.ts";
import type { QueueDraft } from "./queue-draft.ts";
import { askForRepair } from "./repair.ts";

/**
 * The target is validated after each landing, and once before the first: what is red there now and was not before is the
 * landing's doing. Which change it was is found by halving what landed, and that one is taken back.
 *
 *   landed m1..m4: red?   m1 m2: green   m1..m3: red   → m3
 *
 * Where it is red without that one, too, what landed on it is halved again, each time built without it; and so on, until the
 * target is green or nothing is left that landed on the last one.
 */

/** Begun again and again it says nothing. */
const mostGoes = 5;

export function validationOf(draft: QueueDraft, host: RunId): Validation | null {
  return draft.runWith(host)?.settings.queue.validation ?? null;
}

export function keyOfValidation(draft: QueueDraft, host: RunId): string {
  const run = assertDefined(draft.runWith(host), `run ${host} is in the slice`);
  return gateKeyOf(run.settings.queue.validation?.gate ?? null, run);
}

export interface Validating {
  readonly host: RunId;
  readonly tip: string;
  /** What landed with it. */
  readonly links: readonly Link[];
  /** Null: what landed is no repair. */
  readonly repaired: Required<Pick<Watch, "takenBack" | "later">> | null;
}

export function beginWatch(draft: QueueDraft, { host, tip, links, repaired }: Validating): void {
  const validation = validationOf(draft, host);
  if (validation === null) return;
  const about = { host, gate: validation.gate, commit: tip, tip, links, bisect: null };
  look(draft, { ...about, number: 0, check: "", log: "", goes: 0, repaired: repaired !== null, ...repaired });
}

/** Asks for it under a number of its own. */
function look(draft: QueueDraft, next: Watch): void {
  const watch = { ...next, number: draft.nextNumber() };
  draft.putQueue({ watch });
  const { number, host, gate, commit, links } = watch;
  const checks = checksId(number, 0, "target");
  draft.judgedBy(
    links.map(({ change }) => change),
    { host, checks, on: "target", together: links.length },
  );
  draft.askForGate({ host, number, on: "target", commit, gate });
}

export function targetJudged(draft: QueueDraft, { trial: number, gate, results }: GateJudged): void {
  const { watch } = draft.queue;
  if (watch?.number !== number) return;
  const stopped = results.some(({ exit }) => exit.kind === "stopped");
  if (stopped && watch.goes < mostGoes) return look(draft, { ...watch, goes: watch.goes + 1 });
  const judged = judgeGate(gate, results);
  if (watch.bisect !== null && judged.verdict === "blocked") {
    // It tells nothing of where the culprit is.
    const why = `${judged.check} could not be judged on a part of what landed`;
    return stuck(draft, watch, `${watch.check} fails, and what broke it is not to be found: ${why}`);
  }
  if (watch.bisect !== null) return narrowed(draft, watch, watch.bisect, judged.verdict === "pass");
  if (judged.verdict === "pass") return green(draft, watch);
  const { failure, check } = judged;
  if (watch.links.length === 0) return known(draft, watch, baseFailure(failure, check));
  const log = "log" in failure ? failure.log : "";
  const rollback = validationOf(draft, watch.host)?.rollback === true;
  // What could not be judged is nobody's doing.
  if (!rollback || judged.verdict === "blocked")
    return suspect(draft, { ...watch, check, log }, baseFailure(failure, check));
  if (watch.repaired) return redStill(draft, { ...watch, check, log });
  narrow(draft, { ...watch, check, log }, { green: 0, red: watch.links.length });
}

/** Of the target itself nobody's work is said to have failed. */
export function baseFailure(failure: Failure, check: string): Failure {
  return failure.reason === "check-failed" ? { reason: "red-base", check, log: failure.log } : failure;
}

function known(draft: QueueDraft, { tip, host }: Watch, failure: Failure | null): void {
  draft.putQueue({ watch: null, validated: { tip, key: keyOfValidation(draft, host), failure } });
}

function green(draft: QueueDraft, watch: Watch): void {
  for (const { change } of watch.links) draft.tell(change, { kind: "validated" });
  if (watch.links.length > 0 && !watch.repaired) draft.putQueue({ reverted: [] });
  known(draft, watch, null);
}

/** It is told, and nothing is taken back: the target stays red until somebody mends it. */
function suspect(draft: QueueDraft, watch: Watch, failure: Failure): void {
  for (const { change } of watch.links) draft.tell(change, { kind: "suspected", check: watch.check });
  known(draft, watch, failure);
}

function stuck(draft: QueueDraft, watch: Watch, detail: string): void {
  suspect(draft, watch, { reason: "red-base", check: watch.check, log: watch.log });
  draft.halt({ reason: "stuck", commit: watch.tip, detail }, watch.host);
}

/** What had landed below the culprit was green; another one is among those that had landed on it. */
function redStill(draft: QueueDraft, watch: Watch): void {
  const { check, links, later = 0 } = watch;
  if (later === 0) return stuck(draft, watch, `${check} still fails after the landing that broke it was taken back`);
  narrow(draft, watch, { green: links.length - later, red: links.length });
}

/** Those that landed on culprits never were without them: what there would be has to be built, one step for each of them. */
function lookWithout(draft: QueueDraft, watch: Watch, built: number): void {
  const { host, check, log, commit: at, takenBack = [] } = watch;
  const next = takenBack[built];
  if (next === undefined) return look(draft, { ...watch, building: null });
  const number = draft.nextNumber();
  draft.putQueue({ watch: { ...watch, number, building: built } });
  const { change, commit } = next;
  const { repository, target } = draft.queue;
  const why = { by: "validation", check, log } as const;
  const id = `build-revert:${host}:${number}:0`;
  draft.ask({ kind: "build-revert", id, repository, target, host, repair: number, change, commit, why, at });
}

export function builtWithout(draft: QueueDraft, watch: Watch, outcome: RevertOutcome): void {
  if (outcome.kind === "built") {
    const { commit } = outcome.candidate;
    return lookWithout(draft, { ...watch, commit }, (watch.building ?? 0) + 1);
  }
  const why = outcome.kind === "conflict" ? `they conflict in ${outcome.paths.slice(0, 5).join(", ")}` : outcome.detail;
  stuck(draft, watch, `${watch.check} still fails, and what broke it, too, is not to be found: ${why}`);
}

function narrowed(
  draft: QueueDraft,
  watch: Watch,
  { green: good, red }: { green: number; red: number },
  ok: boolean,
): void {
  const middle = middleOf(good, red);
  narrow(draft, watch, ok ? { green: middle, red } : { green: good, red: middle });
}

function middleOf(good: number, red: number): number {
  return (good + red) >> 1;
}

function narrow(draft: QueueDraft, watch: Watch, bisect: { green: number; red: number }): void {
  const { links, check, log, host, takenBack } = watch;
  if (bisect.red - bisect.green > 1) {
    const { commit } = assertDefined(links[middleOf(bisect.green, bisect.red) - 1], "halves are within what landed");
    return lookWithout(draft, { ...watch, commit, bisect }, 0);
  }
  const culprit = assertDefined(links[bisect.red - 1], "the culprit is among what landed");
  const { change, commit } = culprit;
  draft.emitFailed(change, check);
  known(draft, watch, { reason: "red-base", check, log });
  const rest = links.filter((link) => link.change !== change);
  const later = links.length - bisect.red;
  const why = { by: "validation", check, log } as const;
  askForRepair(draft, { change, commit, host, rest, later, ...(takenBack === undefined ? {} : { takenBack }), why });
}
