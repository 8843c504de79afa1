import type { Answer, Refusal, RunCommand, TaskCommand } from "../control.ts";
import type { Delivery } from "../message.ts";
import type { RunId } from "../run.ts";
import { capText } from "./money-text.ts";

type Command = TaskCommand | RunCommand;

/** What became of a command to `id`, a task or a run, in a few words. */
export function answerText(command: Command, answer: Answer, id: string): string {
  switch (answer.kind) {
    case "done":
      return answer.delivery === undefined ? doneText(command) : deliveryText(answer.delivery, id);
    case "unchanged":
      return "nothing to change";
    case "refused":
      return refusalText(answer.refusal);
  }
}

function doneText(command: Command): string {
  switch (command.type) {
    case "pause":
      return "paused; nightcrew resume lets it go on";
    case "interrupt":
      return "what was running is stopped and waits in the queue; nightcrew resume goes on";
    case "resume":
      return "goes on";
    case "cancel":
      return "cancelled; what had landed stays, and every branch is kept";
    case "retry":
      return "tried again";
    case "land":
      return "what is done is on its way into the target";
    case "prioritize":
      return `priority ${command.priority}`;
    case "budget":
      return "caps changed; what they had stopped goes on where they allow it";
    case "message":
      return "said";
    case "edit":
      return `edited: ${Object.keys(command.edit).join(", ")}`;
  }
}

/** Only what is known: whether an agent takes it up is its own affair, and told by an event. */
function deliveryText(delivery: Delivery, id: string): string {
  if (delivery.by === "line") {
    const { agent, attempt } = delivery;
    return `said to attempt ${attempt} (${agent}), which takes it up between two steps; later attempts are told, too`;
  }
  const { busy, attempts } = delivery;
  if (busy !== null)
    return `${busy} cannot be told while it works: it will be told when its task is done again; to have that at once: nightcrew cancel ${id}, then nightcrew retry ${id}`;
  if (attempts === 0) return "kept: whoever begins on it is told";
  return "kept: no agent is at work on it; it will be told if its task is done again";
}

function refusalText(refusal: Refusal): string {
  switch (refusal.reason) {
    case "task-over":
      return `it is ${refusal.status}`;
    case "run-finished":
      return "its run is finished";
    case "over-budget":
      return capText(refusal.cap);
    case "being-landed":
      return `its agent is done, and its change is ${stageText(refusal.stage)}`;
    case "held":
      return "its change is held: nothing of it is running";
    case "kept-back":
      return "it is done, and waits to be landed";
    case "nothing-to-land":
      return "nothing of it is done and waits to be landed";
    case "run-stopped":
      return "its run is interrupted: nothing of it is running";
    case "run-paused":
      return "its run is paused as a whole";
    case "still-stopping":
      return "what is left of it is still being stopped";
    case "needs-other":
      return `it needs ${refusal.task}, which will not land`;
    case "begun":
      return "work on it has begun";
    case "too-many-messages":
      return `${refusal.most} messages to it are kept already, and no more are`;
    case "unknown-need":
      return `there is no task ${refusal.need} in its run`;
    case "cycle":
      return `the tasks would wait for each other in a circle: ${refusal.path.join(" → ")}`;
    case "unknown-agent":
      return `there is no agent ${refusal.agent}; there are ${refusal.known.join(", ")}`;
  }
}

function stageText(stage: string): string {
  return stage === "queued to land" ? "queued to land" : `in the middle of ${stage}`;
}

/** What a person can do instead; `id` is the task that it was about, else the run. */
export function refusalNext(refusal: Refusal, run: RunId, id: string): string {
  switch (refusal.reason) {
    case "task-over":
      return refusal.status === "completed" ? `nightcrew report ${run}` : `try it again: nightcrew retry ${id}`;
    case "run-finished":
      return `nightcrew report ${run}`;
    case "over-budget":
      return `raise it: nightcrew budget ${run} --${refusal.cap.scope} USD`;
    case "being-landed":
      return `wait for it, or take it back: nightcrew cancel ${id}`;
    case "held":
      return `have it judged again: nightcrew retry ${id}`;
    case "kept-back":
      return `nightcrew land --completed ${run}`;
    case "nothing-to-land":
      return `nightcrew report ${run}`;
    case "run-stopped":
    case "run-paused":
      return `go on: nightcrew resume ${run}`;
    case "still-stopping":
      return "the same again in a moment";
    case "needs-other":
      return `try that one again first: nightcrew retry ${run}/${refusal.task}`;
    case "too-many-messages":
    case "begun":
      return "cancel it, and add a task that says it better";
    case "unknown-need":
    case "cycle":
      return `nightcrew tasks ${run}`;
    case "unknown-agent":
      return "name one of them";
  }
}
