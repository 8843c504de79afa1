import { singleLine } from "../../std/text.ts";
import type { AttemptState } from "../attempt-state.ts";
import type { TaskCommand } from "../control.ts";
import { maxMessages, type TaskMessage } from "../message.ts";
import type { AttemptRow, TaskRow } from "../rows.ts";
import { isOver } from "../task-state.ts";
import type { Draft } from "./draft.ts";
import { agentOf } from "./spending.ts";

/** What is shown of a message in events; the row has all of it. */
const shownLength = 500;

/** What a person says is kept with the task; the agent that is at work is told where it can be. */
export function messageTask(draft: Draft, task: TaskRow, said: Extract<TaskCommand, { type: "message" }>): void {
  const { state, attempts, messages = [] } = task;
  if (messages.some(({ id }) => id === said.id)) return draft.unchanged();
  if (isOver(state)) return draft.refuse({ reason: "task-over", status: state.status });
  if (messages.length >= maxMessages) return draft.refuse({ reason: "too-many-messages", most: maxMessages });
  const message = { id: said.id, at: draft.now, text: said.text, after: attempts, takenUp: false };
  draft.putTask({ ...task, messages: [...messages, message] });
  draft.emit(task.id, { type: "task.messaged", by: "person", text: shown(message) });
  const attempt = draft.live.find((row) => row.task === task.id);
  if (attempt === undefined) return draft.delivered({ by: "next-attempt", busy: null, attempts });
  const { agent, number } = attempt;
  if (!converses(draft, attempt)) return draft.delivered({ by: "next-attempt", busy: agent, attempts });
  // One that is still being prepared is told when it works.
  if (isAtWork(attempt.state)) tell(draft, attempt, message);
  draft.delivered({ by: "line", agent, attempt: number });
}

/** What was said while the attempt was being prepared. */
export function tellWaiting(draft: Draft, attempt: AttemptRow): void {
  if (!converses(draft, attempt)) return;
  const { messages = [] } = draft.task(attempt.task);
  for (const message of messages) if (message.after === attempt.number) tell(draft, attempt, message);
}

/** An agent's word, which counts once, and only for what was said to it. */
export function takenUp(draft: Draft, attempt: AttemptRow, id: string): void {
  const task = draft.task(attempt.task);
  const { messages = [] } = task;
  const message = messages.find((said) => said.id === id && said.after === attempt.number);
  if (message === undefined || message.takenUp) return;
  const told = messages.map((said) => (said === message ? { ...said, takenUp: true } : said));
  draft.putTask({ ...task, messages: told });
  draft.emit(task.id, { type: "attempt.told", attempt: attempt.number, text: shown(message) });
}

function tell(draft: Draft, { id: attempt }: AttemptRow, { id: message }: TaskMessage): void {
  draft.ask({ kind: "tell-attempt", id: `tell-attempt:${attempt}:${message}`, attempt, message });
}

/** It can be told something while it works. */
export function converses(draft: Draft, { agent }: AttemptRow): boolean {
  return agentOf(draft, agent).converses === true;
}

function isAtWork(state: AttemptState): boolean {
  return state.status === "working" || (state.status === "frozen" && state.was === "working");
}

function shown({ text }: TaskMessage): string {
  return singleLine(text, shownLength);
}
