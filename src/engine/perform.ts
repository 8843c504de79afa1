import { assertDefined, unreachable } from "../std/assert.ts";
import { singleLine } from "../std/text.ts";
import { isOver } from "../domain/task-state.ts";
import { dayOf, leftToVerify } from "../domain/budget.ts";
import type {
  AlertEffect,
  Effect,
  GateEffect,
  LandEffect,
  PromotionEffect,
  RevertEffect,
  TellIssueEffect,
} from "../domain/effect.ts";
import type { QueueInput, ToldInput } from "../domain/input.ts";
import type { TaskMessage } from "../domain/message.ts";
import { marksOf, type MarkAnchor } from "../domain/plan.ts";
import { issueNote } from "../domain/present/issue-text.ts";
import { noticeOf } from "../domain/present/alert-text.ts";
import { foreseenId } from "../domain/foreseen.ts";
import { foreseenMessage } from "../domain/present/foreseen-text.ts";
import { remoteFailureText } from "../domain/present/remote-text.ts";
import { revertText } from "../domain/present/queue-text.ts";
import { buildReport } from "../domain/report.ts";
import type { AttemptRow, ChangeRow, TaskRow } from "../domain/rows.ts";
import { attemptNumber, syncOf, type AttemptId, type RunId, type RunRow, type RunSource } from "../domain/run.ts";
import { verifiers } from "../domain/verdict.ts";
import type { BuildPart, IssueRequest, Ports, VerifySpec } from "./ports.ts";
import { followRemote, reachRemote, tellOfRemote } from "./reach-remote.ts";

/**
 * Carries out one effect and returns the input that answers it; null where the engine is stopping and the effect stays
 * pending. Observations on the way go to `observe`.
 */
export async function perform(
  effect: Effect,
  ports: Ports,
  observe: (input: ToldInput) => void,
): Promise<ToldInput | null> {
  switch (effect.kind) {
    case "start-attempt":
      return startAttempt(effect, ports, observe);
    case "claim-issue":
      return claimIssue(effect, ports);
    case "tell-issue":
      return tellIssue(effect, ports);
    case "set-frozen":
      return setFrozen(effect, ports);
    case "stop-attempt":
      return stopAttempt(effect, ports);
    case "tell-attempt":
      return tellAttempt(effect, ports);
    case "build-candidate":
      return buildCandidate(effect, ports, observe);
    case "build-revert":
      return buildRevert(effect, ports, observe);
    case "build-promotion":
      return buildPromotion(effect, ports, observe);
    case "run-gate":
      return runGate(effect, ports);
    case "stop-gate":
      return stopGate(effect, ports);
    case "land":
      return land(effect, ports, observe);
    case "alert":
      return sendAlert(effect, ports);
    case "wait":
      return (await ports.clock.wait(effect.until)) ? { type: "time.reached", run: effect.run } : null;
    case "wrap-up":
      return wrapUp(effect.run, ports);
    default:
      return unreachable(effect);
  }
}

/** Enough to see what the others do, bounded however long the plan. */
const siblingLimit = 50;

type Of<K extends Effect["kind"]> = Extract<Effect, { kind: K }>;

async function startAttempt(
  effect: Of<"start-attempt">,
  ports: Ports,
  observe: (input: ToldInput) => void,
): Promise<ToldInput> {
  const { store } = ports;
  const attempt = assertDefined(store.attempt(effect.attempt), `attempt ${effect.attempt}`);
  const run = runOf(ports, attempt.run);
  const task = taskOf(ports, attempt);
  const agent = assertDefined(
    run.settings.agents.find((candidate) => candidate.name === attempt.agent),
    `agent ${attempt.agent}`,
  );
  const siblings = store.siblingTitles(run.id, task.id, siblingLimit);
  const about = { run: run.id, task: task.id, attempt: attempt.id };
  // Whoever stopped it may have died before anybody had begun: it must not begin now.
  if (isOver(task.state) || run.state.status === "interrupted") {
    return { type: "attempt.ended", ...about, result: await ports.attempts.finish(run, attempt) };
  }
  const result = await ports.attempts.start(
    { run, task, attempt, agent, siblings },
    {
      working: () => observe({ type: "attempt.working", ...about }),
      progressed: (percent, message, asks) => observe({ type: "attempt.progressed", ...about, percent, message, asks }),
      session: (session) => observe({ type: "attempt.session", ...about, session }),
      told: (message) => observe({ type: "attempt.told", ...about, message }),
      spent: (usage) => observe({ type: "attempt.spent", ...about, usage }),
    },
  );
  return { type: "attempt.ended", ...about, result };
}

