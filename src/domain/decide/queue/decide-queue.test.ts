import { describe, expect, it } from "vitest";
import { aChange, anAgent, aRun, someSettings } from "../../../../test/rig/rows.ts";
import { noUsage } from "../../agent-event.ts";
import { changeTransition, isLanded, isMoving, type Candidate, type ChangeEvent } from "../../change-state.ts";
import type { Effect, GateEffect, RevertEffect } from "../../effect.ts";
import type { Failure, RemoteFailure } from "../../failure.ts";
import type { ChangeStep, LandingOutcome, Left, QueueInput } from "../../input.ts";
import { newQueue, type QueueRow } from "../../queue/queue-row.ts";
import type { ChangeRow, VerdictRow } from "../../rows.ts";
import { attemptId, makeRunId, type QueueRules, type RunRow, type Validation } from "../../run.ts";
import type { CheckExit, CheckResult, Gate, PassedCheck } from "../../verdict.ts";
import { decideQueue } from "./decide-queue.ts";

/**
 * The decisions of a queue, one by one, with answers given by hand. Changes are named by their tasks; commits by what is in
 * them, `a+b`. What a decision asks for and says is told in few words.
 */
const run = aRun();
const key = { repository: run.repository, target: run.target };
const check = { name: "test", run: "test", kind: "command", timeoutMs: 1 } as const;
const gate: Gate = { checks: [check, { ...check, name: "lint" }], reruns: 1 };
const rules: QueueRules = { history: "batch", slots: 4, strategy: "prefixes", validation: null };
const validation: Validation = { gate: { checks: [{ ...check, name: "smoke" }] }, rollback: true };

const unreachable: RemoteFailure = {
  reason: "remote-failed",
  cause: "unreachable",
  remote: "origin",
  target: "main",
  detail: "no route",
};

type Outcome = "passes" | "fails" | "stopped" | "missing";
const exits: Record<Outcome, CheckExit> = {
  passes: { kind: "code", code: 0 },
  fails: { kind: "code", code: 1 },
  stopped: { kind: "stopped" },
  missing: { kind: "code", code: 127 },
};

class Desk {
  queue: QueueRow = newQueue(key);
  readonly rows = new Map<string, ChangeRow>();
  readonly runs: RunRow[];
  readonly pending: Effect[] = [];
  readonly rejected: Failure[] = [];
  tip = "base";
  /** Tasks whose changes the target has already. */
  readonly there = new Set<string>();
  /** Trees that the gate has passed before. */
  readonly proven = new Map<string, readonly PassedCheck[]>();

  constructor(own: Partial<QueueRules> = {}, others: readonly RunRow[] = [], by = gate) {
    this.runs = [aRun({ settings: someSettings({ gate: by, queue: { ...rules, ...own } }) }), ...others];
  }

  offer(...changes: readonly (string | ChangeRow)[]): string[] {
    for (const one of changes) {
      const row = typeof one === "string" ? aChange(one, { offeredAt: this.rows.size }) : one;
      this.rows.set(row.id, row);
    }
    return this.give({ type: "queue.nudged", ...key });
  }

  give(input: QueueInput): string[] {
    const rows = [...this.rows.values()];
    const slice = {
      queue: this.queue,
      changes: rows.filter(({ state }) => isMoving(state) || isLanded(state)),
      held:
        input.type === "landing.ended" || input.type === "queue.control"
          ? rows.filter(({ state }) => state.status === "held")
          : [],
      runs: this.runs,
      verdict: this.verdictFor(input),
    };
    const decision = decideQueue(slice, input, 0);
    for (const { tree, checks } of decision.verdicts) this.proven.set(tree, checks);
    for (const queue of decision.queues) this.queue = queue;
    for (const row of decision.changes) this.rows.set(row.id, row);
    this.pending.push(...decision.effects);
    const said = decision.next.flatMap((next) =>
      next.type === "change.advanced" ? [this.follow(next.change, next.step)] : [],
    );
    return [...said, ...decision.effects.map((effect) => this.words(effect))];
  }

  private verdictFor(input: QueueInput): VerdictRow | null {
    if (input.type !== "candidate.built" || input.outcome.kind !== "built") return null;
    const { tree } = input.outcome.candidate;
    const checks = this.proven.get(tree);
    return checks === undefined ? null : { tree, gate: this.queue.round?.gateKey ?? "", checks };
  }

  private follow(id: string, step: ChangeStep): string {
    const row = [...this.rows.values()].find((one) => one.id === id) ?? aChange(id);
    const events: Partial<Record<ChangeStep["kind"], (step: never) => ChangeEvent>> = {
      landed: ({ landing }: { landing: never }) => ({ type: "landed", landing }),
      held: ({ failure, tip }: { failure: never; tip: string }) => ({ type: "held", failure, tip }),
      rejected: ({ failure }: { failure: never }) => ({ type: "rejected", failure }),
      released: () => ({ type: "released" }),
      validated: () => ({ type: "validated" }),
      reverted: ({ commit }: { commit: string }) => ({ type: "reverted", commit }),
    };
    const event = events[step.kind]?.(step as never);
    const state = event === undefined ? row.state : changeTransition(row.state, event);
    if (state === null) throw new Error(`${row.task}: ${step.kind} in ${row.state.status}`);
    this.rows.set(row.id, { ...row, state });
    if (step.kind === "rejected") this.rejected.push(step.failure);
    const why = "failure" in step ? `: ${step.failure.reason}` : "";
    return `${row.task} ${step.kind}${why}`;
  }

  private words(effect: Effect): string {
    switch (effect.kind) {
      case "build-candidate":
        return `build ${effect.lot.map((id) => this.name(id)).join("+")}`;
      case "run-gate":
        return `judge ${effect.on === "candidate" ? "" : `${effect.on} `}${effect.commit}`;
      case "land":
        return `land ${effect.candidate.commit}`;
      case "build-revert":
        return `undo ${effect.commit}`;
      default:
        return effect.kind;
    }
  }

