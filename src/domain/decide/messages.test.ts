import { describe, expect, it } from "vitest";
import { anAgent, aRun, aTask, freshAttempt, someSettings } from "../../../test/rig/rows.ts";
import type { AttemptState } from "../attempt-state.ts";
import { firstTold, maxMessages, messagesBefore, type TaskMessage } from "../message.ts";
import { newTask } from "../new-task.ts";
import type { AttemptRow, Slice, TaskRow } from "../rows.ts";
import { attemptId } from "../run.ts";
import type { TaskState } from "../task-state.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./draft.ts";

const run = aRun({
  settings: someSettings({ agents: [anAgent({ name: "a" }), anAgent({ name: "c", converses: true })] }),
});
const id = attemptId(run.id, "t", 1);
const running: TaskState = { status: "running", stage: "working" };

function taskIn(state: TaskState, own: Partial<TaskRow> = {}): TaskRow {
  return { ...newTask(run.id, aTask(), 0), state, ...own };
}

function attemptOf(agent: string, state: AttemptState): AttemptRow {
  const about = { id, run: run.id, task: "t", number: 1, agent };
  return { ...freshAttempt, ...about, state, startedAt: 0, endedAt: null };
}

function sliceOf(task: TaskRow, attempt: AttemptRow | null): Slice {
  const statusCounts = { queued: 0, blocked: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };
  const nothing = { change: null, dependants: [], tasks: [], openChanges: [], inWay: [], ready: [], unstaffed: [] };
  const others = { rivals: [], heldElsewhere: {}, quotas: [], nextTime: null, spentTodayUsd: 0 };
  return {
    ...nothing,
    ...others,
    run,
    task,
    attempt,
    live: attempt === null ? [] : [attempt],
    statusCounts: { ...statusCounts, [task.state.status]: 1 },
    changeCounts: { offered: 0, inQueue: 0 },
    limits: { total: 9, perRepository: 9 },
  };
}

function say(task: TaskRow, attempt: AttemptRow | null = null, name = "m1"): Decision {
  const command = { type: "message", id: name, text: "Use the\nother one." } as const;
  return decide(sliceOf(task, attempt), { type: "task.control", run: run.id, task: "t", command }, 7);
}

const said = (own: Partial<TaskMessage> = {}): TaskMessage => {
  return { id: "m1", at: 7, text: "Use the\nother one.", after: 1, takenUp: false, ...own };
};
const tells = ({ effects }: Decision): string[] =>
  effects.filter(({ kind }) => kind === "tell-attempt").map((e) => e.id);

describe("a message", () => {
  it("is sent to the agent that is at work, where that can be told, and once for each id", () => {
    const task = taskIn(running, { attempts: 1 });
    const decision = say(task, attemptOf("c", { status: "working" }));
    expect(decision.answer).toEqual({ kind: "done", delivery: { by: "line", agent: "c", attempt: 1 } });
    expect(decision.tasks[0]?.messages).toEqual([said()]);
    expect(tells(decision)).toEqual([`tell-attempt:${id}:m1`]);
    expect(decision.events.map(({ body }) => body)).toEqual([
      { type: "task.messaged", by: "person", text: "Use the other one." },
    ]);
    const again = say({ ...task, messages: [said()] }, attemptOf("c", { status: "working" }));
    expect([again.answer, again.tasks, again.effects]).toEqual([{ kind: "unchanged" }, [], []]);
  });

  it("reaches an agent that is paused at work", () => {
    const task = taskIn({ status: "paused", was: running }, { attempts: 1 });
    expect(tells(say(task, attemptOf("c", { status: "frozen", was: "working", since: 0 })))).toHaveLength(1);
  });

  it("waits for an agent that is still being prepared, and is sent when it works", () => {
    const task = taskIn({ status: "running", stage: "preparing" }, { attempts: 1 });
    const early = say(task, attemptOf("c", { status: "preparing" }));
    expect([early.answer.kind, tells(early)]).toEqual(["done", []]);
    const messages = [said({ id: "m0", after: 0 }), said()];
    const working = { type: "attempt.working", run: run.id, task: "t", attempt: id } as const;
    const slice = sliceOf({ ...task, messages }, attemptOf("c", { status: "preparing" }));
    // What was said before it began is in its text.
    expect(tells(decide(slice, working, 8))).toEqual([`tell-attempt:${id}:m1`]);
  });

  it.each([
    ["nobody has begun", taskIn({ status: "queued", notBefore: null }), null, { busy: null, attempts: 0 }],
    [
      "whose agent cannot be told",
      taskIn(running, { attempts: 1 }),
      attemptOf("a", { status: "working" }),
      { busy: "a", attempts: 1 },
    ],
    [
      "whose agent is done",
      taskIn({ status: "running", stage: "gating" }, { attempts: 1 }),
      null,
      { busy: null, attempts: 1 },
    ],
  ])("to a task %s is kept for the next attempt", (_, task, attempt, delivery) => {
    const decision = say(task, attempt);
    expect(decision.answer).toEqual({ kind: "done", delivery: { by: "next-attempt", ...delivery } });
    expect(decision.effects.filter(({ kind }) => kind === "tell-attempt")).toEqual([]);
    const [row = task] = decision.tasks;
    expect(messagesBefore(row, task.attempts)).toEqual([]);
    expect(messagesBefore(row, task.attempts + 1)).toEqual([said({ after: task.attempts })]);
  });

  it("is refused where nobody will ever read it, or too much was said", () => {
    const over = say(taskIn({ status: "cancelled" }));
    expect(over.answer).toEqual({ kind: "refused", refusal: { reason: "task-over", status: "cancelled" } });
    const messages = Array.from({ length: maxMessages }, (_, number) => said({ id: `n${number}` }));
    const full = say(taskIn(running, { attempts: 1, messages }));
    expect(full.answer).toEqual({ kind: "refused", refusal: { reason: "too-many-messages", most: maxMessages } });
    expect([over.tasks, full.tasks]).toEqual([[], []]);
  });
});

