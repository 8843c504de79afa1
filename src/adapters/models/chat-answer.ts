import { noUsage } from "../../domain/agent-event.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { amountAt, asFields, fieldsAt, listAt, sumOf, textAt, without, type Fields } from "../agents/drivers/fields.ts";
import type { Said } from "./asker.ts";
import type { Protocol } from "./endpoint.ts";
import type { ModelReply } from "./transport.ts";

/** What a reply with status 200 says; null where it is nothing that an endpoint of this protocol would say. */
export function chatAnswer(protocol: Protocol, reply: ModelReply): Said | null {
  const body = bodyOf(reply);
  return protocol === "openai" ? openaiAnswer(body, reply) : anthropicAnswer(body);
}

function openaiAnswer(body: Fields, { headers }: ModelReply): Said | null {
  const choice = asFields(listAt(body, "choices")[0]);
  const message = fieldsAt(choice, "message");
  const text = contentText(message["content"]) || calledWith(message) || (textAt(message, "refusal") ?? "");
  if (Object.keys(message).length === 0) return null;
  const usage = fieldsAt(body, "usage");
  const cached = amountAt(fieldsAt(usage, "prompt_tokens_details"), "cached_tokens");
  return {
    text,
    cut: cutReasons.has((textAt(choice, "finish_reason") ?? "").toLowerCase()),
    usage: {
      ...noUsage,
      inputTokens: without(amountAt(usage, "prompt_tokens"), cached),
      cachedTokens: cached,
      outputTokens: amountAt(usage, "completion_tokens"),
      cost: headerAmount(headers["x-litellm-response-cost"]) ?? amountAt(usage, "cost"),
      model: textAt(body, "model"),
    },
  };
}

/** As servers behind this protocol say that the model's limit was reached. */
const cutReasons: ReadonlySet<string> = new Set(["length", "max_tokens", "max_output_tokens", "model_length"]);

/** Text, or parts of it. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part === "string" ? part : (textAt(asFields(part), "text") ?? ""))).join("");
}

/** Some models call something that nobody offered: what they call it with is their answer. */
function calledWith(message: Fields): string {
  const [call] = listAt(message, "tool_calls").map(asFields);
  const called = fieldsAt(call ?? message, call === undefined ? "function_call" : "function");
  return textAt(called, "arguments") ?? "";
}

function anthropicAnswer(body: Fields): Said | null {
  const blocks = listAt(body, "content").map(asFields);
  if (blocks.length === 0 && textAt(body, "stop_reason") === null) return null;
  const used = blocks.find((block) => textAt(block, "type") === "tool_use");
  const usage = fieldsAt(body, "usage");
  return {
    text:
      used === undefined
        ? blocks.map((block) => textAt(block, "text") ?? "").join("")
        : written(fieldsAt(used, "input")),
    cut: ["max_tokens", "model_context_window_exceeded"].includes(textAt(body, "stop_reason") ?? ""),
    usage: {
      ...noUsage,
      inputTokens: sumOf(amountAt(usage, "input_tokens"), amountAt(usage, "cache_creation_input_tokens")),
      cachedTokens: amountAt(usage, "cache_read_input_tokens"),
      outputTokens: amountAt(usage, "output_tokens"),
      model: textAt(body, "model"),
    },
  };
}

/** What is nested deeper than can be written down is no answer. */
function written(input: Fields): string {
  try {
    return JSON.stringify(input);
  } catch (error) {
    if (error instanceof RangeError) return "";
    throw error;
  }
}

function headerAmount(text: string | undefined): number | null {
  const amount = Number(text === undefined || text.trim() === "" ? Number.NaN : text);
  return Number.isFinite(amount) && amount >= 0 ? amount : null;
}

/** Some proxies answer that all is well, and with an error: the status that it has, or 500; 200 where there is none. */
export function hiddenStatus(reply: ModelReply): number {
  const body = bodyOf(reply);
  const [choice] = listAt(body, "choices").map(asFields);
  const error = [body, choice]
    .map((fields) => fieldsAt(fields ?? {}, "error"))
    .find((one) => Object.keys(one).length > 0);
  const hasText = contentText(fieldsAt(choice ?? {}, "message")["content"]) !== "";
  if (error === undefined || hasText || listAt(body, "content").length > 0) return 200;
  const code = Number(amountAt(error, "code") ?? textAt(error, "code") ?? Number.NaN);
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 500;
}

/** What an endpoint says is wrong: the message in its JSON, else the beginning of its text. */
export function complaintOf(reply: ModelReply): string {
  const body = bodyOf(reply);
  const error = body["error"];
  const [choice] = listAt(body, "choices").map(asFields);
  const inChoice = textAt(fieldsAt(choice ?? {}, "error"), "message");
  const said = typeof error === "string" ? error : (textAt(asFields(error), "message") ?? inChoice);
  return said ?? textAt(body, "message") ?? textAt(body, "detail") ?? reply.body.slice(0, 500);
}

function bodyOf({ body }: ModelReply): Fields {
  return parseJsonObject(body) ?? {};
}