  name(id: string): string {
    return this.rows.get(id)?.task ?? id;
  }

  id(task: string): ChangeRow["id"] {
    return [...this.rows.values()].find((row) => row.task === task)?.id ?? attemptId(run.id, task, 1);
  }

  /** The oldest effect of that kind that was not answered; the words tell which. */
  private take<K extends Effect["kind"]>(kind: K, words: string): Extract<Effect, { kind: K }> {
    const index = this.pending.findIndex((effect) => effect.kind === kind && this.words(effect) === words);
    const [effect] = index < 0 ? [] : this.pending.splice(index, 1);
    if (effect === undefined)
      throw new Error(`nobody asked to ${words}: ${this.pending.map((one) => this.words(one)).join(", ")}`);
    return effect as Extract<Effect, { kind: K }>;
  }

  built(lot: string, left: Record<string, Left["with"]> = {}): string[] {
    const { trial, lot: ids } = this.take("build-candidate", `build ${lot}`);
    const links: Candidate["links"][number][] = [];
    const made: string[] = this.tip === "base" ? [] : [this.tip];
    for (const change of ids.filter((id) => left[this.name(id)] === undefined)) {
      if (this.there.has(this.name(change))) {
        links.push({ change, commit: `merge of ${this.name(change)}`, tick: "not-asked", there: "merged" });
        continue;
      }
      made.push(this.name(change));
      links.push({ change, commit: made.join("+"), tick: "not-asked" });
    }
    const on = { target: this.tip, waiting: null, tip: this.tip };
    const commit = made.join("+") || this.tip;
    const leaves = Object.entries(left).map(([task, what]): Left => {
      const about = { change: this.id(task), paths: ["f"] };
      return what === "lock-files" ? { ...about, with: what, merge: `${this.tip}&${task}` } : { ...about, with: what };
    });
    const outcome = { kind: "built", candidate: { commit, tree: commit, on, links }, left: leaves } as const;
    return this.give({ type: "candidate.built", ...key, trial, outcome });
  }

  unbuilt(lot: string): string[] {
    const { trial } = this.take("build-candidate", `build ${lot}`);
    return this.give({
      type: "candidate.built",
      ...key,
      trial,
      outcome: { kind: "impossible", detail: "no", tip: "" },
    });
  }

  /** The checks before `by` pass. */
  judged(words: string, outcome: Outcome, by = ""): string[] {
    const { host, trial, gate: asked, on } = this.take("run-gate", `judge ${words}`);
    const results: CheckResult[] = asked.checks.map(({ name }) => {
      const said = name === "test" && by === "lint" ? "passes" : outcome;
      return { name, exit: exits[said], durationMs: 1, tests: null, output: said };
    });
    return this.give({ type: "gate.judged", ...key, host, trial, gate: asked, on, results });
  }

  /** Its tool made the lock file of the merge anew, or did not. */
  made(merge: string, outcome: Outcome): string[] {
    const { host, trial, gate: asked, on } = this.take("run-gate", `judge lock-files ${merge}`);
    const results = asked.checks.map(({ name }) => ({
      name,
      exit: exits[outcome],
      durationMs: 1,
      tests: null,
      output: "log",
    }));
    const made =
      outcome === "passes"
        ? ({ kind: "kept", tip: `made ${merge}` } as const)
        : ({ kind: "none", detail: null } as const);
    return this.give({ type: "gate.judged", ...key, host, trial, gate: asked, on, results, made });
  }

  landed(commit: string, kind: "landed" | "moved" | "rejected" | "refused" | "unpushed" = "landed"): string[] {
    const { trial } = this.take("land", `land ${commit}`);
    if (kind === "landed") this.tip = commit;
    const refused = { kind: "refused", detail: "no", tip: this.tip } as const;
    const outcome: LandingOutcome = {
      landed: { kind: "landed", place: { on: "target" }, pushedTo: "origin" } as const,
      moved: { kind: "moved" } as const,
      rejected: { kind: "moved", rejectedBy: "origin" } as const,
      refused,
      unpushed: { ...refused, failure: unreachable },
    }[kind];
    return this.give({ type: "landing.ended", ...key, trial, outcome, notes: {} });
  }

  undone(commit: string, kind: "built" | "conflict" | "unreachable" | "nothing" = "built"): string[] {
    const { repair, at = this.tip } = this.take("build-revert", `undo ${commit}`);
    if (kind === "conflict")
      return this.give({ type: "revert.built", ...key, repair, outcome: { kind, paths: ["f"] } });
    if (kind === "unreachable") {
      const outcome = { kind: "impossible", detail: "no route", failure: unreachable } as const;
      return this.give({ type: "revert.built", ...key, repair, outcome });
    }
    const made = kind === "nothing" ? at : `${at}-${commit}`;
    const candidate = { commit: made, tree: made, on: { target: at, waiting: null, tip: at }, links: [] };
    return this.give({ type: "revert.built", ...key, repair, outcome: { kind: "built", candidate } });
  }

  /** The target as it is is looked at first, and found to be green. */
  validated(): void {
    this.judged(`target ${this.tip}`, "passes");
  }
}

