import { messageOf, OperationalError } from "../std/operational-error.ts";
import type { AgentEvent } from "../domain/agent-event.ts";
import type { FinalEvent } from "./failure-cause.ts";
import { eventLine, readCommands, type BridgeCommand } from "./lines.ts";
import type { BridgeOptions } from "./options.ts";
import { makeQuestions, type Questions } from "./questions.ts";

/** Messages that wait for the agent to be done with what it does. */
const maxMessages = 100;

export interface Talk {
  readonly emit: (event: AgentEvent) => void;
  readonly questions: Questions;
  /** What somebody said meanwhile: whoever asks for it has the agent told, and that is told of. */
  readonly nextMessage: () => string | undefined;
  readonly cancelled: AbortSignal;
}

/**
 * Speaks the line protocol around one piece of work: events to stdout, commands from stdin, a cancel also by SIGTERM and
 * SIGINT. The final event is the last line; the exit code is 0 only where it is good.
 */
export async function bridge(
  options: Pick<BridgeOptions, "answerTimeoutMs">,
  work: (talk: Talk) => Promise<FinalEvent>,
): Promise<void> {
  const cancel = new AbortController();
  const messages: Extract<BridgeCommand, { type: "message" }>[] = [];
  const emit = (event: AgentEvent) => process.stdout.write(`${eventLine(event)}\n`);
  const questions = makeQuestions(emit, options.answerTimeoutMs);
  const onCancel = () => {
    cancel.abort();
    questions.close();
  };
  // Whoever reads is gone, and nobody would know of what is done from here on.
  process.stdout.on("error", onCancel);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, onCancel);
  const stopReading = readCommands(process.stdin, {
    obey(command) {
      if (command.type === "cancel") onCancel();
      else if (command.type === "answer") questions.answer(command.question, command.text);
      else if (messages.length < maxMessages) messages.push(command);
      else emit({ type: "progress", percent: null, message: "too many messages wait: one was dropped" });
    },
    misunderstood: () => emit({ type: "progress", percent: null, message: "a line on stdin was not understood" }),
    ended: () => questions.close(),
  });
  // Whatever it waits for, the process must not end before it has told how the work ended.
  const alive = setInterval(() => undefined, 60_000);
  const nextMessage = () => {
    const message = messages.shift();
    if (message !== undefined && message.id !== "") emit({ type: "told", id: message.id });
    return message?.text;
  };
  const final = await work({ emit, questions, nextMessage, cancelled: cancel.signal }).finally(() => {
    clearInterval(alive);
    stopReading();
  });
  emit(final);
  process.exitCode = final.ok ? 0 : 1;
}

/** Runs a program of ours: what a person can mend is told on stderr with exit code 2, a bug ends it with 70. */
export function runBridge(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    const known = error instanceof OperationalError;
    console.error(known ? messageOf(error) : error);
    process.exitCode = known ? error.exitCode : 70;
  });
}