describe("that an agent took it up", () => {
  const told = (message: string, messages: readonly TaskMessage[]): Decision => {
    const slice = sliceOf(taskIn(running, { attempts: 1, messages }), attemptOf("c", { status: "working" }));
    return decide(slice, { type: "attempt.told", run: run.id, task: "t", attempt: id, message }, 9);
  };

  it("is recorded once, and only of what was said to it", () => {
    const { tasks, events } = told("m1", [said()]);
    expect(tasks[0]?.messages).toEqual([said({ takenUp: true })]);
    expect(events.map(({ body }) => body)).toEqual([{ type: "attempt.told", attempt: 1, text: "Use the other one." }]);
    for (const { tasks, events } of [
      told("m1", [said({ takenUp: true })]),
      told("m1", [said({ after: 0 })]),
      told("m2", [said()]),
      told("m2", []),
    ])
      expect([tasks, events]).toEqual([[], []]);
  });
});

it.each([
  [said({ after: 0 }), 0, null],
  [said({ after: 0 }), 2, 1],
  [said({ after: 1 }), 1, null],
  [said({ after: 1, takenUp: true }), 1, 1],
  [said({ after: 1 }), 3, 2],
])("knows who was told first: %j with %i attempts", (message, attempts, first) => {
  expect(firstTold(message, attempts)).toBe(first);
});

describe("a question of an agent", () => {
  const task = taskIn(running, { attempts: 1 });
  const told = (attempt: AttemptRow, message: string, asks: boolean | null): Decision => {
    const input = {
      type: "attempt.progressed",
      run: run.id,
      task: "t",
      attempt: id,
      percent: null,
      message,
      asks,
    } as const;
    return decide(sliceOf(task, attempt), input, 7);
  };

  it("is known until it is answered, once however often it is told", () => {
    let attempt = attemptOf("c", { status: "working" });
    const after = (message: string, asks: boolean | null): readonly string[] | undefined => {
      attempt = told(attempt, message, asks).attempts[0] ?? attempt;
      return attempt.asks;
    };
    expect(after("half of it", null)).toBeUndefined();
    expect(after("asked: to push (waiting)", true)).toEqual(["asked: to push"]);
    expect(after("asked: to pull (waiting)", true)).toEqual(["asked: to push", "asked: to pull"]);
    expect(after("asked: to pull (waiting)", true)).toEqual(["asked: to push", "asked: to pull"]);
    expect(after("half of it", null)).toHaveLength(2);
    expect(after("asked: to push (granted)", false)).toEqual(["asked: to pull"]);
    expect(after("asked: to pull (denied)", false)).toEqual([]);
    for (let number = 0; number < 30; number++) after(`asked: ${number} (waiting)`, true);
    expect(attempt.asks).toHaveLength(10);
  });

  it("that comes behind the attempt's end is kept by nobody", () => {
    const over = attemptOf("c", { status: "stopped" });
    expect(told(over, "asked: to push (waiting)", true).attempts).toEqual([]);
  });
});
