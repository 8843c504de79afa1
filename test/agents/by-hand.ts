import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One agent's program started without us: the smallest command line that edits. Proves the rig, not the product. */
export interface ByHand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Place {
  readonly url: string;
  readonly home: string;
  readonly prompt: string;
}

function put(folder: string, name: string, content: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), JSON.stringify(content));
}

export const byHand: Readonly<Record<string, (place: Place) => ByHand>> = {
  claude: ({ url, prompt }) => ({
    args: `-p|${prompt}|--output-format|stream-json|--verbose|--permission-mode|acceptEdits|--model|claude-sonnet-4-5`.split(
      "|",
    ),
    env: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "test",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_MAX_RETRIES: "1",
      DISABLE_AUTOUPDATER: "1",
    },
  }),
  codex: ({ url, home, prompt }) => {
    mkdirSync(join(home, ".codex"), { recursive: true });
    const provider = `model_providers.mock={name="mock",base_url="${url}/v1",env_key="MOCK_KEY",wire_api="responses",request_max_retries=1,stream_max_retries=1,supports_websockets=false}`;
    const args = [
      "exec",
      "--json",
      "-s",
      "danger-full-access",
      "-m",
      "gpt-5",
      "--disable",
      "plugins",
      "--disable",
      "apps",
    ];
    const settings = ["model_provider=mock", provider, "analytics.enabled=false", "check_for_update_on_startup=false"];
    return {
      args: [...args, ...settings.flatMap((setting) => ["-c", setting]), prompt],
      env: { CODEX_HOME: join(home, ".codex"), MOCK_KEY: "test" },
    };
  },
  gemini: ({ url, home, prompt }) => {
    put(join(home, ".gemini"), "settings.json", {
      security: { auth: { selectedType: "gemini-api-key" } },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false },
      telemetry: { enabled: false },
    });
    return {
      args: ["-p", prompt, "-m", "gemini-2.5-pro", "--output-format", "stream-json", "--approval-mode", "auto_edit"],
      env: {
        GEMINI_API_KEY: "test",
        GOOGLE_GEMINI_BASE_URL: url,
        GEMINI_CLI_TRUST_WORKSPACE: "true",
        GEMINI_CLI_NO_RELAUNCH: "true",
        NO_COLOR: "1",
      },
    };
  },
  opencode: ({ url, prompt }) => ({
    args: ["run", "--format", "json", "--title", "t", prompt],
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        autoupdate: false,
        share: "disabled",
        model: "mock/m1",
        small_model: "mock/m1",
        provider: {
          mock: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${url}/v1`, apiKey: "test" },
            models: { m1: { name: "m1", tool_call: true, limit: { context: 128_000, output: 8_000 } } },
          },
        },
        enabled_providers: ["mock"],
        permission: { edit: "allow" },
      }),
    },
  }),
  qwen: ({ url, prompt }) => ({
    args: [prompt, "--auth-type", "openai", "-o", "stream-json", "--approval-mode", "auto-edit"],
    env: { OPENAI_API_KEY: "test", OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: "m1" },
  }),
  pi: ({ url, home, prompt }) => {
    const model = { id: "m1", name: "m1", reasoning: false, input: ["text"], contextWindow: 128_000, maxTokens: 8_000 };
    const cost = { input: 3, output: 15, cacheRead: 0, cacheWrite: 0 };
    put(join(home, ".pi"), "models.json", {
      providers: {
        mock: { baseUrl: `${url}/v1`, api: "openai-completions", apiKey: "MOCK_KEY", models: [{ ...model, cost }] },
      },
    });
    return {
      args: ["-p", "--mode", "json", "--provider", "mock", "--model", "m1", prompt],
      env: { PI_OFFLINE: "1", PI_TELEMETRY: "0", MOCK_KEY: "test", PI_CODING_AGENT_DIR: join(home, ".pi") },
    };
  },
  aider: ({ url, home, prompt }) => {
    mkdirSync(home, { recursive: true });
    const file = join(home, "prompt.txt");
    writeFileSync(file, prompt);
    const quiet = ["--no-analytics", "--no-check-update", "--no-show-model-warnings", "--no-auto-commits"];
    return {
      args: ["--message-file", file, "--yes-always", "--no-gitignore", "--no-stream", ...quiet, "--model", "openai/m1"],
      env: { OPENAI_API_KEY: "test", OPENAI_API_BASE: `${url}/v1` },
    };
  },
};