describe("a change whose lock file the target has changed, too", () => {
  const lockFiles = [{ path: "f", run: "relock", timeoutMs: 1 }];
  const withRule = (): Desk => {
    const desk = new Desk();
    desk.runs[0] = aRun({ settings: someSettings({ gate, queue: rules, lockFiles }) });
    return desk;
  };
  const failureOf = (desk: Desk): unknown => desk.rejected.at(-1);

  it("comes back as a merge in which its tool has made it anew, and lands", () => {
    const desk = withRule();
    desk.offer("a");
    expect(desk.built("a", { a: "lock-files" })).toEqual(["a regenerating", "judge lock-files base&a"]);
    expect(desk.made("base&a", "passes")).toEqual(["a regenerated", "a taken", "build a"]);
    expect(desk.rows.get(desk.id("a"))).toMatchObject({ tip: "made base&a", regenerations: 1 });
    expect(desk.built("a")).toEqual(["judge a"]);
  });

  it("lets the others of its round go on meanwhile", () => {
    const desk = withRule();
    desk.offer("a", "b");
    expect(desk.built("a", { a: "lock-files" })).toEqual(["a regenerating", "judge lock-files base&a"]);
    expect(desk.built("a+b", { a: "lock-files" })).toEqual(["judge b"]);
    desk.judged("b", "passes");
    expect(desk.landed("b")).toEqual(["b landed"]);
  });

  it("is in nothing that others land, though they are built when it has come back", () => {
    const desk = withRule();
    desk.offer("a", "b");
    desk.built("a", { a: "lock-files" });
    desk.made("base&a", "passes");
    // Asked for before that, it is built with what the change has become.
    expect(desk.built("a+b")).toEqual(["build b"]);
    desk.built("b");
    expect(desk.judged("b", "passes")).toEqual(["b landing", "land b"]);
  });

  it("is in conflict like any other where the tool fails, and says why", () => {
    const desk = withRule();
    desk.offer("a");
    desk.built("a", { a: "lock-files" });
    expect(desk.made("base&a", "fails")).toEqual(["a rejected: conflict"]);
    const tool = "“relock” could not make them anew: exit code 1";
    expect(failureOf(desk)).toMatchObject({ paths: ["f"], tip: "base", tool, log: "log" });
  });

  it("waits for its turn where the tool was stopped", () => {
    const desk = withRule();
    desk.offer("a");
    desk.built("a", { a: "lock-files" });
    expect(desk.made("base&a", "stopped")).toEqual(["a returned", "a taken", "build a"]);
  });

  it("waits for others that are made anew, until they have landed or will not", () => {
    const desk = withRule();
    desk.offer("a", "b", "c");
    expect(desk.built("a", { a: "lock-files" })).toEqual(["a regenerating", "judge lock-files base&a"]);
    expect(desk.built("a+b", { a: "lock-files", b: "lock-files" })).toEqual([]);
    expect(desk.built("a+b+c", { a: "lock-files", b: "lock-files" })).toEqual(["judge c"]);
    expect(desk.made("base&a", "passes")).toEqual(["a regenerated", "a taken", "build c+a"]);
    desk.judged("c", "passes");
    expect(desk.landed("c")).toEqual(["c landed", "build a"]);
    desk.built("a");
    expect(desk.rows.get(desk.id("b"))?.state.status).toBe("regenerating");
    desk.judged("c+a", "fails");
    expect(desk.judged("base c", "passes")).toEqual(["a rejected: check-failed", "b returned", "b taken", "build b"]);
  });

  it("puts nobody aside by what was asked for before it came back", () => {
    const desk = withRule();
    desk.offer("a", "b", "c");
    desk.built("a", { a: "lock-files" });
    expect(desk.built("a+b+c", { a: "lock-files" })).toEqual(["judge b+c"]);
    desk.made("base&a", "passes");
    // Built with what it has become: b conflicts with that.
    expect(desk.built("a+b", { b: "others" })).toEqual(["build b"]);
    expect(desk.judged("b+c", "passes")).toEqual(["b landing", "c landing", "land b+c"]);
  });

  it("is in conflict when that happened three times", () => {
    const desk = withRule();
    desk.offer("a");
    for (let time = 1; time <= 3; time++) {
      desk.built("a", { a: "lock-files" });
      desk.made("base&a", "passes");
    }
    expect(desk.built("a", { a: "lock-files" })).toEqual(["a rejected: conflict"]);
    expect(failureOf(desk)).toMatchObject({ tool: expect.stringContaining("3 times") as unknown });
  });
});

describe("a change that conflicts with others in one trial, and not in another", () => {
  it("is judged and landed with nobody who was judged with it", () => {
    const desk = new Desk();
    desk.offer("a", "b", "c");
    expect(desk.built("a+b+c")).toEqual(["judge a+b+c"]);
    expect(desk.built("a+b", { b: "others" })).toEqual(["b returned", "stop-gate", "build a+c"]);
  });

  it("is told by its landing what becomes of it", () => {
    const desk = new Desk();
    desk.offer("a", "b", "c");
    desk.built("a+b");
    expect(desk.judged("a+b", "passes")).toEqual(["a landing", "b landing", "land a+b"]);
    expect(desk.built("a+b+c", { b: "others" })).toEqual([]);
    expect(desk.landed("a+b")).toContain("b landed");
  });
});

describe("a change of a group that cannot be combined with those that passed", () => {
  it("waits for its turn when what it passed with is gone, and is not landed by what leaves it out once more", () => {
    const desk = new Desk({ strategy: "groups", slots: 3 });
    desk.queue = { ...desk.queue, rate: { red: 20, judged: 60 } };
    desk.offer("a", "b", "c", "d", "e");
    desk.built("e", { e: "target" });
    desk.built("a+b");
    desk.judged("a+b", "fails");
    desk.built("a");
    desk.judged("base base", "passes");
    desk.built("c+d");
    desk.judged("a", "passes");
    desk.judged("c+d", "passes");
    desk.built("a+c+d");
    desk.built("b");
    desk.judged("a+c+d", "passes");
    desk.judged("b", "passes");
    expect(desk.built("a+b+c+d", { c: "others", d: "target" })).toContain("d rejected: conflict");
    expect(desk.built("a+b+c", { c: "others" })).toEqual(["c returned", "a landing", "land a"]);
  });
});

