import { isAbsolute, resolve } from "node:path";
import type { Driver } from "../../adapters/agents/driver.ts";
import { builtinKeys } from "../../adapters/agents/drivers/builtin.ts";
import { driverOf } from "../../adapters/agents/drivers/index.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { findProgram } from "../../adapters/process/find-program.ts";
import { driverNames, type Agent, type DriverName, type Permissions } from "../../domain/agent.ts";
import { endpointNames, type Environment } from "../../domain/environment.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { nearest } from "../../std/text.ts";

type AgentConfig = Config["agents"][string];

/** Where agents are looked for: as they will be when they are started. */
export interface Surroundings {
  readonly checkout: string;
  /** Settings of the terminal that asks. */
  readonly settings: Environment;
  /** Names of the variables that are set there, keys among them. */
  readonly variables: ReadonlySet<string>;
}

const minute = 60_000;
/** Generous: a limit is there so that nothing hangs for a night, not to hurry anybody. */
const defaultLimits = { firstOutputMs: 15 * minute, silenceMs: 20 * minute, totalMs: 120 * minute };
/** So many times the very same thing is no work any more. */
const defaultRepeats = 20;
/** A provider counts requests: more agents of one kind at once only wait for each other. */
const defaultConcurrent = 3;

/** The runner knows where they are; whoever only asks for facts needs no place. */
const nowhere = { acp: [], builtin: [] };

export function driverFor(name: DriverName): Driver {
  return driverOf(name, nowhere);
}

/** The agents that are configured; where there are none, those that are installed, or the built-in one where there is a key. */
export function rosterOf(config: Config, around: Surroundings): Agent[] {
  const agents = Object.entries(config.agents).map(([name, entry]) => agentOf(name, entry, around));
  refuseUnknownBackups(agents);
  return agents.length > 0 ? agents : foundAgents(around);
}

function foundAgents(around: Surroundings): Agent[] {
  const { checkout, settings, variables } = around;
  const installed = driverNames.filter((name) => {
    const { program, probe } = driverFor(name);
    return program !== null && probe !== null && findProgram(program, settings["PATH"] ?? "", checkout) !== null;
  });
  const hasKey = builtinKeys.some((key) => variables.has(key));
  const names = installed.length > 0 ? installed : hasKey ? (["builtin"] as const) : [];
  return names.map((name) => agentOf(name, noConfig, around));
}

/** The agent of a driver, as it is where nothing is configured; null for drivers that start no program of their own. */
export function plainAgent(name: string, checkout: string): Agent | null {
  const driver = driverNames.find((known) => known === name);
  if (driver === undefined || driverFor(driver).program === null) return null;
  return agentOf(driver, noConfig, { checkout, settings: {} });
}

const noConfig: AgentConfig = {
  args: [],
  env: [],
  limits: {},
  capabilities: [],
  files: [],
  backups: [],
  hosts: [],
  cost: {},
};

