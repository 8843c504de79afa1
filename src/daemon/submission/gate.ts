import { installName } from "../../adapters/config/detect-node.ts";
import { keepsFolder, type Setup } from "../../domain/setup.ts";
import { detectGate, type DetectedCheck } from "../../adapters/config/detect-gate.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { knownTestRunner } from "../../domain/runner-command.ts";
import type { Validation } from "../../domain/run.ts";
import type { Agent } from "../../domain/agent.ts";
import type { Check, Gate } from "../../domain/verdict.ts";
import { findProgram } from "../../adapters/process/find-program.ts";
import type { Programs } from "./preflight.ts";
import { OperationalError } from "../../std/operational-error.ts";

const defaultTimeoutMs = 30 * 60_000;
const defaultReruns = 1;

export interface ChosenGate {
  /** Null: `--gate none`. */
  readonly gate: Gate | null;
  /** Where it came from, for people. */
  readonly from: string;
  readonly notes: readonly string[];
}

/** `--gate`, else the configuration, else what the project's files tell. Nothing starts without one of them. */
export async function chooseGate(
  asked: string | undefined,
  config: Config,
  { checkout, path, setup, roster }: GatePlace,
): Promise<ChosenGate> {
  if (asked === "none") return { gate: null, from: "--gate none", notes: [] };
  const verifies = askedGate(asked, config, roster);
  if (verifies !== null) return { gate: verifies, from: "--gate", notes: [] };
  if (asked !== undefined)
    return { gate: commandGate(asked, config), from: "--gate", notes: installNotes([{ run: asked }], setup) };
  if (config.gate?.checks !== undefined)
    return {
      gate: gateOf(config.gate.checks, config, roster),
      from: "nightcrew.yaml",
      notes: installNotes(config.gate.checks, setup),
    };
  const detected = await detectGate(checkout, (program) => findProgram(program, path, checkout) !== null);
  const checks = detected.checks.filter((check) => !isDoneBySetup(check, setup));
  if (checks.length > 0) {
    const from = [...new Set(checks.map(({ source }) => source))].join(", ");
    return { gate: gateOf(checks, config), from, notes: detected.notes };
  }
  throw new OperationalError({
    code: "no-gate",
    what: "No gate was found: nothing tells whether a change is good",
    why: [
      "looked for package.json scripts, pytest, unittest, go.mod, Cargo.toml, Maven, Gradle, .NET, Gemfile, composer.json, a Makefile's test",
      ...detected.notes,
    ].join("\n"),
    next: "name one: --gate 'CMD', or `gate:` in nightcrew.yaml; to land without any check: --gate none",
  });
}

/** Where agents that verify are looked for. */
export interface Roster {
  readonly agents: readonly Agent[];
  /** Null: nothing says which. */
  readonly defaultAgent: string | null;
}

export interface GatePlace extends Programs {
  readonly setup: Setup | undefined;
  readonly roster: Roster;
}

/** `agent` or `agent:NAME`; null: it is something else. */
export function askedGate(asked: string | undefined, config: Config, roster: Roster): Gate | null {
  const match = /^agent(?::(?<name>.*))?$/.exec(asked ?? "");
  if (match === null) return null;
  const { name } = match.groups ?? {};
  return gateOf([{ kind: "agent", ...(name === undefined ? {} : { agent: name }) }], config, roster);
}

/** One command, under the limits and the patience with flaky checks that the configuration has. */
export function commandGate(run: string, config: Config): Gate {
  return gateOf([{ run }], config);
}

/**
 * With manifests and lock files in its key (`chooseSetup`), a change of either is installed anew before the gate, in the
 * change's own tree: what the check would find out is found out there.
 */
function isDoneBySetup({ name, source }: DetectedCheck, setup: Setup | undefined): boolean {
  return (
    setup !== undefined && name === installName && setup.key.includes(source) && keepsFolder(setup, "node_modules")
  );
}

const installs = /\b(?:npm (?:ci|i|install)|(?:pnpm|yarn|bun) (?:i|install))\b/;

