import { expect, it } from "vitest";
import { aRun, someSettings } from "../../../../test/rig/rows.ts";
import { newQueue, type QueueRow } from "../../queue/queue-row.ts";
import type { ChangeRow } from "../../rows.ts";
import { attemptId, type RunRow } from "../../run.ts";
import type { Gate } from "../../verdict.ts";
import { decideQueue } from "./decide-queue.ts";

const gateOf = (run: string): Gate => ({ checks: [{ name: run, run, kind: "command", timeoutMs: 1_000 }] });
const key = { repository: "/r", target: "main" };

function offered({ id: run }: RunRow, task: string): ChangeRow {
  const about = { run, task, ...key, priorityRank: 0, offeredAt: 0, tip: task, base: "b", judgements: [] };
  return { ...about, id: attemptId(run, task, 1), state: { status: "offered" } };
}

it("a round is not joined by what another gate is to judge, though its run is the round's own", () => {
  const run = aRun({ settings: someSettings({ gate: gateOf("old") }) });
  const first = offered(run, "1");
  const nudged = { type: "queue.nudged", ...key } as const;
  const slice = { queue: newQueue(key), changes: [first], held: [], runs: [run], verdict: null };
  const begun = decideQueue(slice, nudged, 0);
  const [queue] = begun.queues as [QueueRow];
  const [taken = first] = begun.changes;
  const more = { queue, changes: [taken, offered(run, "2")], held: [], verdict: null };
  const joined = decideQueue({ ...more, runs: [run] }, nudged, 1);
  expect(joined.queues[0]?.round?.members).toHaveLength(2);
  const other = { ...run, settings: someSettings({ gate: gateOf("new") }) };
  const apart = decideQueue({ ...more, runs: [other] }, nudged, 1);
  expect(apart.queues[0]?.round?.members ?? queue.round?.members).toHaveLength(1);
});
