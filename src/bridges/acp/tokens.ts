import { noUsage, type AgentEvent } from "../../domain/agent-event.ts";
import { amountOf, fieldsOf, textOf, type Fields } from "../untrusted.ts";

/**
 * Tokens of one prompt, as its answer tells them; a member that is not in the stable protocol, and some agents put their
 * own beside it. None where they are missing or all zero, which agents send after a cancel.
 */
export function promptTokens(result: unknown, agentName: string | null): readonly AgentEvent[] {
  // It counts only the last of a prompt's requests: too little is worse than nothing. Its cost is told in updates.
  if (agentName !== null && /opencode/i.test(agentName)) return [];
  const answer = fieldsOf(result);
  const quota = fieldsOf(fieldsOf(fieldsOf(answer["_meta"])["quota"])["token_count"]);
  const counts = counted(fieldsOf(answer["usage"])) ?? counted(quota);
  if (counts === null) return [];
  return [{ type: "usage", usage: { ...noUsage, ...counts }, basis: "delta" }];
}

function counted(usage: Fields) {
  const [input, output] = [
    amountOf(usage["inputTokens"] ?? usage["input_tokens"]),
    amountOf(usage["outputTokens"] ?? usage["output_tokens"]),
  ];
  if ((input ?? 0) + (output ?? 0) === 0) return null;
  const cached = amountOf(usage["cachedReadTokens"]);
  const total = amountOf(usage["totalTokens"]);
  // Agents differ in whether cached tokens are among the input's: the total tells, where there is one.
  const holdsCached = cached !== null && input !== null && total === input + (output ?? 0) && cached <= input;
  // Tokens written to a cache were paid for as input.
  const written = holdsCached ? 0 : (amountOf(usage["cachedWriteTokens"]) ?? 0);
  return {
    inputTokens: input === null ? null : input + written - (holdsCached ? cached : 0),
    cachedTokens: cached,
    outputTokens: output,
    model: textOf(usage["model"]),
  };
}
