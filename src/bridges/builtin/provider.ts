import { failed, type FinalEvent } from "../failure-cause.ts";

export type Protocol = "openai" | "anthropic";

/** Where a model is asked, and how. */
export interface Provider {
  readonly protocol: Protocol;
  /** Null: the protocol's own. */
  readonly baseUrl: string | null;
  readonly key: string;
  readonly model: string;
  /** Asks for the cost in the answer, which only this provider understands. */
  readonly isOpenRouter: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Keys that a provider is chosen by; what an agent's commands must not see. */
export const keyNames = [
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "OPENROUTER_API_KEY",
  "LITELLM_API_KEY",
  "LITELLM_MASTER_KEY",
] as const;

const openRouter = "https://openrouter.ai/api/v1";

/** Where nobody names a model: a middling one of the provider's, so that a key is enough to begin with. */
const usualModels = {
  openai: "gpt-6.1-sol",
  anthropic: "claude-sonnet-5-5",
  openRouter: "openai/gpt-6.1-sol",
} as const;

/** The provider that the environment has a key for; a final event where there is none, or no model is named. */
export function providerOf(
  env: Environment,
  { model, endpoint }: { readonly model: string | null; readonly endpoint: string | null },
): Provider | FinalEvent {
  const found = candidates(env, endpoint);
  const named = model ?? env["NIGHTCREW_MODEL"] ?? null;
  const isClaude = named !== null && /^claude/i.test(named);
  const chosen = (isClaude ? found.find(({ protocol }) => protocol === "anthropic") : undefined) ?? found[0];
  if (chosen === undefined) {
    return failed("unauthorized", `no key of a model provider is set: one of ${keyNames.slice(0, 4).join(", ")}`);
  }
  const baseUrl = endpoint ?? chosen.baseUrl;
  const isOpenRouter = baseUrl?.startsWith("https://openrouter.ai") === true;
  const theirs = env[chosen.protocol === "openai" ? "OPENAI_MODEL" : "ANTHROPIC_MODEL"] ?? "";
  // What a server of one's own has cannot be known.
  const usual = chosen.key === keyless ? "" : usualModels[isOpenRouter ? "openRouter" : chosen.protocol];
  const used = [named ?? "", theirs, usual].find((name) => name !== "");
  if (used === undefined) return failed("unknown-model", "no model is named: `model:` of the agent in nightcrew.yaml");
  return { ...chosen, baseUrl, model: used, isOpenRouter };
}

type Candidate = Pick<Provider, "protocol" | "baseUrl" | "key">;

function candidates(env: Environment, endpoint: string | null): readonly Candidate[] {
  const set = (name: string) => (env[name] === "" ? undefined : env[name]);
  const found: Candidate[] = [];
  const proxy = set("LITELLM_API_BASE");
  const proxyKey = set("LITELLM_API_KEY") ?? set("LITELLM_MASTER_KEY") ?? set("OPENAI_API_KEY");
  if (proxy !== undefined) found.push({ protocol: "openai", baseUrl: proxy, key: proxyKey ?? keyless });
  const openaiUrl = set("OPENAI_BASE_URL") ?? set("OPENAI_API_BASE");
  const openaiKey = set("OPENAI_API_KEY");
  if (openaiKey !== undefined || openaiUrl !== undefined) {
    found.push({ protocol: "openai", baseUrl: openaiUrl ?? null, key: openaiKey ?? keyless });
  }
  const routerKey = set("OPENROUTER_API_KEY");
  if (routerKey !== undefined) {
    found.push({ protocol: "openai", baseUrl: set("OPENROUTER_BASE_URL") ?? openRouter, key: routerKey });
  }
  const anthropicKey = set("ANTHROPIC_API_KEY");
  if (anthropicKey !== undefined) {
    found.push({ protocol: "anthropic", baseUrl: set("ANTHROPIC_BASE_URL") ?? null, key: anthropicKey });
  }
  // A server of one's own may want no key.
  if (found.length === 0 && endpoint !== null) found.push({ protocol: "openai", baseUrl: endpoint, key: keyless });
  return found;
}

/** The clients want one, whatever it is. */
const keyless = "none";
