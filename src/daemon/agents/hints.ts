import type { DriverName } from "../../domain/agent.ts";

interface Hint {
  /** What installs it. */
  readonly install: string;
  /** What a person does to log in with it; null: it only knows keys. */
  readonly login: string | null;
}

const hints: Partial<Record<DriverName, Hint>> = {
  claude: { install: "npm install --global @anthropic-ai/claude-code", login: "claude, then /login" },
  codex: { install: "npm install --global @openai/codex", login: "codex login" },
  gemini: { install: "npm install --global @google/gemini-cli", login: "gemini" },
  opencode: { install: "npm install --global opencode-ai", login: "opencode auth login" },
  qwen: { install: "npm install --global @qwen-code/qwen-code", login: "qwen" },
  pi: { install: "npm install --global @mariozechner/pi-coding-agent", login: "pi, then /login" },
  aider: { install: "pipx install aider-chat", login: null },
};

export function installHint(driver: DriverName): string | null {
  return hints[driver]?.install ?? null;
}

export function loginHint(driver: DriverName): string | null {
  return hints[driver]?.login ?? null;
}
