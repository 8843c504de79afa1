import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Asking, Driver, DriverJob, Launch } from "../../adapters/agents/driver.ts";
import { childEnvironment } from "../../adapters/agents/environment.ts";
import { NoReply, type Transport } from "../../adapters/models/transport.ts";
import { inmatePolicy, sandboxOf } from "../../adapters/sandbox/inmate.ts";
import { removeTree } from "../../adapters/files/remove-tree.ts";
import { noSandbox } from "../../adapters/sandbox/sandbox.ts";
import type { Agent } from "../../domain/agent.ts";
import { pick, type Environment } from "../../domain/environment.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { askProgram } from "../agents/ask-program.ts";
import { askingFolder } from "./asking-folder.ts";

export interface AgentPlace {
  readonly agent: Agent;
  readonly driver: Driver & { readonly asking: Asking };
  readonly model: string | null;
  readonly settings: Environment;
  /** What it logs in by. */
  readonly keys: Environment;
  readonly rules: SandboxRules;
  /** NIGHTCREW_HOME. */
  readonly crewHome: string;
  readonly timeoutMs: number;
  /** Null where nothing caps it; not every program can be told. */
  readonly maxCostUsd: number | null;
}

/** Starts the agent's program for one answer, in an empty folder that is gone afterwards, with the network that a run gives it. */
export function agentTransport(place: AgentPlace): Transport {
  return {
    async send({ body }, signal) {
      const root = await askingFolder();
      try {
        const asked = await ask(body, place, { root, signal });
        if (asked.kind === "nothing") throw new NoReply(asked.detail);
        // Why it failed many say on stderr.
        const said = asked.code === 0 || asked.stdout.trim() !== "" ? asked.stdout : asked.output;
        return { status: asked.code === 0 ? 200 : 500, headers: {}, body: said };
      } finally {
        await removeTree(root);
      }
    },
  };
}

async function ask(
  prompt: string,
  place: AgentPlace,
  { root, signal }: { readonly root: string; readonly signal: AbortSignal },
): ReturnType<typeof askProgram> {
  const { agent, driver, rules, timeoutMs } = place;
  const job = askingJob(place, { root, prompt });
  const launch = driver.asking.launch(job);
  await writeAll(launch);
  const env = { ...job.environment, ...launch.env };
  const policy = inmatePolicy(
    { folder: join(root, "sandbox"), crewHome: place.crewHome, tree: job.workspace, agentGit: null, objects: [] },
    {
      command: agent.command,
      env,
      rules,
      hosts: agent.hosts,
      writable: [job.scratch],
      readable: [],
      credentials: driver.probe?.loginFiles ?? [],
      keptHome: null,
    },
  );
  const sandbox = rules.name === "none" ? noSandbox : await sandboxOf(rules, env["PATH"] ?? "");
  const stdin = launch.stdin ?? "";
  return askProgram({ argv: launch.argv, env, cwd: job.workspace, sandbox, policy, timeoutMs, stdin, signal });
}

/** Without a workspace: what it is asked is all there is. */
export function askingJob(
  { agent, model, settings, keys, rules, maxCostUsd }: Omit<AgentPlace, "driver" | "crewHome" | "timeoutMs">,
  { root, prompt }: { readonly root: string; readonly prompt: string },
): DriverJob {
  const environment = childEnvironment({ ...settings, ...keys }, Object.keys(keys), {});
  return {
    prompt,
    promptFile: join(root, "scratch", "TASK.md"),
    workspace: join(root, "tree"),
    scratch: join(root, "scratch"),
    command: agent.command,
    args: agent.args,
    model,
    endpoint: agent.endpoint,
    maxTurns: null,
    maxCostUsd,
    permissions: "deny",
    converses: false,
    resume: null,
    sandboxed: rules.name !== "none",
    environment: pick(environment, () => true),
  };
}

async function writeAll({ files }: Launch): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text, { mode: 0o600 });
  }
}
