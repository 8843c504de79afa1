import type { DriverName } from "../../../domain/agent.ts";
import { driverNames } from "../../../domain/agent.ts";
import type { Driver } from "../driver.ts";
import { acp } from "./acp.ts";
import { aider } from "./aider.ts";
import { builtin } from "./builtin.ts";
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import { command } from "./command.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";
import { pi } from "./pi.ts";
import { qwen } from "./qwen.ts";

/** Programs of ours that stand between us and an agent: program and leading arguments. */
export interface Bridges {
  readonly acp: readonly string[];
  readonly builtin: readonly string[];
}

/** The driver of a kind of agents. */
export function driverOf(name: DriverName, bridges: Bridges): Driver {
  switch (name) {
    case "command":
      return command;
    case "claude":
      return claude;
    case "codex":
      return codex;
    case "gemini":
      return gemini;
    case "opencode":
      return opencode;
    case "qwen":
      return qwen;
    case "pi":
      return pi;
    case "aider":
      return aider;
    case "acp":
      return acp(bridges.acp);
    case "builtin":
      return builtin(bridges.builtin);
  }
}

/** All of them, in the order they are shown in. */
export function drivers(bridges: Bridges): readonly Driver[] {
  return driverNames.map((name) => driverOf(name, bridges));
}