describe("a gate in which an agent verifies", () => {
  const verify = { ...check, name: "verify", kind: "agent", verifier: { agent: anAgent(), prompt: null } } as const;
  const verified = { name: "verify", durationMs: 1, tests: null, flaky: null, quarantined: null };
  const desk = (): Desk => new Desk({}, [], { checks: [verify] });

  it("blames a change that fails it, and does not ask the target", () => {
    const one = desk();
    one.offer("a");
    one.built("a");
    expect(one.judged("a", "fails")).toEqual(["a rejected: check-failed"]);
  });

  it("looks at a tree again that was judged for another task", () => {
    const one = desk();
    one.proven.set("a", [{ ...verified, verified: [`${run.id}/another`] }]);
    one.offer("a");
    expect(one.built("a")).toEqual(["judge a"]);
  });

  it("does not look again at what it has judged for this task, among others", () => {
    const one = desk();
    one.proven.set("a", [{ ...verified, verified: [`${run.id}/b`, `${run.id}/a`] }]);
    one.offer("a");
    expect(one.built("a")).toEqual(["a landing", "land a"]);
  });

  it("holds a change alone that it gave no verdict on, and lands the other", () => {
    const one = desk();
    one.offer("a", "b");
    one.built("a");
    one.built("a+b");
    expect(one.judged("a", "missing")).toEqual(expect.arrayContaining(["a held: gate-blocked"]));
  });

  it("has what it cost charged to the run, whatever became of the change", () => {
    const one = desk();
    one.offer("a");
    one.built("a");
    const asked = one.pending.find((effect) => effect.kind === "run-gate");
    if (asked?.kind !== "run-gate") return expect.fail("its gate is asked for");
    expect(asked.lot).toEqual([one.id("a")]);
    const exit = { kind: "no-evidence", detail: "none" } as const;
    const usage = { ...noUsage, cost: 1, currency: "USD" };
    const results = [{ name: "verify", exit, durationMs: 1, tests: null, output: "", usage }];
    const { host, trial, on } = asked;
    const judged = { type: "gate.judged", ...key, host, trial: trial + 100, gate: asked.gate, on, results } as const;
    const slice = { queue: one.queue, changes: [...one.rows.values()], held: [], runs: one.runs, verdict: null };
    expect(decideQueue(slice, judged, 0).next).toEqual([{ type: "gate.spent", run: host, check: verify, usage }]);
  });
});

describe("one change", () => {
  it("is built, judged, and lands", () => {
    const desk = new Desk();
    expect(desk.offer("a")).toEqual(["a taken", "build a"]);
    expect(desk.built("a")).toEqual(["judge a"]);
    expect(desk.judged("a", "passes")).toEqual(["a landing", "land a"]);
    expect(desk.landed("a")).toEqual(["a landed"]);
    expect(desk.queue.round).toBeNull();
  });

  it("in conflict with the target is rejected", () => {
    const desk = new Desk();
    desk.offer("a");
    expect(desk.built("a", { a: "target" })).toEqual(["a rejected: conflict"]);
  });

  it("that fails is rejected when the target is green", () => {
    const desk = new Desk();
    desk.offer("a");
    desk.built("a");
    expect(desk.judged("a", "fails")).toEqual(["judge base base"]);
    expect(desk.judged("base base", "passes")).toEqual(["a rejected: check-failed"]);
  });

  it("that fails waits when the target is red, and is tried again when something has landed", () => {
    const desk = new Desk();
    desk.offer("a");
    desk.built("a");
    desk.judged("a", "fails");
    expect(desk.judged("base base", "fails")).toEqual(["a held: red-base"]);
    desk.offer("b");
    desk.built("b");
    desk.judged("b", "passes");
    expect(desk.landed("b")).toEqual(["a released", "b landed"]);
  });

  it("that cannot be judged waits, and the target is not asked", () => {
    const desk = new Desk();
    desk.offer("a");
    desk.built("a");
    expect(desk.judged("a", "missing")).toEqual(["a held: gate-blocked"]);
  });

  it("whose gate was stopped is judged again, within bounds", () => {
    const desk = new Desk();
    desk.offer("a");
    for (let go = 0; go < 5; go++) {
      desk.built("a");
      expect(desk.judged("a", "stopped")).toEqual(["build a"]);
    }
    desk.built("a");
    expect(desk.judged("a", "stopped")).toContain("a held: gate-blocked");
  });

  it("whose target moved meanwhile begins anew", () => {
    const desk = new Desk();
    desk.offer("a");
    desk.built("a");
    desk.judged("a", "passes");
    expect(desk.landed("a", "moved")).toEqual(["a returned", "a taken", "build a"]);
  });

  it("that the target does not take waits", () => {
    const desk = new Desk();
    desk.offer("a");
    desk.built("a");
    desk.judged("a", "passes");
    expect(desk.landed("a", "refused")).toEqual(["a held: landing-refused"]);
  });

  it("that was withdrawn stops its gate, and nothing lands", () => {
    const desk = new Desk();
    desk.offer("a");
    desk.built("a");
    desk.rows.set(desk.id("a"), { ...aChange("a"), state: { status: "rejected", failure: { reason: "cancelled" } } });
    expect(desk.give({ type: "queue.nudged", ...key })).toEqual(["stop-gate"]);
    expect(desk.judged("a", "passes")).toEqual([]);
  });
});