function installNotes(checks: readonly StatedCheck[], setup: Setup | undefined): string[] {
  const installing = checks.find(({ run }) => run !== undefined && installs.test(run))?.run;
  if (setup === undefined || installing === undefined || !keepsFolder(setup, "node_modules")) return [];
  return [
    `the gate runs \`${installing}\`, but node_modules is kept by the setup, and read-only in the sandbox: leave it out`,
  ];
}

/** `--validate`, else the configuration. Null: what the gate said of the tree that landed is enough. */
export function chooseValidation(asked: string | undefined, config: Config): Validation | null {
  const rollback = config.validate?.rollback ?? true;
  if (asked === "none") return null;
  if (asked !== undefined) return { gate: commandGate(asked, config), rollback };
  if (config.validate === undefined) return null;
  const { run, timeout, kind } = config.validate;
  return { gate: gateOf([{ run, timeout, kind }], config), rollback };
}

const nobody: Roster = { agents: [], defaultAgent: null };

function gateOf(stated: readonly StatedCheck[], { gate }: Config, roster = nobody): Gate {
  const checks = uniqueNames(stated.map((check, index) => checkOf(check, index, roster)));
  const inOrder = checks.some(({ verifier }) => verifier !== undefined);
  const limits = {
    ...(gate?.limits.memory === undefined ? {} : { memoryBytes: gate.limits.memory }),
    ...(gate?.limits.processes === undefined ? {} : { maxProcesses: gate.limits.processes }),
  };
  return {
    checks,
    reruns: gate?.flaky.reruns ?? defaultReruns,
    ...(gate?.parallel === true && !inOrder ? { parallel: true } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
  };
}

interface StatedCheck {
  readonly name?: string | undefined;
  /** Where no agent verifies. */
  readonly run?: string | undefined;
  readonly agent?: string | undefined;
  readonly prompt?: string | undefined;
  readonly timeout?: number | undefined;
  readonly kind?: Check["kind"] | undefined;
  readonly junit?: string | undefined;
  readonly quarantined?: boolean | undefined;
  readonly leases?: readonly string[] | undefined;
}

function checkOf(stated: StatedCheck, index: number, roster: Roster): Check {
  const { name, run, timeout, kind, junit, quarantined, leases } = stated;
  if (run === undefined) return verifyingCheck(stated, roster);
  return {
    name: name ?? (run.length <= 40 ? run : `check ${index + 1}`),
    run,
    kind: kind ?? (junit === undefined && knownTestRunner(run) === null ? "command" : "test"),
    timeoutMs: timeout ?? defaultTimeoutMs,
    ...(junit === undefined ? {} : { junit }),
    ...(quarantined === true ? { quarantined } : {}),
    ...(leases === undefined ? {} : { leases }),
  };
}

function verifyingCheck(stated: StatedCheck, roster: Roster): Check {
  const { name, agent: asked, prompt, timeout, quarantined } = stated;
  const agent = verifierIn(roster, asked);
  const leases = [...new Set([...(stated.leases ?? []), ...(agent.leases ?? [])])];
  return {
    name: name ?? "verify",
    run: `agent ${agent.name}`,
    kind: "agent",
    timeoutMs: timeout ?? defaultTimeoutMs,
    ...(quarantined === true ? { quarantined } : {}),
    ...(leases.length === 0 ? {} : { leases }),
    verifier: { agent, prompt: prompt ?? null },
  };
}

function verifierIn({ agents, defaultAgent }: Roster, asked: string | undefined): Agent {
  const name = asked ?? defaultAgent;
  const found = agents.find((agent) => agent.name === name);
  if (found !== undefined) return found;
  throw new OperationalError({
    code: "unknown-agent",
    what: name === null ? "Nothing says which agent verifies" : `There is no agent ${name} that could verify`,
    why: `configured: ${agents.map((agent) => agent.name).join(", ")}`,
    next: "name one of them: --gate agent:NAME, or `agent:` of the check in nightcrew.yaml",
  });
}

/** Results are matched by name. */
function uniqueNames(checks: readonly Check[]): Check[] {
  const seen = new Map<string, number>();
  return checks.map((check) => {
    const count = (seen.get(check.name) ?? 0) + 1;
    seen.set(check.name, count);
    return count === 1 ? check : { ...check, name: `${check.name} (${count})` };
  });
}
