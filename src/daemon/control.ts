import type { ControlRequest } from "../api/contract.ts";
import type { ControlResult, ControlView } from "../api/views.ts";
import type { Answer, RunCommand, TaskCommand } from "../domain/control.ts";
import { answerText, refusalNext } from "../domain/present/control-text.ts";
import type { ToldInput } from "../domain/input.ts";
import { makeRedactor } from "../domain/redact.ts";
import type { RunRow } from "../domain/run.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import type { Engine } from "../engine/loop.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { StopFile } from "./stop-file.ts";
import { findRun, findSubject, type Subject } from "./ids.ts";

interface Desk {
  readonly store: SqliteStore;
  readonly engine: Engine;
  readonly stopFile: StopFile;
}

const { redact } = makeRedactor({ values: [] });

/** How many runs `--all` looks at; of what is over the newest. */
const runsLookedAt = 1_000;

/** Gives a person's command to a task, a run or everything. What is refused is an error only where it was all that was asked. */
export async function control(desk: Desk, { id, all, cwd, command }: ControlRequest): Promise<ControlView> {
  const lifted = command.type === "resume" && all === true && (await desk.stopFile.lift());
  if (["resume", "retry", "edit"].includes(command.type)) desk.stopFile.refuseWhileThere();
  if (all === true) return { version: 1, results: await controlAll(desk, command), ...(lifted ? { lifted } : {}) };
  const subject =
    id === undefined ? { kind: "run" as const, run: findRun(desk.store, id) } : findSubject(desk.store, id, cwd);
  const answer = await desk.engine.submit(inputFor(subject, command));
  if (answer.kind === "refused") throw refused(subject, command, answer);
  return { version: 1, results: [resultOf(subject, command, answer)] };
}

/** Runs that are over are only asked where something may be done again; those that it changes nothing for are left out. */
async function controlAll(desk: Desk, command: TaskCommand | RunCommand): Promise<ControlResult[]> {
  const results: ControlResult[] = [];
  const again = command.type === "retry" || command.type === "budget";
  for (const run of again ? desk.store.runs(runsLookedAt) : desk.store.openRuns(runsLookedAt)) {
    const subject: Subject = { kind: "run", run };
    const answer = await desk.engine.submit(inputFor(subject, command));
    if (answer.kind !== "unchanged") results.push(resultOf(subject, command, answer));
  }
  return results;
}

function inputFor(subject: Subject, command: TaskCommand | RunCommand): ToldInput {
  if (subject.kind === "task") {
    if (command.type === "interrupt" || command.type === "budget" || command.type === "land")
      throw onlyFor("runs", command.type);
    return { type: "task.control", run: subject.run.id, task: subject.task, command: withoutSecrets(command) };
  }
  if (command.type === "edit" || command.type === "message") throw onlyFor("single tasks", command.type);
  return { type: "run.control", run: subject.run.id, command };
}

/** Nobody knows their values here; those of a known shape are written down nowhere. */
function withoutSecrets(command: TaskCommand): TaskCommand {
  return command.type === "message" ? { ...command, text: redact(command.text) } : command;
}

function onlyFor(what: string, command: string): OperationalError {
  return new OperationalError({
    code: "wrong-subject",
    what: `${command} is for ${what}`,
    next: "nightcrew tasks; nightcrew runs",
  });
}

function nameOf(subject: Subject): string {
  return `${subject.kind} ${idOf(subject)}`;
}

function idOf(subject: Subject): string {
  return subject.kind === "task" ? `${subject.run.id}/${subject.task}` : subject.run.id;
}

function resultOf(subject: Subject, command: TaskCommand | RunCommand, answer: Answer): ControlResult {
  return {
    run: subject.run.id,
    task: subject.kind === "task" ? subject.task : null,
    outcome: answer.kind,
    message: `${nameOf(subject)}: ${answerText(command, answer, idOf(subject))}`,
  };
}

function refused(
  subject: Subject,
  command: TaskCommand | RunCommand,
  answer: Extract<Answer, { kind: "refused" }>,
): OperationalError {
  const { run }: { readonly run: RunRow } = subject;
  return new OperationalError({
    code: answer.refusal.reason,
    what: `${nameOf(subject)} cannot ${verb(command)}`,
    why: answerText(command, answer, idOf(subject)),
    next: refusalNext(answer.refusal, run.id, idOf(subject)),
  });
}

function verb({ type }: TaskCommand | RunCommand): string {
  switch (type) {
    case "retry":
      return "be tried again";
    case "pause":
      return "be paused";
    case "resume":
      return "go on";
    case "cancel":
      return "be cancelled";
    case "prioritize":
      return "be given another priority";
    case "edit":
      return "be edited";
    case "message":
      return "be told";
    case "interrupt":
      return "be interrupted";
    case "land":
      return "be landed";
    case "budget":
      return "be given other caps";
  }
}
