import { expect, it } from "vitest";
import type { JournalBody } from "../domain/job.ts";
import { anAgent } from "../../test/rig/rows.ts";
import { AgentWatch } from "./agent-watch.ts";

it("takes a final word back where the agent was told something after it, and tells of each message once", () => {
  const told: JournalBody[] = [];
  const watch = new AgentWatch({
    limits: anAgent().limits,
    sessionUsage: null,
    tell: (body) => told.push(body),
    end: () => undefined,
    elapsedMs: () => 0,
  });
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
  const limits = anAgent().limits;
  const end = (): void => undefined;
  const watch = new AgentWatch({
    limits,
    sessionUsage: null,
    tell: (body) => told.push(body),
    end,
    elapsedMs: () => 0,
  });
  for (let number = 0; number < 1_000; number++) watch.take([{ type: "told", id: `m${number}` }]);
  expect(told).toHaveLength(20);
});