function agentOf(
  name: string,
  entry: AgentConfig,
  { checkout, settings }: Pick<Surroundings, "checkout" | "settings">,
): Agent {
  const driverName = entry.driver ?? driverNames.find((known) => known === name) ?? "command";
  const driver = driverFor(driverName);
  const [program, ...rest] = entry.command ?? (driver.program === null ? [] : [driver.program]);
  if (program === undefined && driverName !== "builtin") throw withoutCommand(name, driverName);
  const permissions = entry.permissions ?? "allow";
  if (!driver.traits.permissions.includes(permissions)) throw notPermittedSo(name, driverName, permissions);
  if (entry.converses !== undefined && driverName !== "command") throw notToldSo(name, driverName);
  const { limits, cost } = entry;
  return {
    name,
    driver: driverName,
    command: program === undefined ? [] : [absoluteProgram(program, checkout), ...rest],
    args: entry.args,
    model: entry.model ?? null,
    endpoint: entry.endpoint ?? null,
    env: [...new Set([...entry.env, ...(driver.probe?.keys ?? (driverName === "builtin" ? builtinKeys : []))])],
    limits: {
      firstOutputMs: limits.firstOutput ?? defaultLimits.firstOutputMs,
      silenceMs: limits.silence ?? defaultLimits.silenceMs,
      totalMs: limits.total ?? defaultLimits.totalMs,
      turns: limits.turns ?? null,
      repeats: limits.repeats ?? defaultRepeats,
    },
    capabilities: entry.capabilities,
    files: entry.files,
    ...(entry.leases === undefined ? {} : { leases: entry.leases }),
    maxConcurrent: entry.maxConcurrent ?? (driverName === "command" ? null : defaultConcurrent),
    backups: entry.backups,
    provider: entry.provider ?? driver.provider ?? name,
    resumes: driver.traits.resumes,
    converses: entry.converses ?? driver.traits.converses,
    cost: {
      perAttempt: cost.perAttempt ?? null,
      perMillion:
        cost.tokens === undefined ? null : { ...cost.tokens, cached: cost.tokens.cached ?? cost.tokens.input },
    },
    hosts: [...new Set([...driver.hosts, ...endpointHosts(driverName, entry, settings), ...entry.hosts])],
    permissions,
  };
}

/** The endpoint that is configured, and those that the environment names for whoever looks there. */
function endpointHosts(driver: DriverName, { endpoint }: AgentConfig, settings: Environment): string[] {
  const named = driver === "command" ? [] : endpointNames.map((name) => settings[name]);
  return [endpoint, ...named].flatMap((url) => (url === undefined || !URL.canParse(url) ? [] : [hostOf(new URL(url))]));
}

function hostOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === "" ? (protocol === "http:" ? "80" : "443") : port}`;
}

/** A program named by a path is the one in the checkout the run was submitted from, not what a workspace has in its place. */
function absoluteProgram(program: string, checkout: string): string {
  return program.includes("/") && !isAbsolute(program) ? resolve(checkout, program) : program;
}

function withoutCommand(name: string, driver: string): OperationalError {
  return new OperationalError({
    code: "agent-without-command",
    what: `Agent ${name} names no command`,
    why:
      driver === "command" && !driverNames.some((known) => known === name)
        ? `it names no driver either; there are ${driverNames.join(", ")}`
        : `driver ${driver} does not know which program to start`,
    next: `add \`command: [program, argument]\` to it in nightcrew.yaml`,
  });
}

function notPermittedSo(name: string, driver: DriverName, permissions: Permissions): OperationalError {
  const can = driverNames.filter((other) => driverFor(other).traits.permissions.includes(permissions));
  return new OperationalError({
    code: "permissions-by-driver",
    what: `Agent ${name} cannot be given \`permissions: ${permissions}\``,
    why: `an agent of driver ${driver} ${permissions === "ask" ? "asks nobody" : "cannot be held to it"}; those of drivers ${can.join(", ")} can`,
    next: `write \`permissions: ${driverFor(driver).traits.permissions.join("` or `")}\` in nightcrew.yaml, or another driver`,
  });
}

function notToldSo(name: string, driver: string): OperationalError {
  return new OperationalError({
    code: "converses-by-driver",
    what: `Agent ${name} cannot be given \`converses:\``,
    why: `whether an agent of driver ${driver} can be told something while it works is known of its driver`,
    next: "leave `converses:` out in nightcrew.yaml; it is for agents of driver command",
  });
}

function refuseUnknownBackups(agents: readonly Agent[]): void {
  const names = agents.map(({ name }) => name);
  for (const agent of agents) {
    const unknown = agent.backups.find((backup) => !names.includes(backup));
    if (unknown === undefined) continue;
    const near = nearest(unknown, names);
    throw new OperationalError({
      code: "unknown-agent",
      what: `Agent ${agent.name} names a backup that is not there: ${unknown}`,
      why: near.length > 0 ? `did you mean ${near.join(" or ")}?` : `configured: ${names.join(", ")}`,
      next: "correct `backups:` in nightcrew.yaml",
    });
  }
}
