import { noUsage, type Usage } from "./agent-event.ts";

/** What is known of neither stays unknown. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: sum(a.inputTokens, b.inputTokens),
    cachedTokens: sum(a.cachedTokens, b.cachedTokens),
    outputTokens: sum(a.outputTokens, b.outputTokens),
    cost: sum(a.cost, b.cost),
    currency: b.currency ?? a.currency,
    model: b.model ?? a.model,
  };
}

/** What was used since; where a total is smaller than before, it was counted anew. */
export function usageSince(total: Usage, before: Usage | null): Usage {
  const from = before ?? noUsage;
  return {
    inputTokens: since(total.inputTokens, from.inputTokens),
    cachedTokens: since(total.cachedTokens, from.cachedTokens),
    outputTokens: since(total.outputTokens, from.outputTokens),
    cost: since(total.cost, from.cost),
    currency: total.currency,
    model: total.model,
  };
}

function sum(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : Number(((a ?? 0) + (b ?? 0)).toFixed(8));
}

function since(total: number | null, before: number | null): number | null {
  if (total === null || before === null || total < before) return total;
  return Number((total - before).toFixed(8));
}