describe("a change whose remote", () => {
  const again = ["a returned", "a taken", "build a"];

  it("got something else first is built and judged anew; five times in a row, and the queue halts", () => {
    const desk = new Desk({ remote: "origin" });
    desk.offer("a");
    for (let time = 1; time < 5; time++) {
      desk.built("a");
      // The tree was judged before.
      if (time === 1) desk.judged("a", "passes");
      expect(desk.landed("a", "rejected")).toEqual(again);
    }
    desk.built("a");
    expect(desk.landed("a", "rejected")).toEqual(["a returned", "a held: queue-halted", "alert"]);
    expect(desk.queue.halted).toEqual({ reason: "rejected", remote: "origin", count: 5 });
    expect(desk.give({ type: "queue.control", ...key, command: { type: "resume" } })).toContain("a released");
    expect(desk.queue).toMatchObject({ halted: null, rejected: 0 });
  });

  it("took one in between counts anew, and has it by its name", () => {
    const desk = new Desk({ remote: "origin", strategy: "groups", slots: 1 });
    desk.offer("a", "b");
    desk.built("a+b");
    desk.judged("a+b", "passes");
    desk.landed("a+b", "rejected");
    expect(desk.queue.rejected).toBe(1);
    desk.built("a+b");
    expect(desk.landed("a+b")).toEqual(["a landed", "b landed"]);
    expect(desk.queue.rejected).toBe(0);
    const { state } = desk.rows.get(desk.id("a")) ?? aChange("a");
    expect(isLanded(state) ? state.landing.pushedTo : null).toBe("origin");
  });

  it("cannot be reached in the end waits, by the remote's name", () => {
    const desk = new Desk({ remote: "origin" });
    desk.offer("a");
    const away = { failure: unreachable, until: 5 };
    const news = { kind: "lost", ...away } as const;
    desk.give({ type: "remote.told", ...key, host: run.id, remote: "origin", news });
    expect(desk.queue.away).toEqual(away);
    desk.built("a");
    expect(desk.queue.away).toBeNull();
    desk.judged("a", "passes");
    expect(desk.landed("a", "unpushed")).toEqual(["a held: remote-failed"]);
  });

  it("is another one is not judged with it", () => {
    const elsewhere = { settings: someSettings({ gate, queue: { ...rules, remote: "upstream" } }) };
    const other = aRun({ id: makeRunId(1, "11111111"), ...elsewhere });
    const desk = new Desk({ remote: "origin" }, [other]);
    expect(desk.offer("a", aChange("b", { run: other.id, offeredAt: 5 }))).toEqual(["a taken", "build a"]);
  });
});

describe("changes side by side", () => {
  it("in conflict with others are set aside, and come when those have landed", () => {
    const desk = new Desk();
    desk.offer("a", "b");
    desk.built("a");
    expect(desk.built("a+b", { b: "others" })).toContain("b returned");
    desk.judged("a", "passes");
    expect(desk.landed("a")).toEqual(["a landed", "b taken", "build b"]);
    expect(desk.built("b", { b: "target" })).toEqual(["b rejected: conflict"]);
  });

  it("leave nobody waiting for a lot that all have left, also where it cannot be built", () => {
    const desk = new Desk();
    desk.offer("a", "b");
    expect(desk.built("a+b", { a: "target" })).toContain("a rejected: conflict");
    desk.unbuilt("a");
    expect(desk.queue.round?.trials.map(({ state }) => state.status)).toEqual(["gating"]);
  });

  it("that become ready meanwhile join, as many as there are slots for", () => {
    const desk = new Desk({ slots: 2 });
    desk.offer("a");
    expect(desk.offer("b", "c")).toEqual(["b taken", "build a+b"]);
  });

  it("of another gate wait for their turn", () => {
    const other = aRun({
      id: makeRunId(1, "11111111"),
      settings: someSettings({ gate: { checks: [{ ...check, run: "other" }] }, queue: rules }),
    });
    const desk = new Desk({}, [other]);
    expect(desk.offer("a", aChange("b", { run: other.id, offeredAt: 5 }), aChange("c", { offeredAt: 9 }))).toEqual([
      "a taken",
      "build a",
    ]);
    desk.built("a");
    desk.judged("a", "passes");
    // c could have been judged with a, and would have passed b.
    expect(desk.landed("a")).toEqual(["a landed", "b taken", "build b"]);
  });

  it("that stand on a culprit are judged anew without it", () => {
    const desk = new Desk();
    desk.offer("a", "b");
    for (const lot of ["a", "a+b"]) desk.built(lot);
    expect(desk.judged("a", "fails")).toEqual(["judge base base", "stop-gate"]);
    expect(desk.judged("base base", "passes")).toEqual(["a rejected: check-failed", "build b"]);
  });

  it("that stood on what has landed are not judged again: the tree is the same", () => {
    const desk = new Desk();
    desk.offer("a", "b");
    desk.built("a");
    desk.built("a+b");
    expect(desk.judged("a", "passes")).toEqual(["a landing", "land a"]);
    desk.judged("a+b", "passes");
    expect(desk.landed("a")).toEqual(["a landed", "build b"]);
    expect(desk.built("b")).toEqual(["b landing", "land a+b"]);
  });

  it("are all held where neither they nor the target can be judged", () => {
    const desk = new Desk({ strategy: "groups" });
    desk.offer("a", "b", "c", "d", "e", "f");
    const [lot = ""] = desk.pending.map((effect) =>
      effect.kind === "build-candidate" ? effect.lot.map((id) => desk.name(id)).join("+") : "",
    );
    const members = lot.split("+");
    desk.built(lot);
    expect(desk.judged(lot, "missing")).toContain("judge base base");
    expect(desk.judged("base base", "missing")).toEqual(
      expect.arrayContaining(members.map((one) => `${one} held: gate-blocked`)),
    );
  });

  it("are held once, though they could not be judged in more than one lot", () => {
    const desk = new Desk();
    desk.offer("a", "b", "c");
    for (const lot of ["a", "a+b", "a+b+c"]) desk.built(lot);
    desk.judged("a+b+c", "missing");
    desk.judged("a+b", "missing");
    const held = desk.judged("base base", "missing").filter((words) => words.includes("held"));
    expect(held.toSorted()).toEqual(["a", "b", "c"].map((one) => `${one} held: gate-blocked`));
  });

  it("that left a group since are not told that the target is red", () => {
    const desk = new Desk({ strategy: "groups" });
    desk.offer("a", "b");
    desk.built("a+b");
    expect(desk.judged("a+b", "fails")).toContain("judge base base");
    desk.built("a");
    expect(desk.judged("a", "missing", "lint")).toEqual(expect.arrayContaining(["a held: gate-blocked"]));
    expect(desk.judged("base base", "fails")).not.toContain("a held: red-base");
  });

  it("are forgotten when they are withdrawn, also while a landing is to be taken back", () => {
    const desk = new Desk({ strategy: "groups", validation });
    landedAsOne(desk, "a");
    desk.offer("b", "c");
    desk.built("b+c");
    const landings = [{ change: desk.id("a"), commit: "a" }];
    desk.give({ type: "queue.control", ...key, command: { type: "revert", landings } });
    desk.rows.delete(desk.id("b"));
    expect(desk.give({ type: "queue.nudged", ...key })).toEqual(["stop-gate"]);
    expect(desk.judged("a+b+c", "fails")).toEqual([]);
  });

  it("land in groups only when it is known who is to blame: a landing ends the round", () => {
    const desk = new Desk({ strategy: "groups", slots: 2 });
    desk.queue = { ...desk.queue, rate: { red: 50, judged: 60 } };
    desk.offer("a", "b");
    desk.built("a");
    desk.built("b");
    expect(desk.judged("a", "fails")).toEqual(["judge base base"]);
    expect(desk.judged("b", "passes")).toEqual([]);
    expect(desk.judged("base base", "passes")).toEqual(["a rejected: check-failed", "b landing", "land b"]);
  });

  it("land one by one where each is to be a commit of its own", () => {
    const desk = new Desk({ history: "every-change" });
    desk.offer("a", "b");
    for (const lot of ["a", "a+b"]) desk.built(lot);
    expect(desk.judged("a+b", "passes")).toEqual([]);
    expect(desk.judged("a", "passes")).toEqual(["a landing", "land a"]);
    expect(desk.landed("a")).toEqual(["a landed", "build b"]);
  });
});

