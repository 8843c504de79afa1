import type { Params } from "../api/contract.ts";
import type { DoneView } from "../api/views.ts";
import { isLive } from "../domain/attempt-state.ts";
import { attemptId } from "../domain/run.ts";
import { OperationalError } from "../std/operational-error.ts";
import type { Decider } from "./decider.ts";
import { findSubject } from "./ids.ts";

/** Hands a person's answer to the agent that works on a task; the oldest question it waits with is answered. */
export async function answer(decider: Decider, { id, cwd, text }: Params<"answer">): Promise<DoneView> {
  const subject = findSubject(decider.store, id, cwd);
  if (subject.kind === "run") throw nobody(`${id} is a run, not a task`, subject.run.id);
  const { run, task } = subject;
  const { attempts = 0 } = decider.store.task(run.id, task) ?? {};
  const attempt = attempts === 0 ? null : decider.store.attempt(attemptId(run.id, task, attempts));
  if (attempt === null || !isLive(attempt.state)) throw nobody(`no agent is at work on ${task}`, run.id);
  const agent = run.settings.agents.find(({ name }) => name === attempt.agent);
  if (agent?.driver !== "acp" && agent?.driver !== "builtin") {
    throw nobody(`${attempt.agent} asks nobody: only agents of the drivers acp and builtin do`, run.id);
  }
  if (!(await decider.tell(attempt, { type: "answer", question: "", text })))
    throw nobody("its runner does not answer", run.id);
  return { version: 1, run: run.id, message: `task ${run.id}/${task}: told attempt ${attempt.number}: ${text}` };
}

function nobody(why: string, run: string): OperationalError {
  return new OperationalError({
    code: "nobody-asks",
    what: "Nobody waits for an answer",
    why,
    next: `nightcrew tasks ${run}`,
  });
}
