import { describe, expect, it } from "vitest";
import type { Report, TaskReport } from "./report.ts";
import type { ChangeRow } from "./rows.ts";
import { allPassing, landings } from "./run-export.ts";
import type { TestCount } from "./test-count.ts";

function task(tests: TestCount | null, status: TaskReport["status"] = "completed"): Partial<TaskReport> {
  return {
    id: "1",
    status,
    commit: "c",
    checks: [{ name: "tests", durationMs: 1, tests, flaky: null, quarantined: null }],
  };
}

function report(tasks: readonly Partial<TaskReport>[], more: Partial<Report> = {}): Report {
  const completed = tasks.filter(({ status }) => status === "completed").length;
  const totals = { tasks: tasks.length, completed };
  return {
    waiting: null,
    stoppedBy: null,
    gate: [{ name: "tests", run: "npm test", quarantined: false }],
    tasks,
    totals,
    ...more,
  } as Report;
}

const passed: TestCount = { runner: "x", passed: 3, failed: 0, skipped: 0 };

const quarantined = { name: "q", durationMs: 1, tests: null, flaky: null, quarantined: { exit: "exit code 1" } };

describe("all_passing", () => {
  it("when everything landed, and with every change tests ran and passed", () => {
    expect(allPassing(report([task(passed), task(passed)]))).toBe(true);
  });

  it.each<[string, Report]>([
    ["a task did not land", report([task(passed), task(passed, "failed")])],
    ["nothing was gated", report([task(passed)], { gate: null })],
    ["a change was not gated", report([{ ...task(passed), checks: null }])],
    ["no test was counted", report([task(passed), task(null)])],
    ["all tests were skipped", report([task({ ...passed, passed: 0, skipped: 3 })])],
    ["one failed, whatever the gate said", report([task({ ...passed, failed: 1 })])],
    [
      "what landed waits beside the target",
      report([task(passed)], { waiting: { branch: "nightcrew/main", fastForward: true, because: "dirty" } }),
    ],
    [
      "a check in quarantine did not pass",
      report([{ ...task(passed), checks: [...(task(passed).checks ?? []), quarantined] }]),
    ],
    ["there was nothing to do", report([])],
  ])("not when %s", (_why, given) => {
    expect(allPassing(given)).toBe(false);
  });
});

it("a landing of what the target had already brought nothing", () => {
  const change = (commit: string, tip: string): ChangeRow =>
    ({ tip: "t", state: { status: "landed", landing: { commit, onto: tip } } }) as ChangeRow;
  const [real, empty] = [change("c", "before"), change("d", "d")];
  expect([...landings([real, empty])]).toEqual([["c", real]]);
});
