import type { TaskRow } from "./rows.ts";

/**
 * What a person said to whoever works on a task. It belongs to the task: an attempt that begins later has it in its text,
 * and the agent that is at work is told where it can be.
 */
export interface TaskMessage {
  /** From whoever sent it: said again under the same id it is said once. */
  readonly id: string;
  readonly at: number;
  readonly text: string;
  /** Attempts that had begun by then: all later ones have it in their text. */
  readonly after: number;
  /** The last of those took it up while it worked. */
  readonly takenUp: boolean;
}

/** How a message reaches an agent. */
export type Delivery =
  | { readonly by: "line"; readonly agent: string; readonly attempt: number }
  /** By its text. `busy`: the agent that is at work on it, and cannot be told. */
  | { readonly by: "next-attempt"; readonly busy: string | null; readonly attempts: number };

/** Of one task: all of them go into the text of its next attempt. */
export const maxMessages = 20;
/** Characters of one. */
export const maxMessageLength = 16_000;

/** What an attempt is told from its start. */
export function messagesBefore({ messages = [] }: TaskRow, attempt: number): readonly TaskMessage[] {
  return messages.filter(({ after }) => after < attempt);
}

/** The first attempt that knew of it; null: none did. */
export function firstTold({ after, takenUp }: TaskMessage, attempts: number): number | null {
  if (takenUp) return after;
  return attempts > after ? after + 1 : null;
}
