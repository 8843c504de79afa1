import type { AgentEvent, Usage, UsageBasis } from "../../../domain/agent-event.ts";
import type { Reader } from "../driver.ts";
import { amountAt, asFields, fieldsAt, fieldsOn, isTrue, lineAt, listAt, sumOf, textAt, without } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { epochMs, errorText, failed, limit, message, retry, session, toolDetail, used } from "./said.ts";
import { answersSeen, toolsInUse, type Answers, type Tools } from "./tools.ts";

/** How the agents that write Claude Code's stream of JSON lines differ. */
export interface Dialect {
  /** What the final event's tokens count. */
  readonly tokens: UsageBasis;
  /** What its cost counts; null: it tells none. */
  readonly cost: UsageBasis | null;
  /** Its input tokens have those read from the cache in them. */
  readonly inputHoldsCached: boolean;
  /** All lines of one answer have its id; else an answer ends with the result of a tool. */
  readonly answersHaveIds: boolean;
  /** What a line of stderr tells; null for nothing. */
  readonly errorLine: (text: string) => ErrorLine | null;
}

/** `now`: what it tells at once. `end`: what it means where the program ends without a final event. */
export interface ErrorLine {
  readonly now: readonly AgentEvent[];
  readonly end: readonly AgentEvent[];
}

interface State {
  readonly dialect: Dialect;
  readonly tools: Tools;
  readonly answers: Answers;
  model: string | null;
  answer: string | null;
  /** Tokens of the answers before, and of the one that is coming. */
  spent: Tokens;
  current: Tokens;
  /** By the final events before: there is one for each time that it had nothing left to do. */
  finished: Tokens;
  toldLimit: boolean;
  sawFinal: boolean;
  told: readonly AgentEvent[];
}

type Tokens = Pick<Usage, "inputTokens" | "cachedTokens" | "outputTokens">;

const noTokens: Tokens = { inputTokens: null, cachedTokens: null, outputTokens: null };

/** Reads Claude Code's `stream-json`. */
export function claudeReader(dialect: Dialect): Reader {
  const state: State = {
    dialect,
    tools: toolsInUse(),
    answers: answersSeen(),
    model: null,
    answer: null,
    spent: noTokens,
    current: noTokens,
    finished: noTokens,
    toldLimit: false,
    sawFinal: false,
    told: [],
  };
  return {
    line(text, cut) {
      const event = fieldsOn(text, cut);
      return event === null ? [] : readEvent(state, event);
    },
    errorLine(text) {
      const told = dialect.errorLine(text);
      if (told === null) return [];
      state.told = told.end;
      return told.now;
    },
    ended: () => (state.sawFinal ? [] : state.told),
  };
}

function readEvent(state: State, event: Fields): readonly AgentEvent[] {
  switch (textAt(event, "type")) {
    case "system":
      return readSystem(state, event);
    case "assistant":
      return readAnswer(state, event);
    case "user":
      return isTrue(event, "isReplay") ? told(textAt(event, "uuid")) : readResults(state, event);
    // Sooner than the replay of it, which waits for the model's answer.
    case "command_lifecycle":
      return textAt(event, "state") === "started" ? told(textAt(event, "command_uuid")) : [];
    case "rate_limit_event":
      return readLimit(state, fieldsAt(event, "rate_limit_info"));
    case "result":
      return readFinal(state, event);
    default:
      return [];
  }
}

/** What it was given at its start has no id, or one of its own making. */
function told(id: string | null): readonly AgentEvent[] {
  return id !== null && /^[0-9a-f]{8,32}$/.test(id) ? [{ type: "told", id }] : [];
}

function readSystem(state: State, event: Fields): readonly AgentEvent[] {
  const subtype = textAt(event, "subtype");
  if (subtype === "init") {
    state.model = lineAt(event, "model", 100);
    return session(textAt(event, "session_id"));
  }
  if (subtype !== "api_retry") return [];
  return [retry(amountAt(event, "error_status"), errorText(event["error"]) || errorText(event["error_message"]))];
}

/** One line for each block of an answer. What the program itself says is none, and comes again in the end. */
function readAnswer(state: State, event: Fields): readonly AgentEvent[] {
  const answer = fieldsAt(event, "message");
  const blocks = listAt(answer, "content").map(asFields);
  const isError = textAt(blocks[0] ?? {}, "text")?.startsWith("[API Error: ") === true;
  if (isError || textAt(answer, "model") === "<synthetic>") return [];
  const ofSubagent = textAt(event, "parent_tool_use_id") !== null;
  return [...readTurn(state, answer), ...blocks.flatMap((block) => readBlock(state, block, ofSubagent))];
}