async function claimIssue(effect: Of<"claim-issue">, ports: Ports): Promise<ToldInput | null> {
  const attempt = assertDefined(ports.store.attempt(effect.attempt), `attempt ${effect.attempt}`);
  const request = issueOf(ports, attempt);
  // Else it might be given back just when it is claimed again. What is being told is over within a minute.
  while (taskOf(ports, attempt).issue?.telling != null) {
    if (!(await ports.clock.wait(ports.clock.now() + lookAgainMs))) return null;
  }
  for (const waitMs of [...claimAgainMs, null]) {
    const outcome = await ports.trackers.claim({ ...request, look: request.run.settings.sync !== "landing" });
    if (outcome.kind === "stopping") return null;
    const { again = false, ...told } = outcome;
    const isUnwanted = ports.store.attempt(effect.attempt)?.stopping != null;
    const about = { run: attempt.run, task: attempt.task, attempt: attempt.id };
    if (!again || waitMs === null || isUnwanted) return { type: "issue.claimed", ...about, outcome: told };
    if (!(await ports.clock.wait(ports.clock.now() + waitMs))) return null;
  }
  return null;
}

const lookAgainMs = 200;

/** An agent waits for the claim: sooner than that it works without, and others may do the same. */
const claimAgainMs = [2_000, 10_000] as const;

/** What a tracker does not take is tried again so often. A run waits for it at its end. */
const tellAgainMs = [2_000, 10_000, 30_000] as const;

async function tellIssue({ run, task, number, news }: TellIssueEffect, ports: Ports): Promise<ToldInput | null> {
  const request = { ...issueOf(ports, { run, task }), news, note: issueNote(news, { run, task }) };
  for (const waitMs of [...tellAgainMs, null]) {
    const outcome = await ports.trackers.tell(request);
    if (outcome.kind === "stopping") return null;
    const { again = false, ...told } = outcome;
    if (!again || waitMs === null) return { type: "issue.told", run, task, number, outcome: told };
    if (!(await ports.clock.wait(ports.clock.now() + waitMs))) return null;
  }
  return null;
}

function issueOf(ports: Ports, about: { readonly run: RunId; readonly task: string }): IssueRequest {
  const task = taskOf(ports, about);
  const issue = assertDefined(task.planned.issue, `the issue of task ${task.id}`);
  return { run: runOf(ports, about.run), task: task.id, issue };
}

async function setFrozen(effect: Of<"set-frozen">, ports: Ports): Promise<ToldInput> {
  const attempt = assertDefined(ports.store.attempt(effect.attempt), `attempt ${effect.attempt}`);
  const frozen = attempt.state.status === "frozen";
  const told = await ports.attempts.setFrozen(runOf(ports, attempt.run), attempt, frozen);
  // One that did not hear it is as it was, and is asked again.
  return { type: "attempt.freeze-sent", run: attempt.run, attempt: attempt.id, frozen: told ? frozen : !frozen };
}

async function tellAttempt(effect: Of<"tell-attempt">, ports: Ports): Promise<ToldInput> {
  const attempt = assertDefined(ports.store.attempt(effect.attempt), `attempt ${effect.attempt}`);
  const message = effect.message === null ? foreseenBy(attempt) : saidIn(taskOf(ports, attempt), effect.message);
  if (message !== null) await ports.attempts.tell(runOf(ports, attempt.run), attempt, message);
  return { type: "attempt.message-sent", run: attempt.run, attempt: attempt.id };
}

function saidIn({ messages = [] }: TaskRow, id: string): TaskMessage {
  return assertDefined(
    messages.find((message) => message.id === id),
    `message ${id}`,
  );
}

/** Null: it is gone by now. */
function foreseenBy({ foreseen = null }: AttemptRow): Pick<TaskMessage, "id" | "text"> | null {
  return foreseen === null ? null : { id: foreseenId(foreseen), text: foreseenMessage(foreseen) };
}

async function stopAttempt(effect: Of<"stop-attempt">, ports: Ports): Promise<ToldInput> {
  const attempt = assertDefined(ports.store.attempt(effect.attempt), `attempt ${effect.attempt}`);
  await ports.attempts.stop(runOf(ports, attempt.run), attempt);
  return { type: "attempt.stop-sent", run: attempt.run, attempt: attempt.id };
}

type Observe = (input: ToldInput) => void;

