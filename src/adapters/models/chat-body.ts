import type { Protocol } from "./endpoint.ts";
import type { Question } from "./asker.ts";

/**
 * How the form of an answer is asked for, the surest first: the endpoint holds the model to the schema, to JSON, or to
 * nothing, and the question alone says it.
 */
export const modes = ["json_schema", "json_object", "text"] as const;
export type Mode = (typeof modes)[number];

/** What an endpoint was found to put up with. */
export interface Manner {
  readonly mode: Mode;
  /** The longest answer may be said, as long as it was asked for. */
  readonly saysLimit: boolean;
}

export const firstManner: Manner = { mode: "json_schema", saysLimit: true };

/** Every model of Anthropic's gives as many; there a limit has to be said. */
const leastTokens = 8_000;

export function chatBody(protocol: Protocol, question: Question, how: Manner & { readonly model: string }): string {
  return JSON.stringify(protocol === "openai" ? openaiBody(question, how) : anthropicBody(question, how));
}

function openaiBody({ system, turns, form, maxTokens }: Question, how: Manner & { readonly model: string }): object {
  const messages = [{ role: "system", text: system }, ...turns].map(({ role, text }) => ({ role, content: text }));
  return { model: how.model, messages, ...(how.saysLimit ? { max_tokens: maxTokens } : {}), ...formOf(form, how.mode) };
}

function formOf({ name, schema }: Question["form"], mode: Mode): object {
  switch (mode) {
    case "json_schema":
      return { response_format: { type: "json_schema", json_schema: { name, schema, strict: true } } };
    case "json_object":
      return { response_format: { type: "json_object" } };
    case "text":
      return {};
  }
}

/** There the schema is that of a tool which has to be used; JSON without a schema cannot be asked for. */
function anthropicBody(
  { system, turns, form, maxTokens: asked }: Question,
  { mode, saysLimit, model }: Manner & { readonly model: string },
): object {
  const messages = turns.map(({ role, text }) => ({ role, content: text }));
  const tool = { name: form.name, description: "Takes the answer.", input_schema: form.schema };
  const forced = { tools: [tool], tool_choice: { type: "tool", name: form.name } };
  const max_tokens = saysLimit ? asked : leastTokens;
  return { model, max_tokens, system, messages, ...(mode === "json_schema" ? forced : {}) };
}

/** What to try where a request was not understood; null: there is nothing left to leave out. */
export function plainer(manner: Manner, protocol: Protocol, complaint: string): Manner | null {
  if (manner.saysLimit && /max_(?:completion_)?tokens/i.test(complaint)) return { ...manner, saysLimit: false };
  switch (manner.mode) {
    case "json_schema":
      return { ...manner, mode: protocol === "openai" ? "json_object" : "text" };
    case "json_object":
      return { ...manner, mode: "text" };
    case "text":
      return null;
  }
}
