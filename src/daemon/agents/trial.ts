import { mkdir, mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverJob } from "../../adapters/agents/driver.ts";
import { childEnvironment } from "../../adapters/agents/environment.ts";
import { inmatePolicy, sandboxOf } from "../../adapters/sandbox/inmate.ts";
import { removeTree } from "../../adapters/files/remove-tree.ts";
import { noSandbox } from "../../adapters/sandbox/sandbox.ts";
import type { Agent } from "../../domain/agent.ts";
import type { Environment } from "../../domain/environment.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { driverFor } from "../submission/roster.ts";
import { askProgram, type Asked } from "./ask-program.ts";

/** For everything that only tells of itself. */
export const answerWithinMs = 10_000;

export interface TrialOptions {
  readonly agent: Agent;
  readonly settings: Environment;
  /** NIGHTCREW_HOME. */
  readonly crewHome: string;
  readonly rules: SandboxRules;
  /** Object folders that its work tree would borrow from. */
  readonly objects: readonly string[];
  readonly signal: AbortSignal;
}

export interface AskOptions {
  /** Outside of any sandbox, with an empty HOME. */
  readonly outside?: boolean;
  /** With the network that a run would give it; else with none. */
  readonly network?: boolean;
}

/** Starts an agent's program for what it tells of itself: without keys, without a login, in an empty folder. */
export interface Trial {
  ask(argv: readonly string[], options?: AskOptions): Promise<Asked>;
}

/** What is in the folder is gone when `use` is over. */
export async function withTrial<T>(options: TrialOptions, use: (trial: Trial) => Promise<T>): Promise<T> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "nightcrew-agent-")));
  try {
    for (const name of ["tree", "scratch", "home"]) await mkdir(join(root, name), { mode: 0o700 });
    return await use({ ask: (argv, how = {}) => ask(argv, how, { ...options, root }) });
  } finally {
    await removeTree(root);
  }
}

async function ask(
  argv: readonly string[],
  { outside = false, network = false }: AskOptions,
  { agent, settings, crewHome, rules, objects, signal, root }: TrialOptions & { readonly root: string },
): Promise<Asked> {
  const at = (name: string): string => join(root, name);
  const bare = outside || rules.name === "none";
  const env = environmentOf(agent, bare ? withHome(settings, at("home")) : settings, root);
  const policy = inmatePolicy(
    { folder: at("sandbox"), crewHome, tree: at("tree"), agentGit: null, objects },
    {
      command: agent.command,
      env,
      rules: network ? rules : { ...rules, hosts: [] },
      hosts: network ? agent.hosts : [],
      writable: [at("scratch")],
      readable: [],
      credentials: [],
      keptHome: null,
    },
  );
  const sandbox = bare ? noSandbox : await sandboxOf(rules, env["PATH"] ?? "");
  return askProgram({ argv, env, cwd: at("tree"), sandbox, policy, timeoutMs: answerWithinMs, signal });
}

/** As in a run, where its driver switches off what phones home; but without its keys. */
function environmentOf(agent: Agent, settings: Environment, root: string): NodeJS.ProcessEnv {
  const env = childEnvironment(settings, [], {});
  const driver = driverFor(agent.driver);
  return driver.probe === null ? env : { ...env, ...driver.launch(jobOf(agent, root)).env };
}

function jobOf(agent: Agent, root: string): DriverJob {
  return {
    prompt: "",
    promptFile: join(root, "TASK.md"),
    workspace: join(root, "tree"),
    scratch: join(root, "scratch"),
    command: agent.command,
    args: agent.args,
    model: agent.model,
    endpoint: agent.endpoint,
    maxTurns: null,
    maxCostUsd: null,
    permissions: agent.permissions,
    converses: false,
    resume: null,
    sandboxed: true,
    environment: {},
  };
}

/** Where programs that stand for others look them up, by default relative to HOME. */
const toolHomes: Readonly<Record<string, string>> = {
  ASDF_DATA_DIR: ".asdf",
  MISE_DATA_DIR: ".local/share/mise",
  MISE_CONFIG_DIR: ".config/mise",
  NVM_DIR: ".nvm",
  PYENV_ROOT: ".pyenv",
  VOLTA_HOME: ".volta",
};

/** Some write into HOME even when they are only asked for their version. */
function withHome(settings: Environment, home: string): Environment {
  const kept = Object.entries(settings).filter(([name]) => !name.startsWith("XDG_"));
  const tools = Object.entries(toolHomes).map(([name, folder]) => [name, join(settings["HOME"] ?? home, folder)]);
  return { ...Object.fromEntries(tools), ...Object.fromEntries(kept), HOME: home };
}
