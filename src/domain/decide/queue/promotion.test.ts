import { describe, expect, it } from "vitest";
import { aRun, someSettings } from "../../../../test/rig/rows.ts";
import type { Candidate } from "../../change-state.ts";
import type { QueueInput } from "../../input.ts";
import { newQueue, type QueueRow } from "../../queue/queue-row.ts";
import type { QueueSlice } from "../../rows.ts";
import type { RunRow } from "../../run.ts";
import type { Check, Gate } from "../../verdict.ts";
import type { Decision } from "../draft.ts";
import { decideQueue } from "./decide-queue.ts";
import { gateKeyOf } from "./gate-key.ts";

const check = (name: string): Check => ({ name, run: name, kind: "command", timeoutMs: 1_000 });
const gate: Gate = { checks: [check("tests")] };
const key = { repository: "/r", target: "main" };

function runWith(validation: Gate | null = null): RunRow {
  const base = someSettings();
  const queue = { ...base.queue, validation: validation === null ? null : { gate: validation, rollback: true } };
  return aRun({ target: "staging", settings: someSettings({ gate, queue }) });
}

const asked = (run: RunRow): QueueInput => ({
  type: "queue.control",
  ...key,
  command: { type: "promote", id: "p", host: run.id, from: "staging", commit: "tip" },
});

function sliceOf(run: RunRow, queue: QueueRow, verdict: QueueSlice["verdict"] = null): QueueSlice {
  return { queue, changes: [], held: [], runs: [run], verdict };
}

/** Asked for, and built as this candidate. */
function built(run: RunRow, commit: string, verdict: QueueSlice["verdict"] = null): Decision {
  const [queue] = decideQueue(sliceOf(run, newQueue(key)), asked(run), 0).queues;
  const promotion = queue?.promotion;
  if (queue === undefined || promotion == null) throw new Error("nothing was asked for");
  const candidate: Candidate = {
    commit,
    tree: "tree",
    on: { target: "old", waiting: null, tip: "old" },
    links: [],
  };
  const outcome = { kind: "built", candidate } as const;
  return decideQueue(
    sliceOf(run, queue, verdict),
    { type: "promotion.built", ...key, promotion: promotion.number, outcome },
    1,
  );
}

describe("a promotion", () => {
  it("of a tip whose tree has passed lands as it is, and is not judged again", () => {
    const run = runWith();
    const { effects } = built(run, "tip", { tree: "tree", gate: gateKeyOf(gate, run), checks: [] });
    expect(effects.map(({ kind }) => kind)).toEqual(["land"]);
  });

  it("of a tip of which no verdict is known is judged first", () => {
    expect(built(runWith(), "tip").effects).toMatchObject([{ kind: "run-gate", commit: "tip", on: "promotion", gate }]);
  });

  it("by a merge is judged by the gate and the validation, whatever they are called", () => {
    const run = runWith({ checks: [check("tests"), check("smoke")] });
    const verdict = { tree: "tree", gate: gateKeyOf(gate, run), checks: [] };
    const { effects } = built(run, "merge", verdict);
    const [effect] = effects;
    const names = effect?.kind === "run-gate" ? effect.gate.checks.map(({ name }) => name) : [];
    expect(names).toEqual(["tests", "tests (validation)", "smoke"]);
  });

  it("to a target that has it ends at once", () => {
    const { effects, events } = built(runWith(), "old");
    expect(effects).toEqual([]);
    expect(events).toMatchObject([{ body: { type: "promotion.ended", outcome: "unchanged", commit: "old" } }]);
  });

  it("that waits while its queue comes to be halted does not go on", () => {
    const run = runWith();
    const asking = decideQueue(sliceOf(run, newQueue(key)), asked(run), 0).queues[0]?.promotion;
    if (asking == null) throw new Error("nothing was asked for");
    const halted: QueueRow = {
      ...newQueue(key),
      promotion: { ...asking, state: { status: "waiting" } },
      halted: { reason: "reverts", count: 3 },
    };
    const { events, effects, queues } = decideQueue(sliceOf(run, halted), { type: "queue.nudged", ...key }, 1);
    expect(effects).toEqual([]);
    expect(events).toMatchObject([{ body: { type: "promotion.ended", outcome: "stays" } }]);
    expect(queues).toMatchObject([{ promotion: null }]);
  });

  it("to a halted queue is refused, and so is a second one beside another", () => {
    const run = runWith();
    const halted: QueueRow = { ...newQueue(key), halted: { reason: "reverts", count: 3 } };
    const refused = decideQueue(sliceOf(run, halted), asked(run), 0);
    expect(refused.events).toMatchObject([{ body: { type: "promotion.ended", outcome: "stays" } }]);
    expect(refused.effects).toEqual([]);
    const [queue = newQueue(key)] = decideQueue(sliceOf(run, newQueue(key)), asked(run), 0).queues;
    const again = decideQueue(sliceOf(run, queue), asked(run), 1);
    expect([again.events, again.effects]).toEqual([[], []]);
    const other: QueueInput = {
      type: "queue.control",
      ...key,
      command: { type: "promote", id: "q", host: run.id, from: "staging", commit: "tip" },
    };
    expect(decideQueue(sliceOf(run, queue), other, 1).events).toMatchObject([
      { body: { asked: "q", outcome: "stays", detail: "another one is going on" } },
    ]);
  });
});
