import { describe, expect, it } from "vitest";
import { anAgent } from "../../test/rig/rows.ts";
import { assign, type Applicant, type Staff } from "./assign.ts";
import type { CountedFailure } from "./rows.ts";

const one = anAgent({ name: "one", provider: "p", backups: ["two"] });
const two = anAgent({ name: "two", provider: "q" });
const rust = anAgent({ name: "rust", provider: "r", capabilities: ["rust"] });
const staff: Staff = { agents: [one, two, rust], defaultAgent: "one", load: {}, quotas: [], now: 1_000 };
const task: Applicant = { planned: { agent: null, capabilities: [] }, failures: [], resumable: null };
const until = 5_000;
const outOf = (provider: string, time = until): Staff["quotas"][number] => ({
  provider,
  until: time,
  strikes: 0,
  message: "",
});

function chosen(own: Partial<Applicant>, around: Partial<Staff> = {}): unknown {
  const found = assign({ ...task, ...own }, { ...staff, ...around });
  return found.agent === null ? found.until : [found.agent.name, found.why.reason];
}

function failedBy(agent: string, times: number): CountedFailure[] {
  const failure = { reason: "cancelled" } as const;
  return Array.from({ length: times }, (_, index) => ({ attempt: index + 1, agent, failure, counts: true }));
}

describe("a task is done by", () => {
  it("the default, whoever it names, or whose session goes on", () => {
    expect(chosen({})).toEqual(["one", "default"]);
    expect(chosen({ planned: { agent: "two", capabilities: [] } })).toEqual(["two", "named"]);
    expect(chosen({ planned: { agent: "one", capabilities: [] }, resumable: "two" })).toEqual(["two", "named"]);
  });

  it("one that has the capabilities it asks for: agents that name none have all", () => {
    const capable = { planned: { agent: null, capabilities: ["rust"] } };
    expect(chosen(capable)).toEqual(["one", "default"]);
    const docs = anAgent({ ...one, capabilities: ["docs"] });
    expect(chosen(capable, { agents: [docs, rust] })).toEqual(["rust", "capable"]);
    const other = anAgent({ name: "other", capabilities: ["rust"] });
    expect(chosen(capable, { agents: [docs, rust, other], load: { rust: 2, other: 1 } })).toEqual(["other", "capable"]);
    expect(chosen({ planned: { agent: null, capabilities: ["cobol"] } }, { agents: [docs, rust] })).toEqual([
      "one",
      "default",
    ]);
  });

  it("a backup while its agent is out of quota, busy, or has failed at it twice", () => {
    expect(chosen({}, { quotas: [outOf("p")] })).toEqual(["two", "backup"]);
    const busy = { ...one, maxConcurrent: 1 };
    expect(chosen({}, { agents: [busy, two], load: { one: 1 } })).toEqual(["two", "backup"]);
    expect(chosen({ failures: failedBy("one", 1) })).toEqual(["one", "default"]);
    expect(chosen({ failures: failedBy("one", 2) })).toEqual(["two", "backup"]);
    expect(chosen({ failures: [...failedBy("one", 2), ...failedBy("two", 2)] })).toEqual(["one", "default"]);
  });

  it("nobody who would only wait for a lease that another attempt has", () => {
    const first = anAgent({ ...one, leases: ["db"] });
    const shares = anAgent({ ...two, leases: ["api", "db"] });
    expect(chosen({}, { agents: [first, shares] })).toEqual(["one", "default"]);
    expect(chosen({}, { agents: [first, shares], load: { one: 1 } })).toBe(null);
    expect(chosen({}, { agents: [first, shares], load: { two: 1 } })).toBe(null);
    expect(chosen({}, { agents: [first, { ...shares, leases: ["api"] }], load: { one: 1 } })).toEqual([
      "two",
      "backup",
    ]);
  });

  it("nobody until the first of them is free again", () => {
    expect(chosen({}, { quotas: [outOf("p", 9_000), outOf("q", 7_000)] })).toBe(7_000);
    expect(chosen({}, { quotas: [outOf("p", 999), outOf("q")] })).toEqual(["one", "default"]);
    const busy = { ...two, maxConcurrent: 1 };
    expect(chosen({}, { agents: [one, busy], load: { two: 1 }, quotas: [outOf("p")] })).toBe(null);
  });
});
