import type { Usage } from "../../domain/agent-event.ts";

export interface Turn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** What a model is asked: who it is to be, what was said until now, and the form its answer has to have. */
export interface Question {
  readonly system: string;
  readonly turns: readonly Turn[];
  /** JSON Schema of the answer. */
  readonly form: { readonly name: string; readonly schema: object };
  /** That the answer may have, thinking included, where the endpoint wants to be told. */
  readonly maxTokens: number;
}

export interface Said {
  readonly text: string;
  /** The answer ended at the model's limit, not where it was to end. */
  readonly cut: boolean;
  readonly usage: Usage;
}

/** Whoever may be asked: an endpoint, or an agent that changes nothing. */
export interface Asker {
  /** As it is shown: `gpt-6.1-sol (api.openai.com)`. */
  readonly name: string;
  readonly model: string | null;
  /**
   * One question and its whole answer. Retries by itself what may pass. Rejects with an `OperationalError` for what a person
   * can mend, and in time: it is bounded by `signal` and by a time limit of its own.
   */
  ask(question: Question, signal: AbortSignal): Promise<Said>;
}
