import { expect, it } from "vitest";
import type { JournalBody } from "../domain/job.ts";
import { anAgent } from "../../test/rig/rows.ts";
import { AgentWatch } from "./agent-watch.ts";

function watched(told: JournalBody[]): AgentWatch {
  return new AgentWatch({
    limits: anAgent().limits,
    sessionUsage: null,
    tell: (body) => told.push(body),
    end: () => undefined,
    elapsedMs: () => 0,
  });
}

it("takes a final word back where the agent was told something after it, and tells of each message once", () => {
  const told: JournalBody[] = [];
  const watch = watched(told);
  watch.take([
    { type: "told", id: "m1" },
    { type: "final", ok: true },
  ]);
  watch.take([{ type: "told", id: "m1" }]);
  expect(watch.final).toMatchObject({ ok: true });
  watch.take([{ type: "told", id: "m2" }]);
  expect(watch.final).toBeNull();
  watch.take([{ type: "final", ok: false, cause: "refused", status: null, message: "no" }]);
  expect(watch.final).toMatchObject({ ok: false });
  expect(told).toEqual([
    { type: "told", id: "m1" },
    { type: "told", id: "m2" },
  ]);
});

it("tells of no more messages than one task may have", () => {
  const told: JournalBody[] = [];
  const watch = watched(told);
  for (let number = 0; number < 1_000; number++) watch.take([{ type: "told", id: `m${number}` }]);
  expect(told).toHaveLength(20);
});

it("tells of every question and its answer, once, and calls nobody for more than an agent may have", () => {
  const told: JournalBody[] = [];
  const watch = watched(told);
  const ask = (asked: string, answer: "waiting" | "granted"): void =>
    watch.take([{ type: "permission", asked, answer }]);
  ask("to push", "waiting");
  ask("to push", "waiting");
  ask("to push", "granted");
  ask("to push", "waiting");
  const progress = { type: "progress", percent: null };
  const waiting = { ...progress, message: "asked for permission: to push (waiting)", waits: true };
  const granted = { ...progress, message: "asked for permission: to push (granted)", waits: false };
  expect(told).toEqual([waiting, granted, waiting]);
  for (let number = 0; number < 1_000; number++) ask(`to do ${number}`, "waiting");
  expect(told.filter((body) => body.type === "progress" && body.waits)).toHaveLength(100);
});
