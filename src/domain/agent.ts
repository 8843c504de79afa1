/** Kinds of agents there is a driver for. */
export const driverNames = [
  "command",
  "claude",
  "codex",
  "gemini",
  "opencode",
  "qwen",
  "pi",
  "aider",
  "acp",
  "builtin",
] as const;
export type DriverName = (typeof driverNames)[number];

/** A roster entry, as a run keeps it: complete, with every default filled in. */
export interface Agent {
  readonly name: string;
  readonly driver: DriverName;
  /** Program and leading arguments; never empty. */
  readonly command: readonly string[];
  /** Arguments behind those that the driver gives. */
  readonly args: readonly string[];
  /** Null: whatever the agent takes by itself. */
  readonly model: string | null;
  /** Base URL of the model's endpoint; null: the agent's own. */
  readonly endpoint: string | null;
  /** Names of environment variables handed on besides the allow-list. */
  readonly env: readonly string[];
  readonly limits: AgentLimits;
  /** What it is good at, in the words of tasks' `capabilities`. Empty means anything. */
  readonly capabilities: readonly string[];
  /** Path patterns that it may change. Empty means all. */
  readonly files: readonly string[];
  /** Named leases that it holds while it works; absent: none. */
  readonly leases?: readonly string[];
  /** Attempts of it at once; null: as many as there are workers. */
  readonly maxConcurrent: number | null;
  /** Agents that take its work while it cannot, in this order. */
  readonly backups: readonly string[];
  /** The account whose quota it uses: agents of one provider wait together. */
  readonly provider: string;
  /** It can go on with a session that was stopped. */
  readonly resumes: boolean;
  /** It can be told something while it works; absent in runs of an earlier version: it cannot. */
  readonly converses?: boolean;
  readonly cost: AgentCost;
  /** Hosts it may reach, besides those that its driver needs. */
  readonly hosts: readonly string[];
  /** What comes of what it would ask a person for; `ask`: what a person answers in time, else no. */
  readonly permissions: Permissions;
}

export type Permissions = "allow" | "deny" | "ask";

/** What its work costs, as far as the configuration says so. USD. */
export interface AgentCost {
  /** For one attempt, whatever it uses. */
  readonly perAttempt: number | null;
  /** Instead of the price table's. */
  readonly perMillion: TokenPrice | null;
}

/** USD for a million tokens. */
export interface TokenPrice {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
}

/** Times in milliseconds. */
export interface AgentLimits {
  readonly firstOutputMs: number;
  readonly silenceMs: number;
  readonly totalMs: number;
  /** Answers of the model, as far as the agent tells of them; null: not limited. */
  readonly turns: number | null;
  /** Times that it may do the very same thing in a row. */
  readonly repeats: number;
}
