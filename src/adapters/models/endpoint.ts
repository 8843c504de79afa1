import type { Environment } from "../../domain/environment.ts";
import { singleLine } from "../../std/text.ts";

export type Protocol = "openai" | "anthropic";

/** Where a model is asked. */
export interface Endpoint {
  readonly protocol: Protocol;
  /** As a person knows it: `api.openai.com`, or the variable or file that named it. */
  readonly name: string;
  readonly baseUrl: string;
  /** The variable that holds its key; null: it wants none. */
  readonly keyName: string | null;
  readonly model: string;
}

/** What the configuration, or whoever asks, says of it. */
export interface EndpointWish {
  readonly model?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly protocol?: Protocol | undefined;
  readonly apiKeyEnv?: string | undefined;
}

/** With its model, as it is shown. Both may come from anybody's configuration. */
export function endpointName({ model, name }: Pick<Endpoint, "model" | "name">): string {
  return singleLine(`${model} (${name})`);
}

/** Where nobody names a model: a middling one, so that a key is enough to begin with. */
const usualModels = {
  litellm: "claude-sonnet-4-6",
  openai: "gpt-6.1-sol",
  openrouter: "openai/gpt-6.1-sol",
  anthropic: "claude-sonnet-5-5",
} as const;

interface Found {
  readonly settings: Environment;
  /** Names of the variables that are set. */
  readonly variables: ReadonlySet<string>;
}

/** The endpoint that is configured, else the first that the environment names or has a key for; null where there is none. */
export function findEndpoint(wish: EndpointWish, found: Found): Endpoint | null {
  const { model } = wish;
  if (wish.endpoint !== undefined) {
    const { protocol = "openai", endpoint, apiKeyEnv = null } = wish;
    // A key goes only where the configuration says that it does.
    return {
      protocol,
      name: hostOf(endpoint),
      baseUrl: endpoint,
      keyName: apiKeyEnv,
      model: model ?? usualModels[protocol],
    };
  }
  const all = candidates(found);
  const isClaude = model !== undefined && /^claude/i.test(model) && all[0]?.name !== "LITELLM_API_BASE";
  const chosen = (isClaude ? all.find(({ protocol }) => protocol === "anthropic") : undefined) ?? all[0];
  if (chosen === undefined) return null;
  const keyName = wish.apiKeyEnv ?? chosen.keyName;
  return { ...chosen, keyName, model: model ?? chosen.model };
}

/** LiteLLM first: who has a proxy wants it used. */
function candidates({ settings, variables }: Found): Endpoint[] {
  const key = (...names: readonly string[]): string | null => names.find((name) => variables.has(name)) ?? null;
  const found: Endpoint[] = [];
  const litellm = setIn(settings, "LITELLM_API_BASE");
  if (litellm !== undefined) {
    const keyName = key("LITELLM_API_KEY", "LITELLM_MASTER_KEY");
    found.push({ protocol: "openai", name: "LITELLM_API_BASE", baseUrl: litellm, keyName, model: usualModels.litellm });
  }
  const openai = setIn(settings, "OPENAI_BASE_URL") ?? setIn(settings, "OPENAI_API_BASE");
  const openaiKey = key("OPENAI_API_KEY");
  if (openai !== undefined || openaiKey !== null) {
    const baseUrl = openai ?? "https://api.openai.com/v1";
    const model = setIn(settings, "OPENAI_MODEL") ?? usualModels.openai;
    found.push({ protocol: "openai", name: hostOf(baseUrl), baseUrl, keyName: openaiKey, model });
  }
  const routerKey = key("OPENROUTER_API_KEY");
  if (routerKey !== null) {
    const baseUrl = setIn(settings, "OPENROUTER_BASE_URL") ?? "https://openrouter.ai/api/v1";
    found.push({
      protocol: "openai",
      name: hostOf(baseUrl),
      baseUrl,
      keyName: routerKey,
      model: usualModels.openrouter,
    });
  }
  const anthropicKey = key("ANTHROPIC_API_KEY");
  if (anthropicKey !== null) {
    const baseUrl = setIn(settings, "ANTHROPIC_BASE_URL") ?? "https://api.anthropic.com";
    const model = setIn(settings, "ANTHROPIC_MODEL") ?? usualModels.anthropic;
    found.push({ protocol: "anthropic", name: hostOf(baseUrl), baseUrl, keyName: anthropicKey, model });
  }
  return found;
}

function setIn(settings: Environment, name: string): string | undefined {
  const value = settings[name]?.trim();
  return value === "" ? undefined : value;
}

/** Who logs in by it is nobody's business. */
function hostOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  return host === "" ? singleLine(url.slice(url.lastIndexOf("@") + 1), 100) : host;
}

/**
 * `https://host` is `https://host/v1`, as servers of this protocol have it; a path that is given is taken as it is, also one that
 * is whole by now. What stands behind a question mark stays there. Null for what is no address on the web.
 */
export function chatUrl({ protocol, baseUrl }: Endpoint): URL | null {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  const [path, end] = [url.pathname.replace(/\/+$/, ""), protocol === "anthropic" ? "/messages" : "/chat/completions"];
  const given = path.endsWith(end) ? path.slice(0, -end.length) : path;
  const base = protocol === "anthropic" ? `${given.replace(/\/v1$/, "")}/v1` : given === "" ? "/v1" : given;
  url.pathname = `${base}${end}`;
  return url;
}
