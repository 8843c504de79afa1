import type { DriverName } from "../../src/domain/agent.ts";
import { byHand } from "./by-hand.ts";
import { cliOf, versionOf } from "./clis.ts";

/** One row of the table: a driver with the program it is tried with. */
export interface Entry {
  readonly name: string;
  readonly driver: DriverName;
  /** Folder of its program among the installed ones; null: it needs none. */
  readonly cli: string | null;
  /** Behind the program. */
  readonly args: readonly string[];
  readonly model: string | null;
  /** Behind the address of the scripted model; null: its endpoint is told by `env`. */
  readonly endpoint: string | null;
  /** Set where the run is submitted from, and named in `env:` of its configuration. */
  env(url: string): Readonly<Record<string, string>>;
  /** Has a tool that runs commands. */
  readonly hasShell: boolean;
  /** Sessions can be gone on with. */
  readonly resumes: boolean;
  /** It can be told something while it works. */
  readonly converses: boolean;
}

const withTools = { hasShell: true, resumes: true, converses: false, args: [] } as const;

export const roster: readonly Entry[] = [
  {
    ...withTools,
    name: "claude",
    converses: true,
    driver: "claude",
    cli: "claude",
    model: "claude-sonnet-4-5",
    endpoint: "",
    env: () => ({ ANTHROPIC_API_KEY: "test" }),
  },
  {
    ...withTools,
    name: "codex",
    driver: "codex",
    cli: "codex",
    model: "gpt-5",
    endpoint: "/v1",
    env: () => ({ OPENAI_API_KEY: "test" }),
  },
  {
    ...withTools,
    name: "gemini",
    driver: "gemini",
    cli: "gemini",
    model: "gemini-2.5-pro",
    endpoint: "",
    env: () => ({ GEMINI_API_KEY: "test" }),
    // Where an endpoint is configured its sessions are an attempt's own.
    resumes: false,
  },
  {
    ...withTools,
    name: "opencode",
    driver: "opencode",
    cli: "opencode",
    model: "m1",
    endpoint: "/v1",
    env: () => ({ OPENAI_API_KEY: "test" }),
    // Its sessions are in a database that is an attempt's own.
    resumes: false,
  },
  {
    ...withTools,
    name: "qwen",
    driver: "qwen",
    cli: "qwen",
    model: "m1",
    endpoint: "/v1",
    env: () => ({ OPENAI_API_KEY: "test" }),
  },
  {
    ...withTools,
    name: "pi",
    driver: "pi",
    cli: "pi",
    model: "m1",
    endpoint: "/v1",
    env: () => ({ OPENAI_API_KEY: "test" }),
  },
  {
    name: "aider",
    driver: "aider",
    cli: "aider",
    args: [],
    model: "m1",
    endpoint: "/v1",
    env: () => ({ OPENAI_API_KEY: "test" }),
    hasShell: false,
    resumes: false,
    converses: false,
  },
  {
    ...withTools,
    name: "acp (opencode)",
    converses: true,
    driver: "acp",
    cli: "opencode",
    args: ["acp"],
    model: null,
    endpoint: null,
    env: (url) => asking(byHand["opencode"]?.({ url, home: "", prompt: "" }).env ?? {}),
  },
  {
    ...withTools,
    name: "builtin",
    converses: true,
    driver: "builtin",
    cli: null,
    model: "m1",
    endpoint: "/v1",
    env: () => ({ OPENAI_API_KEY: "test" }),
  },
  {
    ...withTools,
    // Any program can be an agent: here one that also has a driver, without it.
    name: "command (claude)",
    driver: "command",
    cli: "claude",
    args: "-p --output-format stream-json --verbose --permission-mode acceptEdits --allowedTools Bash --model claude-sonnet-4-5".split(
      " ",
    ),
    model: null,
    endpoint: null,
    env: (url) => byHand["claude"]?.({ url, home: "", prompt: "" }).env ?? {},
    resumes: false,
  },
];

/** By itself it asks for no command. */
function asking(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const settings = JSON.parse(env["OPENCODE_CONFIG_CONTENT"] ?? "{}") as object;
  const permission = { edit: "allow", bash: "ask" };
  return { ...env, OPENCODE_CONFIG_CONTENT: JSON.stringify({ ...settings, permission }) };
}

/** Why a row cannot be tried here; null where it can. */
export function whyNot({ cli }: Entry): string | null {
  return cli === null || cliOf(cli) !== null ? null : `${cli} is not installed`;
}

/** Null where nothing was tried. */
export function versionTried({ cli }: Entry): string | null {
  if (cli === null) return "its own";
  return cliOf(cli) === null ? null : versionOf(cli);
}

/** Its entry below `agents:` in nightcrew.yaml. */
export function agentYaml(entry: Entry, url: string, limits: string, permissions = "allow"): string {
  const { driver, model, endpoint, args, cli } = entry;
  const program = cli === null ? [] : [cliOf(cli) ?? cli, ...args];
  // A command is told its task by a file, and this program reads it from stdin.
  const command = driver === "command" ? ["sh", "-c", '"$@" < "$NIGHTCREW_TASK_FILE"', "sh", ...program] : program;
  const lines = [
    `driver: ${driver}`,
    command.length === 0 ? null : `command: ${JSON.stringify(command)}`,
    model === null ? null : `model: ${model}`,
    endpoint === null ? null : `endpoint: ${url}${endpoint}`,
    `env: ${JSON.stringify(Object.keys(entry.env(url)))}`,
    endpoint === null ? `hosts: ["${new URL(url).host}"]` : null,
    `limits: {${limits}}`,
    permissions === "allow" ? null : `permissions: ${permissions}`,
  ];
  const shown = lines.filter((line) => line !== null).map((line) => `    ${line}\n`);
  return `  ${keyOf(entry)}:\n${shown.join("")}`;
}

/** Its name in nightcrew.yaml. */
export function keyOf({ name }: Entry): string {
  return name.replaceAll(/[^a-z0-9]+/g, "-").replace(/-$/, "");
}
