import { assertDefined } from "../../std/assert.ts";
import type { Agent } from "../agent.ts";
import type { Usage } from "../agent-event.ts";
import { isLive } from "../attempt-state.ts";
import { alertsBetween, capReached, usd, type Budget, type Cap, type Spent } from "../budget.ts";
import type { Input } from "../input.ts";
import type { RunCommand } from "../control.ts";
import { costOf } from "../prices.ts";
import type { AttemptRow } from "../rows.ts";
import type { Draft } from "./draft.ts";
import { stopAttempt } from "./stops.ts";

/** What an attempt used so far is charged, and stops whatever has reached its cap. Reports that come twice change nothing. */
export function attemptSpent(draft: Draft, usage: Usage): void {
  const attempt = draft.attempt();
  if (!isLive(attempt.state)) return;
  stopAtCaps(draft, charge(draft, attempt, usage));
}

/** Returns the attempt with what it has spent; amounts only grow. */
export function charge(draft: Draft, attempt: AttemptRow, usage: Usage): AttemptRow {
  const agent = agentOf(draft, attempt.agent);
  const spend = costOf(usage, {
    perAttempt: agent.cost.perAttempt,
    perMillion: agent.cost.perMillion,
    model: agent.model,
    ownPrices: draft.run.settings.prices,
  });
  const moreUsd = usd((spend.amountUsd ?? 0) - (attempt.spend.amountUsd ?? 0));
  if (moreUsd < 0 || (moreUsd === 0 && spend.basis === attempt.spend.basis)) return attempt;
  const charged = { ...attempt, spend };
  draft.putAttempt(charged);
  if (moreUsd === 0) return charged;
  const before = spentOf(draft, attempt);
  const task = draft.task(attempt.task);
  draft.putTask({ ...task, spentUsd: usd(task.spentUsd + moreUsd) });
  draft.putRun({ ...draft.run, spentUsd: usd(draft.run.spentUsd + moreUsd) });
  draft.spentTodayUsd = usd(draft.spentTodayUsd + moreUsd);
  draft.emit(attempt.task, { type: "attempt.spent", attempt: attempt.number, spend });
  for (const cap of alertsBetween(draft.run.settings.budget, before, spentOf(draft, charged)))
    draft.emit(cap.scope === "run" || cap.scope === "day" ? null : attempt.task, { type: "budget.alert", cap });
  return charged;
}

/** What an agent used that verified is its run's to pay; nothing of it is charged twice, as a gate is judged once. */
export function gateSpent(draft: Draft, { check, usage }: Extract<Input, { type: "gate.spent" }>): void {
  const { agent } = assertDefined(check.verifier, `check ${check.name} has an agent`);
  const { perAttempt, perMillion } = agent.cost;
  const ownPrices = draft.run.settings.prices;
  const spend = costOf(usage, { perAttempt, perMillion, model: agent.model, ownPrices });
  const amount = spend.amountUsd ?? 0;
  const before = draft.run.verifying ?? { reported: 0, priced: 0, estimate: 0, undeclared: 0 };
  // Nobody knows how much the undeclared is: it is counted.
  const more = spend.amountUsd === null ? 1 : amount;
  const verifying = { ...before, [spend.basis]: usd(before[spend.basis] + more) };
  draft.putRun({ ...draft.run, spentUsd: usd(draft.run.spentUsd + amount), verifying });
  draft.spentTodayUsd = usd(draft.spentTodayUsd + amount);
  draft.emit(null, { type: "gate.spent", check: check.name, agent: agent.name, spend });
  stopAtCaps(draft, null);
}

function spentOf(draft: Draft, { task, spend }: Pick<AttemptRow, "task" | "spend">): Spent {
  return {
    attempt: spend.amountUsd ?? 0,
    task: draft.task(task).spentUsd,
    run: draft.run.spentUsd,
    day: draft.spentTodayUsd,
  };
}

/** A cap of the run or the day ends all that is live of it; one on `own`, or on its task, ends that. */
export function stopAtCaps(draft: Draft, own: AttemptRow | null): void {
  const wide = runCap(draft);
  if (wide !== null) {
    if (stopFor(draft, wide, draft.live)) draft.alert(null, { kind: "budget-reached", cap: wide });
    return;
  }
  const cap = own === null ? null : capReached(draft.run.settings.budget, spentOf(draft, own));
  if (cap !== null && own !== null) stopFor(draft, cap, [own]);
}

/** True where one was stopped by it. */
function stopFor(draft: Draft, cap: Cap, attempts: readonly AttemptRow[]): boolean {
  const going = attempts.filter(({ stopping }) => stopping?.reason !== "budget");
  if (going.length > 0) draft.emit(null, { type: "budget.reached", cap });
  for (const attempt of going) {
    const why = { reason: "budget", cap } as const;
    draft.putAttempt({ ...attempt, stopping: why });
    draft.emit(attempt.task, { type: "attempt.stopping", attempt: attempt.number, why });
    stopAttempt(draft, attempt.id);
  }
  return going.length > 0;
}

/** The cap that keeps anything of the run from being started; null where there is none. */
export function runCap(draft: Draft): Cap | null {
  return capReached(draft.run.settings.budget, { run: draft.run.spentUsd, day: draft.spentTodayUsd });
}

/** The cap of one task that keeps it from being started. */
export function taskCap(draft: Draft, spentUsd: number): Cap | null {
  return capReached(draft.run.settings.budget, { task: spentUsd });
}

/** A person's new caps: what they no longer keep back goes on, also in a run that had ended for want of money. */
export function changeBudget(draft: Draft, caps: Extract<RunCommand, { type: "budget" }>["caps"]): void {
  const { settings } = draft.run;
  const budget = { ...settings.budget, ...stated(caps) };
  if (JSON.stringify(budget) === JSON.stringify(settings.budget)) return draft.unchanged();
  draft.putRun({ ...draft.run, settings: { ...settings, budget } });
  draft.emit(null, { type: "budget.changed", budget });
  for (const { id, state, spentUsd } of draft.slice.tasks) {
    const blocked = state.status === "blocked" && state.by.reason === "budget";
    if (!blocked || taskCap(draft, spentUsd) !== null) continue;
    draft.moveTask(id, { type: "unblocked" });
    draft.emit(id, { type: "task.queued" });
  }
  stopAtCaps(draft, null);
  // Those of tasks that are over, which are not looked at, are being stopped.
  for (const attempt of draft.live) if (draft.find(attempt.task) !== null) stopAtCaps(draft, attempt);
  if (draft.counts.queued > 0 && runCap(draft) === null) draft.reopen();
}

function stated(caps: Extract<RunCommand, { type: "budget" }>["caps"]): Partial<Budget> {
  return Object.fromEntries(Object.entries(caps).filter(([, cap]) => cap !== undefined));
}

export function agentOf(draft: Draft, name: string): Agent {
  return assertDefined(
    draft.run.settings.agents.find((agent) => agent.name === name),
    `agent ${name}`,
  );
}
