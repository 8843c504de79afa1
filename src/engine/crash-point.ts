import type { Effect } from "../domain/effect.ts";
import type { ToldInput } from "../domain/input.ts";

/** True in test builds alone (tsdown.config.ts); everywhere else nothing of a crash point is left. */
declare const CRASH_POINTS: boolean | undefined;

declare global {
  /** Set by the composition roots of a test build; may kill where it is called */
  var nightcrewCrash: ((name: CrashPoint) => void) | undefined;
}

/** The steps of daemon, landing and runner between which a crash is worth a test. */
export const crashSteps = [
  "daemon/locked",
  "daemon/store-opened",
  "daemon/before-listening",
  "landing/before-move",
  "landing/fast-forwarded",
  "landing/swapped",
  "landing/pushed",
  "runner/before-claim",
  "runner/claimed",
  "runner/setup-begins",
  "runner/setup-ends",
  "runner/setup-kept",
  "runner/workspace-ready",
  "runner/before-agent",
  "runner/agent-started",
  "runner/before-collect",
  "runner/commit-written",
  "runner/ref-written",
  "runner/attempt-ends",
  "runner/attempt-ended",
  "runner/checks-end",
  "runner/checks-ended",
] as const;

type Told = ToldInput["type"];

export type CrashPoint =
  | (typeof crashSteps)[number]
  | `commit/${Told}/${"before" | "after"}`
  | `effect/${Effect["kind"]}/${"before" | "after"}`;

/** Where a test may have the process die, as by `kill -9`: `NIGHTCREW_CRASH_AT=NAME[:N-TH-TIME]`. */
export function crashPoint(name: CrashPoint): void {
  if (typeof CRASH_POINTS !== "undefined" && CRASH_POINTS) globalThis.nightcrewCrash?.(name);
}

/** For composition roots: what crash points do from now on. */
export function armCrashPoints(arm: () => ((name: CrashPoint) => void) | undefined): void {
  if (typeof CRASH_POINTS !== "undefined" && CRASH_POINTS) globalThis.nightcrewCrash = arm();
}

const inputTypes: Readonly<Record<Told, true>> = {
  "run.submit": true,
  "run.control": true,
  "task.control": true,
  "run.nudged": true,
  "source.changed": true,
  "run.extend": true,
  "run.wrapped-up": true,
  "time.reached": true,
  "attempt.working": true,
  "attempt.progressed": true,
  "attempt.session": true,
  "attempt.told": true,
  "attempt.spent": true,
  "attempt.ended": true,
  "attempt.freeze-sent": true,
  "attempt.foreseen": true,
  "attempt.stop-sent": true,
  "attempt.message-sent": true,
  "alert.sent": true,
  "issue.claimed": true,
  "issue.told": true,
  "issue.lost": true,
  "issue.tell-again": true,
  "queue.nudged": true,
  "queue.control": true,
  "revert.built": true,
  "promotion.built": true,
  "candidate.built": true,
  "gate.judged": true,
  "gate.stop-sent": true,
  "landing.ended": true,
  "remote.told": true,
};

const effectKinds: Readonly<Record<Effect["kind"], true>> = {
  "start-attempt": true,
  "claim-issue": true,
  "tell-issue": true,
  "set-frozen": true,
  "tell-attempt": true,
  "stop-attempt": true,
  "build-candidate": true,
  "build-revert": true,
  "build-promotion": true,
  "run-gate": true,
  "stop-gate": true,
  land: true,
  alert: true,
  wait: true,
  "wrap-up": true,
};

/** All there are; the compiler sees to it that no input and no effect is left out. */
export function allCrashPoints(): CrashPoint[] {
  const both = ["before", "after"] as const;
  return [
    ...crashSteps,
    ...(Object.keys(inputTypes) as Told[]).flatMap((type) => both.map((when) => `commit/${type}/${when}` as const)),
    ...(Object.keys(effectKinds) as Effect["kind"][]).flatMap((kind) =>
      both.map((when) => `effect/${kind}/${when}` as const),
    ),
  ];
}
