import type { AgentView, Finding } from "../../api/views.ts";
import type { Probe } from "../../adapters/agents/driver.ts";
import { isWithin } from "../../adapters/sandbox/mount-plan.ts";
import type { Agent } from "../../domain/agent.ts";
import type { OwnPrices } from "../../domain/prices.ts";
import { parkedUntil, type QuotaRow } from "../../domain/quota.ts";
import { driverFor, type Surroundings } from "../submission/roster.ts";
import type { ChosenSandbox } from "../submission/sandbox.ts";
import { factsOf, priceView } from "./facts.ts";
import {
  accountFinding,
  flagsFinding,
  ok,
  programFinding,
  quotaFinding,
  versionFinding,
  whyNoVersion,
} from "./findings.ts";
import { withTrial, type Trial } from "./trial.ts";

/** `facts`: nothing is started. `versions`: asked for its version. `probe`: all that a run will need of it. */
export type Depth = "facts" | "versions" | "probe";

export interface LookOptions extends Surroundings {
  readonly depth: Depth;
  readonly sandbox: ChosenSandbox;
  readonly crewHome: string;
  readonly objects: readonly string[];
  readonly prices: OwnPrices;
  readonly quotas: readonly QuotaRow[];
  /** Attempts that are under way, by the name of their agent. */
  readonly running: Readonly<Record<string, number>>;
  readonly now: number;
  readonly signal: AbortSignal;
}

export async function lookAt(agent: Agent, options: LookOptions): Promise<AgentView> {
  const { program, near, account } = factsOf(agent, options);
  const limitedUntil = parkedUntil(options.quotas, agent.provider, options.now);
  const started = program === null ? notStarted : await start(agent, program, options);
  const findings = [
    programFinding(agent, program, near),
    ...started.findings,
    sandboxMissing(options.sandbox),
    accountFinding(agent, account),
    quotaFinding(agent.provider, limitedUntil),
  ].filter((finding) => finding !== null);
  const { wanted: _, ...accountView } = account;
  return {
    name: agent.name,
    driver: agent.driver,
    command: agent.command[0] ?? null,
    program,
    version: started.version,
    tried: driverFor(agent.driver).probe?.tried ?? [],
    account: accountView,
    model: agent.model,
    price: priceView(agent, options.prices),
    capabilities: agent.capabilities,
    maxConcurrent: agent.maxConcurrent,
    backups: agent.backups,
    provider: agent.provider,
    limitedUntil,
    running: options.running[agent.name] ?? 0,
    sandbox: options.sandbox.rules.name,
    usable: findings.every(({ verdict }) => verdict !== "problem"),
    findings,
  };
}

interface Started {
  readonly version: string | null;
  readonly findings: readonly Finding[];
}

const notStarted: Started = { version: null, findings: [] };

function sandboxMissing({ rules, notes, refusal }: ChosenSandbox): Finding | null {
  if (rules.name !== "none") return null;
  return {
    name: "sandbox",
    verdict: refusal === null ? "warning" : "problem",
    detail: refusal?.why ?? notes[0] ?? "unsandboxed",
    next: refusal?.next ?? null,
  };
}

function start(agent: Agent, program: string, options: LookOptions): Promise<Started> {
  const { settings, crewHome, sandbox, objects, signal, depth, checkout } = options;
  if (depth === "facts") return Promise.resolve(notStarted);
  // What the repository brings along is never started in less than a run would start it in.
  if (sandbox.refusal !== null && isWithin(program, checkout)) return Promise.resolve(notStarted);
  const { probe } = driverFor(agent.driver);
  return withTrial({ agent, settings, crewHome, rules: sandbox.rules, objects, signal }, (trial) => {
    if (depth === "versions") return probe === null ? Promise.resolve(notStarted) : version(agent, probe, trial);
    const mayLeave = !isWithin(program, checkout);
    return probe === null ? opaque(program, options, trial) : conformance(agent, probe, { trial, options, mayLeave });
  });
}

async function version(agent: Agent, probe: Probe, trial: Trial): Promise<Started> {
  const found = versionFinding(agent, probe, await trial.ask([...agent.command, ...probe.versionArgs]));
  return { version: found.version, findings: [found.finding] };
}

/** Of a program that tells nothing of itself it can only be seen whether it is there inside. */
async function opaque(program: string, { sandbox }: LookOptions, trial: Trial): Promise<Started> {
  if (sandbox.rules.name === "none") return notStarted;
  const asked = await trial.ask(["/bin/sh", "-c", 'test -x "$1"', "sh", program], { network: true });
  const sees = asked.kind === "said" && asked.code === 0;
  const why = asked.kind === "said" ? `${program} is not seen inside` : asked.detail;
  return { version: null, findings: [sees ? ok("sandbox", "its program is seen inside") : hidden(why)] };
}

interface Conformance {
  readonly trial: Trial;
  readonly options: LookOptions;
  /** It may be started outside of the sandbox, to tell whose fault it is. */
  readonly mayLeave: boolean;
}

async function conformance(agent: Agent, probe: Probe, { trial, options, mayLeave }: Conformance): Promise<Started> {
  const versionOf = [...agent.command, ...probe.versionArgs];
  const asked = await trial.ask(versionOf, { network: true });
  const found = versionFinding(agent, probe, asked);
  const sandboxed = options.sandbox.rules.name !== "none";
  if (found.version === null && sandboxed && mayLeave) {
    const outside = versionFinding(agent, probe, await trial.ask(versionOf, { outside: true }));
    if (outside.version !== null)
      return { version: outside.version, findings: [outside.finding, hidden(whyNoVersion(asked))] };
  }
  const findings = [found.finding];
  if (found.version !== null && sandboxed) findings.push(ok("sandbox", "its program starts inside"));
  if (found.version !== null && probe.helpArgs !== null)
    findings.push(flagsFinding(agent, probe, await trial.ask([...agent.command, ...probe.helpArgs])));
  return { version: found.version, findings };
}

function hidden(why: string): Finding {
  return {
    name: "sandbox",
    verdict: "problem",
    detail: `it does not start inside: ${why}`,
    next: "name what it is made of under `sandbox: readable:` in nightcrew.yaml",
  };
}
