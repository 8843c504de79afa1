import { singleLine } from "../../std/text.ts";
import { noUsage, type AgentEvent, type ToolState } from "../../domain/agent-event.ts";
import { pathsOf } from "./permission.ts";
import { amountOf, fieldsOf, listOf, textOf, type Fields } from "../untrusted.ts";

/** Turns the updates of a session into events. Must not throw, whatever an agent sends. */
export interface UpdateReader {
  read(update: unknown): readonly AgentEvent[];
  /** What was held back to be told in one piece. */
  flush(): readonly AgentEvent[];
  /** Requests to its model that the agent seems to have made; the protocol itself does not tell. */
  turns(): number;
}

interface Call {
  readonly name: string;
  readonly detail: string;
  readonly kind: string | null;
  readonly paths: readonly string[];
}

/** A message that comes in small pieces is told in pieces of at most this. */
const maxMessage = 8_000;
const wholePiece = new RegExp(`[^]{1,${maxMessage}}`, "gu");
/** Tool calls that are remembered until they end. */
const maxCalls = 1_000;
/** While it only thinks, a sign of life is given this often. */
const thinkingEveryMs = 10_000;

/** `now`: milliseconds of any clock that only goes forward. */
export function makeUpdateReader(now: () => number): UpdateReader {
  const calls = new Map<string, Call>();
  let message = "";
  let turns = 0;
  /** A tool has answered since the last request: what comes next is the answer to another one. */
  let answered = true;
  let thoughtAt = Number.NEGATIVE_INFINITY;

  function flush(): AgentEvent[] {
    const text = message.trim();
    message = "";
    return text.match(wholePiece)?.map((piece) => ({ type: "message", text: piece })) ?? [];
  }
  function turn(): AgentEvent[] {
    if (!answered) return [];
    answered = false;
    turns++;
    return [...flush(), { type: "turn" }];
  }
  function said(update: Fields): AgentEvent[] {
    const text = textOf(fieldsOf(update["content"])["text"]);
    if (text === null) return [];
    const before = turn();
    message += text.slice(0, 4 * maxMessage);
    return message.length < maxMessage ? before : [...before, ...flush()];
  }
  function thought(): AgentEvent[] {
    const before = turn();
    if (now() - thoughtAt < thinkingEveryMs) return before;
    thoughtAt = now();
    return [...before, { type: "progress", percent: null, message: "thinking" }];
  }
  function tool(update: Fields, isNew: boolean): AgentEvent[] {
    const id = textOf(update["toolCallId"]) ?? "";
    const known = calls.get(id);
    const call = callOf(update, known);
    if (known !== undefined || calls.size < maxCalls) calls.set(id, call);
    const before = isNew || known === undefined ? [...turn(), ...flush(), toolEvent(call, "started")] : [];
    const state = update["status"] === "completed" ? "done" : update["status"] === "failed" ? "failed" : null;
    if (state === null) return before;
    calls.delete(id);
    answered = true;
    return [...before, toolEvent(call, state), ...(state === "done" ? filesOf(call) : [])];
  }
  return {
    read(value) {
      const update = fieldsOf(value);
      switch (update["sessionUpdate"]) {
        case "agent_message_chunk":
          return said(update);
        case "agent_thought_chunk":
          return thought();
        case "tool_call":
          return tool(update, true);
        case "tool_call_update":
          return tool(update, false);
        case "plan":
          return [...flush(), ...planProgress(update)];
        case "usage_update":
          return sessionCost(update);
        default:
          return [];
      }
    },
    flush,
    turns: () => turns,
  };
}

function callOf(update: Fields, known: Call | undefined): Call {
  const kind = textOf(update["kind"]) ?? known?.kind ?? null;
  const title = textOf(update["title"]);
  const paths = pathsOf(update);
  return {
    name: kind ?? known?.name ?? "tool",
    detail: title === null ? (known?.detail ?? "") : singleLine(title),
    kind,
    paths: paths.length > 0 ? paths : (known?.paths ?? []),
  };
}

function toolEvent(call: Call, state: ToolState): AgentEvent {
  return { type: "tool", name: call.name, detail: call.detail, state };
}

function filesOf(call: Call): AgentEvent[] {
  const writes = call.kind === "edit" || call.kind === "delete" || call.kind === "move";
  return writes ? call.paths.map((path) => ({ type: "file", path: singleLine(path, 1_000) })) : [];
}

function planProgress(update: Fields): AgentEvent[] {
  const entries = listOf(update["entries"]).map(fieldsOf);
  if (entries.length === 0) return [];
  const done = entries.filter(({ status }) => status === "completed").length;
  const current = entries.find(({ status }) => status === "in_progress") ?? entries.at(done) ?? entries.at(-1);
  const message = singleLine(textOf(current?.["content"]) ?? "");
  return [{ type: "progress", percent: Math.round((100 * done) / entries.length), message }];
}

/**
 * `used` and `size` are of the model's context, not what was paid for; only the cost counts up over the session. Nothing is what
 * agents tell who do not know a model's price, or were cancelled: unknown is not free.
 */
function sessionCost(update: Fields): AgentEvent[] {
  const { amount, currency } = fieldsOf(update["cost"]);
  const cost = amountOf(amount);
  if (cost === null || cost === 0) return [];
  return [{ type: "usage", usage: { ...noUsage, cost, currency: textOf(currency) ?? "USD" }, basis: "session" }];
}
