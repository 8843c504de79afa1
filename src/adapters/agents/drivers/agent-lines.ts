import type { AgentEvent, FinalCause, ToolState, UsageBasis } from "../../../domain/agent-event.ts";
import { singleLine } from "../../../std/text.ts";
import type { Reader } from "../driver.ts";
import { amountAt, fieldsOn, lineAt, textAt, type Fields } from "./fields.ts";
import { epochMs, failed, httpStatus, message, session, used } from "./said.ts";

const maxLine = 64 * 1024;

/**
 * Reads the lines a command writes for us: JSON objects of a known `type` (docs/reference/agent-lines.md). Everything
 * else is only log.
 */
export function agentLinesReader(): Reader {
  return {
    objectsOnly: true,
    newsOf,
    line: (text, cut) => {
      const fields = text.length > maxLine ? null : fieldsOn(text, cut);
      return fields === null ? [] : readFields(fields);
    },
    errorLine: () => [],
    ended: () => [],
  };
}

/** What a person says, as a program reads it that speaks these lines. */
export function messageLine({ id, text }: { readonly id: string; readonly text: string }): string {
  return JSON.stringify({ type: "message", id, text });
}

const news = [
  { kind: "message", starts: ['{"type":"message"', '{"type": "message"'] },
  { kind: "progress", starts: ['{"type":"progress"', '{"type": "progress"'] },
] as const;

/** By its first field: of another type it can be only by naming the field again, with or without escapes in the name. */
function newsOf(line: string): "message" | "progress" | null {
  for (const { kind, starts } of news) {
    const start = starts.find((words) => line.startsWith(words));
    if (start === undefined) continue;
    return line.includes('"type"', start.length) || line.includes("\\u00", start.length) ? null : kind;
  }
  return null;
}

function readFields(fields: Fields): readonly AgentEvent[] {
  const type = textAt(fields, "type") ?? "";
  return Object.hasOwn(kinds, type) ? (kinds[type]?.(fields) ?? []) : [];
}

const kinds: Readonly<Record<string, (fields: Fields) => readonly AgentEvent[]>> = {
  progress: (fields) => [{ type: "progress", percent: percentOf(fields), message: lineAt(fields, "message") ?? "" }],
  message: (fields) => message(textAt(fields, "text") ?? textAt(fields, "message")),
  usage: readUsage,
  told: (fields) => {
    const id = lineAt(fields, "id", 100) ?? "";
    return id === "" ? [] : [{ type: "told", id }];
  },
  session: (fields) => session(textAt(fields, "id")),
  turn: () => [{ type: "turn" }],
  tool: (fields) => [
    {
      type: "tool",
      name: lineAt(fields, "name", 80) ?? "tool",
      detail: lineAt(fields, "detail") ?? "",
      state: oneOf(toolStates, textAt(fields, "state")) ?? "started",
    },
  ],
  file: (fields) => {
    const path = textAt(fields, "path") ?? "";
    return path === "" || path.length > 4_096 ? [] : [{ type: "file", path }];
  },
  permission: (fields) => [
    {
      type: "permission",
      asked: lineAt(fields, "asked", 500) ?? "",
      answer: oneOf(answers, textAt(fields, "answer")) ?? "waiting",
    },
  ],
  retry: (fields) => [
    { type: "retry", status: httpStatus(amountAt(fields, "status")), message: lineAt(fields, "message", 500) ?? "" },
  ],
  limit: (fields) => [
    {
      type: "limit",
      resetsAt: resetOf(fields),
      message: lineAt(fields, "message", 500) ?? "",
    },
  ],
  final: readFinal,
};

const toolStates: readonly ToolState[] = ["started", "done", "failed"];
const answers = ["granted", "denied", "waiting"] as const;
const bases: readonly UsageBasis[] = ["delta", "attempt", "session"];
const causes: readonly FinalCause[] = [
  "unauthorized",
  "limited",
  "endpoint",
  "unknown-model",
  "turn-limit",
  "budget",
  "refused",
  "cancelled",
  "other",
];

function oneOf<T extends string>(known: readonly T[], word: string | null): T | null {
  return known.find((name) => name === word) ?? null;
}

function percentOf(fields: Fields): number | null {
  const percent = fields["percent"];
  return typeof percent === "number" && Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : null;
}

/** Amounts are those since the line before, where no other basis is named. */
function readUsage(fields: Fields): readonly AgentEvent[] {
  const currency = textAt(fields, "currency");
  return used(oneOf(bases, textAt(fields, "basis")) ?? "delta", {
    inputTokens: amountAt(fields, "input_tokens"),
    cachedTokens: amountAt(fields, "cached_tokens"),
    outputTokens: amountAt(fields, "output_tokens"),
    cost: amountAt(fields, "cost"),
    currency: currency === null ? null : singleLine(currency, 8),
    model: lineAt(fields, "model", 100),
  });
}

/** Seconds or milliseconds since the epoch, or a date with a time zone. */
function resetOf(fields: Fields): number | null {
  const text = textAt(fields, "resets_at");
  if (text === null) return epochMs(amountAt(fields, "resets_at"));
  const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  return isDate ? epochMs(Date.parse(text) || null) : null;
}

function readFinal(fields: Fields): readonly AgentEvent[] {
  if (fields["ok"] === true) return [{ type: "final", ok: true }];
  if (fields["ok"] !== false) return [];
  const cause = oneOf(causes, textAt(fields, "cause"));
  const events = failed({
    ...(cause === null ? {} : { cause }),
    status: amountAt(fields, "status"),
    message: textAt(fields, "message") ?? "",
  });
  // It has a line of its own for a limit.
  return events.filter(({ type }) => type === "final");
}