async function buildCandidate(
  effect: Of<"build-candidate">,
  ports: Ports,
  observe: Observe,
): Promise<QueueInput | null> {
  const { repository, target, trial, lot, history } = effect;
  const run = runOf(ports, effect.host);
  const followed = await followRemote({ run, ports, observe, wantedBy: lot.map((id) => changeOf(ports, id).run) });
  if (followed === null) return null;
  const about = { type: "candidate.built", repository, target, trial } as const;
  const { failure } = followed;
  if (failure !== null) return { ...about, outcome: { kind: "impossible", detail: failure.detail, tip: "", failure } };
  const parts = lot.map((id) => buildPart(changeOf(ports, id), ports));
  return { ...about, outcome: await ports.repository.build({ run, parts, history }) };
}

function buildPart(change: ChangeRow, ports: Ports): BuildPart {
  const run = runOf(ports, change.run);
  const task = taskOf(ports, change);
  const attempt = attemptNumber(change.id);
  return {
    change,
    ticks: trackedMarks(run, task),
    subject: `${singleLine(task.planned.title, 72)} (${task.id})`,
    trailers: [`Nightcrew-Run: ${run.id}`, `Nightcrew-Task: ${task.id}`, `Nightcrew-Attempt: ${attempt}`],
    lockFiles: run.settings.lockFiles ?? [],
    at: change.offeredAt,
  };
}

async function buildRevert(effect: RevertEffect, ports: Ports, observe: Observe): Promise<QueueInput | null> {
  const { repository, target, repair, commit, why, at } = effect;
  const change = changeOf(ports, effect.change);
  const run = runOf(ports, change.run);
  // What there would be is built on what has landed, wherever the target is by now.
  const followed = at === undefined ? await followRemote({ run, ports, observe }) : { failure: null };
  if (followed === null) return null;
  const { failure } = followed;
  const about = { type: "revert.built", repository, target, repair } as const;
  if (failure !== null)
    return { ...about, outcome: { kind: "impossible", detail: remoteFailureText(failure), failure } };
  const task = taskOf(ports, change);
  const outcome = await ports.repository.buildRevert({
    run,
    change: change.id,
    commit,
    ...(at === undefined ? {} : { at }),
    ticks: trackedMarks(run, task),
    subject: `Revert "${singleLine(task.planned.title, 64)} (${task.id})"`,
    text: `This takes back ${commit}: ${revertText(why)}.`,
    trailers: [`Nightcrew-Run: ${run.id}`, `Nightcrew-Task: ${task.id}`, `Nightcrew-Reverts: ${commit}`],
  });
  return { ...about, outcome };
}

async function buildPromotion(effect: PromotionEffect, ports: Ports, observe: Observe): Promise<QueueInput | null> {
  const { repository, target, promotion, from, commit, host } = effect;
  // The run landed on the branch that is promoted; where that goes is another target.
  const run = { ...runOf(ports, host), target };
  const followed = await followRemote({ run, ports, observe });
  if (followed === null) return null;
  const { failure } = followed;
  const about = { type: "promotion.built", repository, target, promotion } as const;
  if (failure !== null) return { ...about, outcome: { kind: "impossible", detail: remoteFailureText(failure) } };
  // What waits beside it, and may come in by now, is there first.
  await ports.repository.deliver(run);
  const subject = `Promote ${from} to ${target}`;
  const trailers = [`Nightcrew-Run: ${run.id}`, `Nightcrew-Promotes: ${commit}`];
  const outcome = await ports.repository.buildPromotion({ run, commit, subject, trailers });
  return { ...about, outcome };
}

/** What is set in the candidate's tree: marks of tracked sources, where setting them with the landing is asked for. */
function trackedMarks(run: RunRow, task: TaskRow): MarkAnchor[] {
  return marksOf(task.planned).flatMap((mark) => {
    const source = tickedSource(run, mark);
    return source?.tracked == null ? [] : [{ ...mark, path: source.tracked }];
  });
}

/** Where the mark is set together with the landing. */
function tickedSource({ settings }: RunRow, { path }: MarkAnchor): RunSource | undefined {
  const source = settings.sources.find(({ name }) => name === path);
  return source !== undefined && syncOf(settings, source) === "landing" ? source : undefined;
}

async function runGate(effect: GateEffect, ports: Ports): Promise<QueueInput> {
  const { repository, target, trial, gate, on, commit, checks: id, reruns, makes } = effect;
  const run = runOf(ports, effect.host);
  const verify = verifiers(gate).length === 0 ? {} : { verify: verifySpec(effect, run, ports) };
  const spec = { run, id, commit, ...gate, reruns, ...verify };
  const about = { type: "gate.judged", repository, target, host: run.id, trial, gate, on } as const;
  if (makes === undefined) return { ...about, results: (await ports.checks.start(spec)).results };
  const { results, tree } = await ports.checks.start({ ...spec, makes: makes.paths });
  if (tree === null) return { ...about, results, made: { kind: "none", detail: null } };
  const change = changeOf(ports, makes.change);
  return { ...about, results, made: await ports.repository.keepMerge({ run, change, merge: commit, tree }) };
}

