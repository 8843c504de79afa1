import { noUsage, type Usage } from "../../domain/agent-event.ts";
import { amountOf, fieldsOf, textOf } from "../untrusted.ts";

/**
 * What one request used, from the body of its answer, by either protocol. The cost is what a LiteLLM proxy tells in a header
 * or OpenRouter in the body, in US dollars; never a guess.
 */
export function usageOf(body: unknown, costHeader: string | null): Usage {
  const answer = fieldsOf(body);
  const usage = fieldsOf(answer["usage"]);
  const told = costHeader === null || costHeader.trim() === "" ? null : amountOf(Number(costHeader));
  const cost = told ?? amountOf(usage["cost"]);
  return {
    ...noUsage,
    ...(usage["prompt_tokens"] === undefined ? anthropicTokens(usage) : openaiTokens(usage)),
    cost,
    currency: cost === null ? null : "USD",
    model: textOf(answer["model"]),
  };
}

/** Tokens read from the cache are among the prompt's. */
function openaiTokens(usage: Readonly<Record<string, unknown>>) {
  const prompt = amountOf(usage["prompt_tokens"]);
  const cached = amountOf(fieldsOf(usage["prompt_tokens_details"])["cached_tokens"]);
  return {
    inputTokens: prompt === null ? null : Math.max(0, prompt - (cached ?? 0)),
    cachedTokens: cached,
    outputTokens: amountOf(usage["completion_tokens"]),
  };
}

/** Tokens read from the cache, and those written to it, stand beside the input's. */
function anthropicTokens(usage: Readonly<Record<string, unknown>>) {
  const input = amountOf(usage["input_tokens"]);
  return {
    inputTokens: input === null ? null : input + (amountOf(usage["cache_creation_input_tokens"]) ?? 0),
    cachedTokens: amountOf(usage["cache_read_input_tokens"]),
    outputTokens: amountOf(usage["output_tokens"]),
  };
}