/** Some changes have landed as one, and the target is validated with them. */
function landedAsOne(desk: Desk, ...tasks: readonly string[]): void {
  desk.offer(...tasks);
  const all = [...(desk.tip === "base" ? [] : [desk.tip]), ...tasks].join("+");
  for (const [index] of tasks.entries()) desk.built(tasks.slice(0, index + 1).join("+"));
  desk.judged(all, "passes");
  if (desk.pending.some((effect) => effect.kind === "run-gate" && effect.on === "target")) desk.validated();
  desk.landed(all);
}

/** The target is red with everything that has this one in it, until it is gone. */
function takenBack(desk: Desk, culprit: string): void {
  const whole = desk.tip;
  const look = (): string | null =>
    desk.pending.find((one): one is GateEffect => one.kind === "run-gate" && one.on === "target")?.commit ?? null;
  for (let commit = look(); commit !== null; commit = look())
    desk.judged(`target ${commit}`, commit.split("+").includes(culprit) ? "fails" : "passes");
  const undo = desk.pending.find((one): one is RevertEffect => one.kind === "build-revert")?.commit ?? "";
  desk.undone(undo);
  desk.judged(`revert ${whole}-${undo}`, "passes");
  desk.landed(`${whole}-${undo}`);
}

describe("after a landing", () => {
  it("the target is validated, and what is next waits for that", () => {
    const desk = new Desk({ validation });
    desk.offer("a");
    desk.built("a");
    expect(desk.judged("a", "passes")).toEqual(["judge target base"]);
    expect(desk.judged("target base", "passes")).toEqual(["a landing", "land a"]);
    expect(desk.landed("a")).toEqual(["a landed", "judge target a"]);
    expect(desk.judged("target a", "passes")).toEqual(["a validated"]);
  });

  it("what was there before has landed by its own merge, and is not looked at for what makes the target red", () => {
    const desk = new Desk({ validation, strategy: "groups", slots: 1 });
    desk.there.add("a");
    desk.offer("a", "b");
    desk.built("a+b");
    desk.judged("b", "passes");
    desk.validated();
    expect(desk.landed("b")).toEqual(["a landed", "b landed", "judge target b"]);
    const { state } = desk.rows.get(desk.id("a")) ?? aChange("a");
    expect(state).toMatchObject({
      landing: { commit: "merge of a", tip: "merge of a", onto: "base", there: "merged", together: 1 },
    });
    expect(desk.judged("target b", "fails")).toEqual(["undo b"]);
  });

  it("nothing lands on a target that is red by its validation", () => {
    const desk = new Desk({ validation });
    desk.offer("a");
    desk.built("a");
    desk.judged("a", "passes");
    expect(desk.judged("target base", "fails")).toEqual(["a held: red-base"]);
  });

  it("what made the target red is found by halving, undone, judged and landed, and the rest is validated", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b", "c");
    expect(desk.judged("target a+b+c", "fails")).toEqual(["judge target a"]);
    expect(desk.judged("target a", "passes")).toEqual(["judge target a+b"]);
    expect(desk.judged("target a+b", "fails")).toEqual(["undo a+b"]);
    expect(desk.undone("a+b")).toEqual(["judge revert a+b+c-a+b"]);
    expect(desk.judged("revert a+b+c-a+b", "passes")).toEqual(["land a+b+c-a+b"]);
    const said = desk.landed("a+b+c-a+b");
    expect(said.map((words) => words.split(":")[0])).toEqual(["b reverted", "judge target a+b+c-a+b"]);
    expect(desk.judged("target a+b+c-a+b", "passes")).toEqual(["a validated", "c validated"]);
  });

  it("a second culprit is looked for among what landed on the first, each time without that one", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b", "c", "d");
    takenBack(desk, "b");
    // What has b below it never was without it: that is built, and lands nowhere.
    expect(desk.judged("target a+b+c+d-a+b", "fails")).toEqual(["undo a+b"]);
    expect(desk.undone("a+b")).toEqual(["judge target a+b+c-a+b"]);
    expect(desk.judged("target a+b+c-a+b", "passes")).toEqual(["undo a+b+c+d"]);
    desk.undone("a+b+c+d");
    desk.judged("revert a+b+c+d-a+b-a+b+c+d", "passes");
    expect(desk.landed("a+b+c+d-a+b-a+b+c+d")[0]).toBe("d reverted");
    expect(desk.judged("target a+b+c+d-a+b-a+b+c+d", "passes")).toEqual(["a validated", "c validated"]);
    expect(desk.queue.halted).toBeNull();
  });

  it("a third one, too: what landed on both is built without both, and the queue halts on a green target", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b", "c", "d");
    takenBack(desk, "a");
    expect(desk.judged("target a+b+c+d-a", "fails")).toEqual(["undo a"]);
    desk.undone("a");
    expect(desk.judged("target a+b-a", "fails")).toEqual(["undo a+b"]);
    desk.undone("a+b");
    desk.judged("revert a+b+c+d-a-a+b", "passes");
    expect(desk.landed("a+b+c+d-a-a+b")[0]).toBe("b reverted");
    // The newer one first, as a person would do it.
    expect(desk.judged("target a+b+c+d-a-a+b", "fails")).toEqual(["undo a+b"]);
    expect(desk.undone("a+b")).toEqual(["undo a"]);
    expect(desk.undone("a")).toEqual(["judge target a+b+c-a+b-a"]);
    expect(desk.judged("target a+b+c-a+b-a", "passes")).toEqual(["undo a+b+c+d"]);
    desk.undone("a+b+c+d");
    desk.judged("revert a+b+c+d-a-a+b-a+b+c+d", "passes");
    expect(desk.landed("a+b+c+d-a-a+b-a+b+c+d")).toEqual(["d reverted", `judge target ${desk.tip}`, "alert"]);
    expect(desk.judged(`target ${desk.tip}`, "passes")).toEqual(["c validated"]);
    expect(desk.queue).toMatchObject({ halted: { reason: "reverts", count: 3 }, validated: { failure: null } });
  });

  it("of two that landed on a good one both go, and red without both is for a person to look at", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b", "c");
    takenBack(desk, "b");
    expect(desk.judged("target a+b+c-a+b", "fails")).toEqual(["undo a+b+c"]);
    desk.undone("a+b+c");
    desk.judged("revert a+b+c-a+b-a+b+c", "passes");
    desk.landed("a+b+c-a+b-a+b+c");
    expect(desk.judged("target a+b+c-a+b-a+b+c", "fails")).toEqual(["a suspected", "alert"]);
    expect(desk.queue.halted).toMatchObject({ reason: "stuck" });
  });

  it("a second culprit that cannot be told apart halts the queue", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b", "c");
    takenBack(desk, "a");
    desk.judged("target a+b+c-a", "fails");
    expect(desk.undone("a", "conflict")).toEqual(["b suspected", "c suspected", "alert"]);
    expect(desk.queue.halted).toMatchObject({ reason: "stuck" });
  });

  it("what landed with the culprit is not forgotten where a person had asked for it to be taken back meanwhile", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b");
    desk.judged("target a+b", "fails");
    const landings = [{ change: desk.id("a"), commit: "a" }];
    expect(desk.give({ type: "queue.control", ...key, command: { type: "revert", landings } })).toEqual([]);
    expect(desk.judged("target a", "fails")).toEqual(["undo a"]);
    desk.undone("a");
    desk.judged("revert a+b-a", "passes");
    desk.landed("a+b-a");
    expect(desk.judged("target a+b-a", "passes")).toEqual(["b validated"]);
  });

  it("what is red is only told of where nothing is to be taken back", () => {
    const desk = new Desk({ validation: { ...validation, rollback: false } });
    landedAsOne(desk, "a");
    expect(desk.judged("target a", "fails")).toEqual(["a suspected"]);
    expect(desk.queue.repairs).toEqual([]);
  });

  it("what cannot be undone halts the queue, and what waits is held until a person resumes it", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a");
    desk.judged("target a", "fails");
    expect(desk.undone("a", "conflict").map((words) => words.split(":")[0])).toEqual(["a stays", "alert"]);
    expect(desk.queue.halted).toMatchObject({ reason: "stuck", commit: "a" });
    expect(desk.offer("b")).toEqual(["b held: queue-halted"]);
    expect(desk.give({ type: "queue.control", ...key, command: { type: "resume" } })).toEqual(["b released"]);
    expect(desk.queue.halted).toBeNull();
  });

  it("what the remote kept from being taken back is tried again when the queue goes on, and may be there by then", () => {
    const desk = new Desk({ validation, remote: "origin" });
    landedAsOne(desk, "a", "b");
    desk.judged("target a+b", "fails");
    desk.judged("target a", "passes");
    desk.undone("a+b");
    desk.judged("revert a+b-a+b", "passes");
    expect(desk.landed("a+b-a+b", "unpushed")).toEqual(["b stays", "a suspected", "alert"]);
    expect(desk.queue).toMatchObject({ repairs: [], halted: { reason: "stuck", again: { commit: "a+b" } } });
    const resume = { type: "queue.control", ...key, command: { type: "resume" } } as const;
    expect(desk.give(resume)).toEqual(["undo a+b"]);
    expect(desk.undone("a+b", "unreachable")).toEqual(["b stays", "a suspected", "alert"]);
    expect(desk.give(resume)).toEqual(["undo a+b"]);
    // Its push had arrived, and nobody had heard of it.
    expect(desk.undone("a+b", "nothing").map((words) => words.split(":")[0])).toEqual(["b reverted", "a validated"]);
    expect(desk.queue).toMatchObject({ repairs: [], halted: null });
  });

  it("a person takes one back: it is undone, judged and landed before what waits", () => {
    const desk = new Desk();
    landedAsOne(desk, "a");
    const landings = [{ change: desk.id("a"), commit: "a" }];
    expect(desk.give({ type: "queue.control", ...key, command: { type: "revert", landings } })).toEqual(["undo a"]);
    expect(desk.offer("b")).toEqual([]);
    expect(desk.undone("a")).toEqual(["judge revert a-a"]);
    expect(desk.judged("revert a-a", "passes")).toEqual(["land a-a"]);
    expect(desk.landed("a-a")).toEqual(["a reverted", "b taken", "build b"]);
  });

  it("what a person wants taken back stays where the target would not pass without it", () => {
    const desk = new Desk();
    landedAsOne(desk, "a");
    desk.give({
      type: "queue.control",
      ...key,
      command: { type: "revert", landings: [{ change: desk.id("a"), commit: "a" }] },
    });
    desk.undone("a");
    expect(desk.judged("revert a-a", "fails")).toEqual(["a stays"]);
    expect(desk.queue.halted).toBeNull();
  });

  it("nothing is taken back unjudged: not where the run whose gate it has to pass is gone", () => {
    const desk = new Desk();
    landedAsOne(desk, "a");
    desk.give({
      type: "queue.control",
      ...key,
      command: { type: "revert", landings: [{ change: desk.id("a"), commit: "a" }] },
    });
    desk.runs.length = 0;
    expect(desk.undone("a")).toEqual(["a stays"]);
  });

  it("three landings taken back in a row halt the queue; a good one in between counts anew", () => {
    const desk = new Desk({ validation });
    const bad = (task: string): void => {
      landedAsOne(desk, task);
      const landed = desk.tip;
      desk.judged(`target ${landed}`, "fails");
      desk.undone(landed);
      desk.judged(`revert ${landed}-${landed}`, "passes");
      desk.landed(`${landed}-${landed}`);
      desk.judged(`target ${desk.tip}`, "passes");
    };
    const good = (task: string): void => {
      landedAsOne(desk, task);
      desk.judged(`target ${desk.tip}`, "passes");
    };
    for (const task of ["a", "b"]) bad(task);
    good("c");
    for (const task of ["d", "e"]) bad(task);
    expect(desk.queue.halted).toBeNull();
    bad("f");
    expect(desk.queue.halted).toEqual({ reason: "reverts", count: 3 });
  });
});