/** Tokens as they are known so far: the final event has them all, but an agent that is ended writes none. */
function readTurn(state: State, answer: Fields): readonly AgentEvent[] {
  if (!state.dialect.answersHaveIds) return state.answers.part();
  const id = textAt(answer, "id");
  const isSame = id !== null && id === state.answer;
  state.answer = id;
  if (!isSame) state.spent = added(state.spent, state.current);
  state.current = tokensIn(state.dialect, fieldsAt(answer, "usage"));
  if (isSame) return [];
  return [{ type: "turn" }, ...used("attempt", { ...added(state.spent, state.current), model: state.model })];
}

function added(one: Tokens, other: Tokens): Tokens {
  return {
    inputTokens: sumOf(one.inputTokens, other.inputTokens),
    cachedTokens: sumOf(one.cachedTokens, other.cachedTokens),
    outputTokens: sumOf(one.outputTokens, other.outputTokens),
  };
}

function tokensIn(dialect: Dialect, usage: Fields): Tokens {
  const cachedTokens = amountAt(usage, "cache_read_input_tokens");
  const input = amountAt(usage, "input_tokens");
  return {
    inputTokens: dialect.inputHoldsCached
      ? without(input, cachedTokens)
      : sumOf(input, amountAt(usage, "cache_creation_input_tokens")),
    cachedTokens,
    outputTokens: amountAt(usage, "output_tokens"),
  };
}

function readBlock(state: State, block: Fields, ofSubagent: boolean): readonly AgentEvent[] {
  const type = textAt(block, "type");
  if (type === "text") return ofSubagent ? [] : message(textAt(block, "text"));
  if (type !== "tool_use") return [];
  return state.tools.began(textAt(block, "id"), textAt(block, "name") ?? "tool", fieldsAt(block, "input"));
}

function readResults(state: State, event: Fields): readonly AgentEvent[] {
  state.answers.result();
  return listAt(fieldsAt(event, "message"), "content")
    .map(asFields)
    .filter((block) => textAt(block, "type") === "tool_result")
    .flatMap((block) => state.tools.ended(textAt(block, "tool_use_id"), !isTrue(block, "is_error")));
}

/** Only of a subscription's limits it tells when they end. */
function readLimit(state: State, info: Fields): readonly AgentEvent[] {
  if (textAt(info, "status") !== "rejected") return [];
  state.toldLimit = true;
  const kind = lineAt(info, "rateLimitType", 80) ?? "usage";
  return [limit(`limit reached: ${kind}`, epochMs(amountAt(info, "resetsAt")))];
}

function readFinal(state: State, event: Fields): readonly AgentEvent[] {
  state.sawFinal = true;
  const outcome = readOutcome(event).filter(({ type }) => type !== "limit" || !state.toldLimit);
  return [...readDenials(event), ...readUsage(state, event), ...outcome];
}

function readDenials(event: Fields): readonly AgentEvent[] {
  return listAt(event, "permission_denials")
    .slice(0, 20)
    .map(asFields)
    .map((denial) => {
      const detail = toolDetail(fieldsAt(denial, "tool_input"));
      const asked = `${lineAt(denial, "tool_name", 80) ?? "tool"} ${detail}`.trim();
      return { type: "permission", asked, answer: "denied" };
    });
}

function readUsage(state: State, event: Fields): readonly AgentEvent[] {
  const { dialect, model } = state;
  const counted = tokensIn(dialect, fieldsAt(event, "usage"));
  state.finished = dialect.tokens === "attempt" ? added(state.finished, counted) : counted;
  const tokens = used(dialect.tokens, { ...state.finished, model });
  if (dialect.cost === null) return tokens;
  const cost = amountAt(event, "total_cost_usd");
  return [...tokens, ...used(dialect.cost, { cost, currency: cost === null ? null : "USD", model })];
}

/** `subtype` is `success` also where the endpoint refused: `is_error` tells. */
function readOutcome(event: Fields): readonly AgentEvent[] {
  const subtype = textAt(event, "subtype") ?? "";
  const ended = textAt(event, "terminal_reason") ?? "";
  const status = amountAt(event, "api_error_status");
  const text = whatItSays(event) || subtype || "it ended with an error";
  if (subtype === "error_max_turns" || ended === "max_turns") return failed({ cause: "turn-limit", message: text });
  if (subtype === "error_max_budget_usd" || ended === "budget_exhausted")
    return failed({ cause: "budget", message: text });
  if (ended.startsWith("aborted")) return failed({ cause: "cancelled", message: text });
  if (textAt(event, "stop_reason") === "refusal") return failed({ cause: "refused", message: text });
  if (subtype === "success" && !isTrue(event, "is_error")) return [{ type: "final", ok: true }];
  return failed({ status, message: text });
}

function whatItSays(event: Fields): string {
  const first = listAt(event, "errors")[0];
  return textAt(event, "result") || errorText(event["error"]) || errorText(first);
}
