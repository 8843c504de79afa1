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