describe("what happens beside a culprit", () => {
  it("a half that cannot be judged blames nobody while the culprit is looked for", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b", "c", "d");
    expect(desk.judged("target a+b+c+d", "fails")).toEqual(["judge target a+b"]);
    // d is the culprit; with a+b alone the check could not be run at all.
    const said = desk.judged("target a+b", "missing");
    expect(said).not.toContain("judge target a");
    expect(desk.queue.repairs).toEqual([]);
    expect(said).toEqual(expect.arrayContaining(["d suspected"]));
  });

  it("what waits for the target to move is tried again when a landing was taken back", () => {
    const desk = new Desk({ validation: { ...validation, rollback: false } });
    landedAsOne(desk, "a");
    expect(desk.judged("target a", "fails")).toEqual(["a suspected"]);
    desk.offer("b");
    desk.built("b");
    // On the red target b is held.
    desk.judged("a+b", "passes");
    const held = desk.judged("target a", "fails");
    expect(held).toEqual(["b held: red-base"]);
    const landings = [{ change: desk.id("a"), commit: "a" }];
    desk.give({ type: "queue.control", ...key, command: { type: "revert", landings } });
    desk.undone("a");
    desk.judged("revert a-a", "passes");
    expect(desk.landed("a-a")).toEqual(expect.arrayContaining(["a reverted", "b released"]));
  });

  it("what landed with a culprit that a person took back meanwhile is not said to be good unlooked at", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b", "c");
    desk.judged("target a+b+c", "fails");
    // A person takes b back, too, while the first culprit is looked for: it is a.
    const landings = [{ change: desk.id("b"), commit: "a+b" }];
    desk.give({ type: "queue.control", ...key, command: { type: "revert", landings } });
    expect(desk.judged("target a", "fails")).toEqual(["undo a+b"]);
    desk.undone("a+b");
    desk.judged("revert a+b+c-a+b", "passes");
    expect(desk.landed("a+b+c-a+b")).toEqual(["b reverted", `judge target ${desk.tip}`]);
    expect(desk.judged(`target ${desk.tip}`, "fails")).toEqual(["undo a"]);
    desk.undone("a");
    desk.judged(`revert ${desk.tip}-a`, "passes");
    expect(desk.landed(`${desk.tip}-a`)[0]).toBe("a reverted");
    // c is bad as well, and so was b: what c landed on is not there to be looked at without b any more.
    const said = desk.judged(`target ${desk.tip}`, "fails");
    expect(said).toEqual(["c suspected", "alert"]);
    expect(desk.queue.halted).toMatchObject({ reason: "stuck" });
  });

  it("a target that is red by what a person pushed meanwhile has nobody taken back who was not looked at", () => {
    const desk = new Desk({ validation });
    landedAsOne(desk, "a", "b");
    desk.judged("target a+b", "fails");
    expect(desk.judged("target a", "fails")).toEqual(["undo a"]);
    desk.tip = "a+b+pushed";
    desk.undone("a");
    desk.judged("revert a+b+pushed-a", "passes");
    expect(desk.landed("a+b+pushed-a")[0]).toBe("a reverted");
    const said = desk.judged("target a+b+pushed-a", "fails");
    expect(said).not.toContain("undo a+b");
    expect(said).toEqual(["b suspected", "alert"]);
    expect(desk.queue.halted).toMatchObject({ reason: "stuck" });
  });

  it("a change is not blamed where the judgement of the target was stopped: that is begun anew", () => {
    const desk = new Desk();
    desk.offer("a");
    desk.built("a");
    expect(desk.judged("a", "fails")).toEqual(["judge base base"]);
    const said = desk.judged("base base", "stopped");
    expect(said).not.toContain("a rejected: check-failed");
    expect(said).toEqual(["judge base base"]);
    expect(desk.judged("base base", "fails")).toEqual(["a held: red-base"]);
  });
});
