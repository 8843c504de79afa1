import { isLive } from "../../src/domain/attempt-state.ts";
import { inQueue, isLanded, isMoving } from "../../src/domain/change-state.ts";
import type { AttemptRow, ChangeRow, TaskRow } from "../../src/domain/rows.ts";
import type { TaskState } from "../../src/domain/task-state.ts";
import { groupBy } from "../../src/std/multi-map.ts";
import { firstOf, taskKey, type Facts } from "./facts.ts";
import { isBroke } from "./spending.ts";

/** Each task is in exactly one state: what its attempts and changes say agrees with what it says. */
export function oneState({ tasks, attempts, changes }: Facts): string | null {
  const attemptsOf = groupBy(attempts, taskKey);
  const changesOf = groupBy(changes, taskKey);
  return firstOf(tasks, (task) => {
    const key = taskKey({ run: task.run, task: task.id });
    const wrong = disagreement(task, attemptsOf.get(key) ?? [], changesOf.get(key) ?? []);
    return wrong && `${key} is ${JSON.stringify(task.state)}, but ${wrong}`;
  });
}

interface Counts {
  readonly live: number;
  readonly open: number;
  readonly landed: number;
}

function disagreement(task: TaskRow, attempts: readonly AttemptRow[], changes: readonly ChangeRow[]): string | null {
  if (attempts.length !== task.attempts) return `${attempts.length} attempts are stored and ${task.attempts} counted`;
  const open = changes.filter(({ state }) => !isLanded(state) && state.status !== "rejected");
  const live = attempts.filter(({ state }) => isLive(state)).length;
  const landed = changes.filter(({ state }) => isLanded(state) && state.status !== "reverted").length;
  return unlike(task.state, { live, open: open.length, landed }, open[0]);
}

function unlike(state: TaskState, have: Counts, change: ChangeRow | undefined): string | null {
  const only = (want: Partial<Counts>): string | null => {
    const { live = 0, open = 0, landed = 0 } = want;
    const agree = have.live === live && have.open === open && have.landed === landed;
    return agree ? null : `it has ${have.live} live attempts, ${have.open} open changes and ${have.landed} landed ones`;
  };
  switch (state.status) {
    case "queued":
    case "failed":
      return only({});
    case "blocked":
      return only({ open: state.by.reason === "held" ? 1 : 0 });
    case "running":
      if (state.stage === "preparing" || state.stage === "working") return only({ live: 1 });
      if (state.stage === "validating") return only({ landed: 1 });
      return only({ open: 1 }) ?? stageMatches(state.stage, change);
    case "paused":
      return unlike(state.was, have, change);
    case "completed":
      return only({ landed: state.commit === null ? 0 : 1 });
    case "cancelled":
      // What was going on when it was cancelled may still come to its end.
      return have.live + have.open + have.landed > 1 ? only({}) : null;
  }
}

function stageMatches(stage: string, change: ChangeRow | undefined): string | null {
  const status = change?.state.status;
  const fits =
    stage === "landing" ? status === "landing" : ["gating", "ready", "regenerating", "offered"].includes(status ?? "");
  return fits ? null : `its change is ${status}`;
}

/** A queue has what it says it has, lands one lot at a time, uses no more gates than it may, and lets nobody wait for nothing. */
export function queuesInOrder({ runs, changes, queues }: Facts): string | null {
  const active = new Set(runs.filter(({ state }) => state.status === "active").map(({ id }) => id as string));
  const own = groupBy(changes, ({ repository, target }) => `${repository} ${target}`);
  return firstOf([...own], ([key, all]) => {
    const queue = queues.find(({ repository, target }) => `${repository} ${target}` === key);
    const round = queue?.round ?? null;
    // Those whose lock files are made anew come back into a later round.
    const taken = all.filter(({ state }) => inQueue(state) && state.status !== "regenerating");
    const members = new Set<string>(round?.members);
    for (const trial of round?.trials ?? [])
      if (trial.state.status === "landing") trial.lot.forEach((id) => members.add(id));
    const made = all.filter(({ state }) => state.status === "regenerating" && state.trial !== null);
    if (made.length > 1) return `lock files of ${made.length} changes are made anew in ${key} at once`;
    const turn = all.find(({ state }) => state.status === "regenerating" && state.trial === null);
    const before = all.some(
      ({ run, state, regenerations = 0 }) =>
        regenerations > 0 && (inQueue(state) || (state.status === "offered" && active.has(run))),
    );
    if (turn !== undefined && !before) return `${turn.id} waits in ${key} for others whose lock files are made anew`;
    const stray = taken.find(({ id }) => !members.has(id));
    if (stray !== undefined) return `${stray.id} is ${stray.state.status}, and the queue of ${key} has it not`;
    const landing = round?.trials.filter(({ state }) => state.status === "landing") ?? [];
    if (landing.length > 1) return `${landing.length} lots are landing in ${key} at once`;
    const busy = round?.trials.filter(({ state }) => state.status === "building" || state.status === "gating") ?? [];
    const bases = round?.bases.filter(({ state }) => state === "running") ?? [];
    if (round !== null && busy.length + bases.length > round.slots + 1)
      return `${busy.length + bases.length} gates run in ${key}, and ${round.slots} may`;
    const waits = all.find(({ state, run }) => state.status === "offered" && active.has(run));
    const { watch = null, repairs = [], asked = [], promotion = null } = queue ?? {};
    const judged = watch !== null || promotion !== null || asked.some(({ number }) => number !== null);
    const goesOn = busy.length + bases.length + landing.length + repairs.length > 0 || judged;
    if (waits !== undefined && !goesOn) return `${waits.id} waits, and nothing goes on in the queue of ${key}`;
    const idle = round !== null && !goesOn ? round.members[0] : undefined;
    return idle === undefined ? null : `${idle} is in the queue of ${key}, and nothing goes on there`;
  });
}

/** A run says that it is finished only when nothing of it goes on, and after its report was written. */
export function finishedIsOver({ runs, tasks, attempts, changes, reports }: Facts): string | null {
  return firstOf(runs, (run) => {
    const { id, state } = run;
    if (state.status !== "finished") return null;
    const queued = isBroke(run, { attempts, runs }) ? [] : ["queued"];
    const going = [...queued, "running", "paused"];
    const goesOn = tasks.find((task) => task.run === id && going.includes(task.state.status));
    if (goesOn !== undefined) return `${id} is finished, and its task ${goesOn.id} is ${goesOn.state.status}`;
    const live = attempts.find((attempt) => attempt.run === id && isLive(attempt.state));
    if (live !== undefined) return `${id} is finished, and ${live.id} is ${live.state.status}`;
    const moving = changes.find(({ run, state: of }) => run === id && isMoving(of));
    if (moving !== undefined) return `${id} is finished, and the change ${moving.id} is ${moving.state.status}`;
    const completed = tasks.filter((task) => task.run === id && task.state.status === "completed").length;
    const told = reports.get(id);
    if (told === undefined) return `${id} is finished without a report`;
    return told === completed ? null : `${id} completed ${completed} tasks, and its report says ${told}`;
  });
}
