import type { TokenPrice } from "./agent.ts";

/** Changes with the table, so that it can be told which prices a figure rests on. */
export const pricesVersion = "2026-11-20";

/** `name=input/cached input/output`. A model without a price for cached input pays the full one. */
interface Group {
  /** The day on which the facts were true, as far as their source says. */
  readonly taken: string;
  readonly source: string;
  readonly prices: string;
}

// List prices of the makers' own interfaces, without discounts for batches. Where a price depends on the hour, on a promotion
// or on a prompt length that agents often exceed, the higher one stands here: a cap must not be passed unseen. Prices for
// prompts beyond 200,000 tokens cannot be told from sums of tokens and are left out, and so is writing into a cache.
const groups: readonly Group[] = [
  {
    taken: "2026-10-24",
    // The table of the maker's page, and release notes of public cost meters that were checked against it on that day.
    source: "https://platform.claude.com/docs/en/about-claude/pricing",
    prices: `
      claude-fable-5-1=10/0.25/50 claude-mythos-5-1=10/0.25/50 claude-fable-5=10/1/50 claude-mythos-5=10/1/50
      claude-opus-5-5=4/0.2/20 claude-opus-5=5/0.5/25 claude-opus-4-8=5/0.5/25 claude-opus-4-7=5/0.5/25
      claude-opus-4-6=5/0.5/25 claude-opus-4-5=5/0.5/25 claude-opus-4-1=15/1.5/75 claude-opus-4-0=15/1.5/75
      claude-opus-4=15/1.5/75 claude-sonnet-5-5=2/0.1/10 claude-sonnet-5=2/0.2/10 claude-sonnet-4-6=3/0.3/15
      claude-sonnet-4-5=3/0.3/15 claude-sonnet-4-0=3/0.3/15 claude-sonnet-4=3/0.3/15 claude-3-7-sonnet=3/0.3/15
      claude-3-5-sonnet=3/0.3/15 claude-haiku-5-5=0.5/0.05/2.5 claude-haiku-4-5=1/0.1/5 claude-3-5-haiku=0.8/0.08/4
      claude-3-opus=15/1.5/75 claude-3-haiku=0.25/0.03/1.25`,
  },
  {
    taken: "2026-09-30",
    // As quoted from the maker's page in release notes of public cost meters, 2026-09-07 to 2026-09-30.
    source: "https://developers.openai.com/api/docs/pricing",
    prices: `
      gpt-6.1-sol=2/0.1/10 gpt-6-sol=2/0.2/10 gpt-6-luna=0.1/0.01/0.5 gpt-6-astra=10/1/50 gpt-5.6-sol=5/0.5/30 gpt-5.6=5/0.5/30
      gpt-5.6-terra=2/0.2/12 gpt-5.6-luna=0.2/0.02/1.2`,
  },
  {
    taken: "2026-07-02",
    source: "https://models.dev (provider openai), from https://developers.openai.com/api/docs/pricing",
    prices: `
      gpt-5.5=5/0.5/30 gpt-5.5-pro=30/30/180 gpt-5.4=2.5/0.25/15 gpt-5.4-mini=0.75/0.075/4.5 gpt-5.4-nano=0.2/0.02/1.25
      gpt-5.4-pro=30/30/180 gpt-5.3-codex=1.75/0.175/14 gpt-5.3-codex-spark=1.75/0.175/14 gpt-5.3-chat=1.75/0.175/14
      gpt-5.2=1.75/0.175/14 gpt-5.2-codex=1.75/0.175/14 gpt-5.2-chat=1.75/0.175/14 gpt-5.2-pro=21/21/168
      gpt-5.1=1.25/0.125/10 gpt-5.1-codex=1.25/0.125/10 gpt-5.1-codex-max=1.25/0.125/10 gpt-5.1-codex-mini=0.25/0.025/2
      gpt-5.1-chat=1.25/0.125/10 gpt-5=1.25/0.125/10 gpt-5-codex=1.25/0.125/10 gpt-5-chat=1.25/0.125/10
      gpt-5-mini=0.25/0.025/2 gpt-5-nano=0.05/0.005/0.4 gpt-5-pro=15/15/120 gpt-4.1=2/0.5/8 gpt-4.1-mini=0.4/0.1/1.6
      gpt-4.1-nano=0.1/0.025/0.4 gpt-4o=2.5/1.25/10 gpt-4o-mini=0.15/0.075/0.6 o1=15/7.5/60 o3=2/0.5/8 o3-mini=1.1/0.55/4.4
      o3-pro=20/20/80 o4-mini=1.1/0.275/4.4`,
  },
  {
    taken: "2026-07-21",
    // 3.6 to 3.8 Flash are sold at half of this for a time; the standard price stands here.
    source:
      "https://ai.google.dev/gemini-api/docs/pricing, as quoted in a public change of 2026-07-21 and by https://models.dev",
    prices: `
      gemini-3.8-flash=1.5/0.15/7.5 gemini-3.7-flash=1.5/0.15/7.5 gemini-3.6-flash=1.5/0.15/7.5 gemini-3.5-flash=1.5/0.15/9
      gemini-3.5-flash-lite=0.3/0.03/2.5 gemini-3.1-pro=2/0.2/12 gemini-3.1-flash-lite=0.25/0.025/1.5 gemini-3-pro=2/0.2/12
      gemini-3-flash=0.5/0.05/3 gemini-2.5-pro=1.25/0.125/10 gemini-2.5-flash=0.3/0.03/2.5 gemini-2.5-flash-lite=0.1/0.01/0.4
      gemini-2.0-flash=0.1/0.025/0.4 gemini-2.0-flash-lite=0.075/0.075/0.3`,
  },
  {
    taken: "2026-10-17",
    // Peak hours. The old names are served by the newer models at their prices.
    source: "https://api-docs.deepseek.com/quick_start/pricing",
    prices: `
      deepseek-flash=0.3/0.006/1.2 deepseek-v4-flash=0.3/0.006/1.2 deepseek-v4-pro=1.32/0.044/3.96 deepseek-chat=0.3/0.006/1.2
      deepseek-reasoner=0.3/0.006/1.2`,
  },
  {
    taken: "2026-07-02",
    source:
      "https://models.dev (provider alibaba, international), from https://www.alibabacloud.com/help/en/model-studio/models",
    prices: `
      qwen3.7-max=2.5/0.5/7.5 qwen3.7-plus=0.5/0.05/3 qwen3.6-max=1.3/0.13/7.8 qwen3.6-plus=0.5/0.05/3
      qwen3.6-flash=0.1875/0.1875/1.125 qwen3.5-plus=0.4/0.4/2.4 qwen3-max=1.2/1.2/6 qwen3-coder-plus=1/1/5
      qwen3-coder-flash=0.3/0.3/1.5 qwen3-coder-480b-a35b-instruct=1.5/1.5/7.5 qwen3-coder-30b-a3b-instruct=0.45/0.45/2.25
      qwen3-coder=1.5/1.5/7.5 qwen-max=1.6/1.6/6.4 qwen-plus=0.4/0.4/1.2 qwen-flash=0.05/0.05/0.4`,
  },
  {
    taken: "2026-07-02",
    source: "https://models.dev (providers moonshotai, zai, xai, mistral, minimax)",
    prices: `
      kimi-k2.7-code=0.95/0.19/4 kimi-k2.7-code-highspeed=1.9/0.38/8 kimi-k2.6=0.95/0.16/4 kimi-k2.5=0.6/0.1/3
      kimi-k2-thinking=0.6/0.15/2.5 kimi-k2-thinking-turbo=1.15/0.15/8 kimi-k2-turbo=2.4/0.6/10 kimi-k2=0.6/0.15/2.5
      glm-5.2=1.4/0.26/4.4 glm-5.1=1.4/0.26/4.4 glm-5-turbo=1.2/0.24/4 glm-5=1/0.2/3.2 glm-4.7=0.6/0.11/2.2
      glm-4.6=0.6/0.11/2.2 glm-4.5=0.6/0.11/2.2 glm-4.5-air=0.2/0.03/1.1 grok-4.3=1.25/0.2/2.5 grok-4.20=1.25/0.2/2.5
      grok-build-0.1=1/0.2/2 devstral=0.4/0.4/2 devstral-medium=0.4/0.4/2 devstral-small=0.1/0.1/0.3 codestral=0.3/0.3/0.9
      mistral-large=0.5/0.5/1.5 mistral-medium=1.5/1.5/7.5 mistral-small=0.15/0.15/0.6 minimax-m3=0.3/0.06/1.2
      minimax-m2.7=0.3/0.06/1.2 minimax-m2.7-highspeed=0.6/0.06/2.4 minimax-m2.5=0.3/0.03/1.2 minimax-m2=0.3/0.3/1.2`,
  },
  {
    taken: "2026-08-19",
    // GLM 5.3 as published on that day; Grok 4.5 and its successor 4.6 at the price of 2026-07-09.
    source:
      "https://docs.z.ai/guides/overview/pricing, https://docs.x.ai/docs/models, as quoted in public release notes",
    prices: "glm-5.3=1.4/1.4/4.4 grok-4.5=2/0.5/6 grok-4.6=2/0.5/6",
  },
];

/** Every price by the model's name in lower case, without its provider, date and `-latest`. */
export const prices: ReadonlyMap<string, TokenPrice> = new Map(
  groups.flatMap((group) => group.prices.trim().split(/\s+/).map(entry)),
);

function entry(text: string): [string, TokenPrice] {
  const [name = "", figures = ""] = text.split("=");
  const [input = Number.NaN, cached = Number.NaN, output = Number.NaN] = figures.split("/").map(Number);
  return [name, { input, cached, output }];
}