function verifySpec({ lot = [] }: GateEffect, run: RunRow, ports: Ports): VerifySpec {
  const { store, clock } = ports;
  const tasks = lot.flatMap((id) => {
    const { planned } = taskOf(ports, changeOf(ports, id));
    return planned.parts ?? [planned];
  });
  const spent = { run: run.spentUsd, day: store.spentOn(dayOf(clock.now())) };
  const { budget, prices } = run.settings;
  return { tasks, leftUsd: leftToVerify(budget, spent), ...(prices === undefined ? {} : { prices }) };
}

async function stopGate(effect: Of<"stop-gate">, ports: Ports): Promise<QueueInput> {
  const run = runOf(ports, effect.host);
  await ports.checks.stop(run, effect.checks);
  return { type: "gate.stop-sent", repository: run.repository, target: run.target };
}

async function land(effect: LandEffect, ports: Ports, observe: Observe): Promise<QueueInput | null> {
  const { repository, target, trial, candidate } = effect;
  const about = { type: "landing.ended", repository, target, trial } as const;
  const run = { ...runOf(ports, effect.host), target };
  const reaching = { run, ports, observe, wantedBy: candidate.links.map(({ change }) => changeOf(ports, change).run) };
  const outcome = await reachRemote(reaching, {
    reach: () => ports.repository.land(run, candidate),
    failureOf: (ended) => (ended.kind === "refused" ? (ended.failure ?? null) : null),
    isOver: () => candidate.links.length > 0 && candidate.links.every(({ change }) => isCancelled(ports, change)),
  });
  if (outcome === null) return null;
  if (outcome.kind === "landed" && outcome.pushedTo !== undefined)
    tellOfRemote(reaching, { kind: "pushed", commit: candidate.commit });
  if (outcome.kind === "moved" && outcome.rejectedBy !== undefined) tellOfRemote(reaching, { kind: "rejected" });
  const notes: Record<AttemptId, string> = {};
  for (const { change: id } of outcome.kind === "landed" ? candidate.links : []) {
    const change = changeOf(ports, id);
    const note = await tickUntracked(runOf(ports, change.run), taskOf(ports, change), ports);
    if (note !== null) notes[id] = note;
  }
  return { ...about, outcome, notes };
}

function isCancelled(ports: Ports, change: AttemptId): boolean {
  return taskOf(ports, changeOf(ports, change)).state.status === "cancelled";
}

/** Why the box is still open, or null. */
async function tickUntracked(run: RunRow, task: TaskRow, ports: Ports): Promise<string | null> {
  const problems: string[] = [];
  for (const mark of marksOf(task.planned)) {
    const source = tickedSource(run, mark);
    if (source === undefined || source.file === null || source.tracked !== null) continue;
    const { problem } = await ports.sources.tickInPlace(source.file, mark);
    if (problem !== null) problems.push(problem);
  }
  return problems.length === 0 ? null : problems.join("; ");
}

async function sendAlert({ id, run, task, at, alert }: AlertEffect, ports: Ports): Promise<ToldInput | null> {
  const rows = { run: runOf(ports, run), task: task === null ? null : taskOf(ports, { run, task }) };
  const outcome = await ports.alerts.send(noticeOf({ id, at, alert, ...rows }));
  if (outcome.kind === "stopping") return null;
  return { type: "alert.sent", run, kind: alert.kind, problem: outcome.kind === "failed" ? outcome.problem : null };
}

async function wrapUp(id: RunId, ports: Ports): Promise<ToldInput> {
  const run = runOf(ports, id);
  const waiting = await ports.repository.deliver(run);
  const { store, clock } = ports;
  const rows = { tasks: store.tasks(id), attempts: store.attempts(id), changes: store.changes(id) };
  const told = store.statusCounts(id);
  const now = clock.now();
  const report = buildReport({ run, ...rows, spentTodayUsd: store.spentOn(dayOf(now)) }, now, waiting);
  const problem = await ports.reports.write(report);
  return { type: "run.wrapped-up", run: id, told, waitsOn: waiting?.branch ?? null, problem };
}

function runOf(ports: Ports, id: RunId): RunRow {
  return assertDefined(ports.store.run(id), `run ${id}`);
}

function taskOf(ports: Ports, { run, task }: { readonly run: RunId; readonly task: string }): TaskRow {
  return assertDefined(ports.store.task(run, task), `task ${task} of ${run}`);
}

function changeOf(ports: Ports, id: ChangeRow["id"]): ChangeRow {
  return assertDefined(ports.store.change(id), `change ${id}`);
}
