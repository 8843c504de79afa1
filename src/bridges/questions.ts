import type { AgentEvent } from "../domain/agent-event.ts";

/** Permissions that wait for a person's answer. */
export interface Questions {
  /** Tells that it waits, and resolves with the answer; false when nobody answers in time or can answer at all. */
  ask(asked: string): Promise<boolean>;
  /** `question` is what was asked, or empty for the oldest; an answer to nothing changes nothing. */
  answer(question: string, text: string): void;
  /** Nobody is there to answer, now or later: what waits is denied. */
  close(): void;
}

interface Waiting {
  readonly asked: string;
  readonly decide: (granted: boolean) => void;
}

/** `emit` is told of each question (`waiting`) and of what became of it. */
export function makeQuestions(emit: (event: AgentEvent) => void, timeoutMs: number): Questions {
  const waiting: Waiting[] = [];
  let closed = false;
  function take(entry: Waiting | undefined, granted: boolean): void {
    if (entry === undefined) return;
    waiting.splice(waiting.indexOf(entry), 1);
    entry.decide(granted);
  }
  return {
    async ask(asked) {
      if (closed) {
        emit({ type: "permission", asked, answer: "denied" });
        return false;
      }
      emit({ type: "permission", asked, answer: "waiting" });
      const granted = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => take(entry, false), timeoutMs);
        const entry: Waiting = {
          asked,
          decide: (answer) => {
            clearTimeout(timer);
            resolve(answer);
          },
        };
        waiting.push(entry);
      });
      emit({ type: "permission", asked, answer: granted ? "granted" : "denied" });
      return granted;
    },
    answer(question, text) {
      take(question === "" ? waiting[0] : waiting.find(({ asked }) => asked === question), isYes(text));
    },
    close() {
      closed = true;
      while (waiting.length > 0) take(waiting[0], false);
    },
  };
}

/** Only a clear yes is one. */
export function isYes(text: string): boolean {
  return /^(y|yes|ok|allow|allowed|approve|approved|grant|granted|accept)$/i.test(text.trim());
}
