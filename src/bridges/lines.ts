import type { Readable } from "node:stream";
import { unreachable } from "../std/assert.ts";
import { LineSplitter, parseJsonObject } from "../std/json-lines.ts";
import type { AgentEvent } from "../domain/agent-event.ts";

/** What a bridge is told on its stdin, one JSON object a line. */
export type BridgeCommand =
  /** More for the agent to do, taken up when what it does now is done. */
  | { readonly type: "message"; readonly id: string; readonly text: string }
  /** `question` is the `asked` of the permission that waits; empty: the oldest one that waits. */
  | { readonly type: "answer"; readonly question: string; readonly text: string }
  | { readonly type: "cancel" };

/** Longest line of stdin that is read; what is longer is no command. */
const maxCommandLength = 4_000_000;

/** An event as a line of stdout, without its end: the same names in snake case. */
export function eventLine(event: AgentEvent): string {
  return JSON.stringify(eventFields(event));
}

function eventFields(event: AgentEvent): object {
  switch (event.type) {
    case "usage":
      return {
        type: event.type,
        input_tokens: event.usage.inputTokens,
        cached_tokens: event.usage.cachedTokens,
        output_tokens: event.usage.outputTokens,
        cost: event.usage.cost,
        currency: event.usage.currency,
        model: event.usage.model,
        basis: event.basis,
      };
    case "limit":
      return { type: event.type, resets_at: event.resetsAt, message: event.message };
    case "final":
      return event.ok ? { type: event.type, ok: true, cause: null, status: null, message: "" } : event;
    case "session":
    case "progress":
    case "message":
    case "told":
    case "turn":
    case "tool":
    case "file":
    case "permission":
    case "retry":
      return event;
    default:
      return unreachable(event);
  }
}

/** The command on a line; null for anything else. Never throws. */
export function commandOf(line: string): BridgeCommand | null {
  const fields = parseJsonObject(line);
  if (fields === null) return null;
  const text = typeof fields["text"] === "string" ? fields["text"] : null;
  if (fields["type"] === "cancel") return { type: "cancel" };
  const named = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  if (fields["type"] === "message" && text !== null && text.trim() !== "")
    return { type: "message", id: named("id"), text };
  if (fields["type"] === "answer" && text !== null) return { type: "answer", question: named("question"), text };
  return null;
}

export interface CommandListener {
  readonly obey: (command: BridgeCommand) => void;
  /** A line that is no command. */
  readonly misunderstood: () => void;
  /** Nothing more can come: nobody is there to answer. */
  readonly ended: () => void;
}

/** Reads commands until the stream ends; returns how to stop reading, after which the stream keeps no process alive. */
export function readCommands(stream: Readable, listener: CommandListener): () => void {
  const lines = new LineSplitter((line, truncated) => {
    if (line.trim() === "") return;
    const command = truncated ? null : commandOf(line);
    if (command === null) listener.misunderstood();
    else listener.obey(command);
  }, maxCommandLength);
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => lines.push(chunk));
  stream.once("end", () => {
    lines.end();
    listener.ended();
  });
  // A stdin that cannot be read is one where nobody answers.
  stream.once("error", () => listener.ended());
  return () => {
    stream.removeAllListeners("data");
    stream.destroy();
  };
}
