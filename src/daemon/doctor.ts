import { access, constants, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { DoctorView, Finding } from "../api/views.ts";
import type { AlertHook } from "../adapters/alerts/alert-hook.ts";
import { loadConfig, configName } from "../adapters/config/load-config.ts";
import { gitVersion, openRepository, type FoundRepository } from "../adapters/git/open-repository.ts";
import type { GitServers } from "../adapters/git/git-servers.ts";
import type { Remotes } from "../adapters/git/remotes.ts";
import { isDirty } from "../adapters/git/target.ts";
import type { Agent } from "../domain/agent.ts";
import type { Environment } from "../domain/environment.ts";
import { isAtLeast } from "../std/version.ts";
import { errnoOf, messageOf, OperationalError } from "../std/operational-error.ts";
import { bytesText } from "../std/text.ts";
import { accountFinding, programFinding } from "./agents/findings.ts";
import { factsOf } from "./agents/facts.ts";
import { sandboxChoice } from "./sandbox-choice.ts";
import { RunFolders } from "../adapters/runners/run-folders.ts";
import { chooseSetup, setupText } from "./submission/setup.ts";
import { chooseSandbox, type ChosenSandbox } from "./submission/sandbox.ts";
import type { Config } from "../adapters/config/schema.ts";
import { chooseGate, type GatePlace } from "./submission/gate.ts";
import { policyText, rulesOff } from "../domain/present/policy-text.ts";
import { policyOf } from "./submission/policy.ts";
import { findPlanner, plannerName } from "./submission/planner.ts";
import { rosterOf, type Surroundings } from "./submission/roster.ts";
import { refuseMissingChecks, findTarget, type FoundTarget } from "./submission/preflight.ts";
import { chooseRemote } from "./submission/remote.ts";

const oldestGit = [2, 38];

export interface DoctorRequest {
  readonly cwd: string;
  readonly home: string;
  /** Settings of the terminal that asks. */
  readonly settings: Environment;
  /** Names of all variables that are set there. */
  readonly variables: ReadonlySet<string>;
  /** By which git logs in there. */
  readonly login: Environment;
  readonly servers: GitServers;
  readonly remotes: Remotes;
  readonly alerts: AlertHook;
}

/** Looks at everything a run would need, and says what is wrong before the night. Changes nothing. */
export async function doctor({ cwd, alerts, ...terminal }: DoctorRequest): Promise<DoctorView> {
  const { home } = terminal;
  const findings = [await gitFinding(), await homeFinding(home), await diskFinding(home), await alertFinding(alerts)];
  const repository = await finding(
    "repository",
    () => openRepository(cwd),
    (found) => found.checkout,
  );
  findings.push(repository.finding);
  if (repository.value !== null) findings.push(...(await projectFindings(repository.value, terminal)));
  return { version: 1, findings };
}

async function gitFinding(): Promise<Finding> {
  const version = await gitVersion();
  if (version === null)
    return {
      name: "git",
      verdict: "problem",
      detail: "git was not found on the PATH",
      next: "install git 2.38 or newer",
    };
  return isAtLeast(version, oldestGit)
    ? { name: "git", verdict: "ok", detail: version, next: null }
    : {
        name: "git",
        verdict: "problem",
        detail: `git ${version} cannot merge without a checkout`,
        next: "install git 2.38 or newer",
      };
}

async function homeFinding(home: string): Promise<Finding> {
  for (let folder = home; ; folder = dirname(folder)) {
    const state = await access(folder, constants.W_OK).then(
      () => "writable",
      (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? "absent" : "refused"),
    );
    if (state === "writable") return { name: "home", verdict: "ok", detail: home, next: null };
    if (state === "refused" || folder === dirname(folder)) {
      return {
        name: "home",
        verdict: "problem",
        detail: `not writable: ${home}`,
        next: "set NIGHTCREW_HOME to a folder of yours",
      };
    }
  }
}

async function alertFinding(alerts: AlertHook): Promise<Finding> {
  const { file, problem } = await alerts.look();
  if (problem !== null) return { name: "alerts", verdict: "warning", detail: problem.what, next: problem.next };
  const detail = file ?? "no program is told of them; docs/guides/alerts.md says how";
  return { name: "alerts", verdict: "ok", detail, next: null };
}

/** Less than either is nearly full: agents, builds and dependencies take gigabytes in a night. */
const leastFree = { bytes: 5 * 1024 ** 3, part: 0.05 };

/** Of the home, or of what it will be made in. */
async function diskFinding(home: string): Promise<Finding> {
  for (let folder = home; ; folder = dirname(folder)) {
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      const [free, all] = [bavail * bsize, blocks * bsize];
      const detail = `${bytesText(free)} of ${bytesText(all)} free`;
      if (free >= leastFree.bytes && free >= leastFree.part * all)
        return { name: "disk", verdict: "ok", detail, next: null };
      const next = "nightcrew cleanup --dry-run tells what it would free";
      return { name: "disk", verdict: "warning", detail: `nearly full: ${detail}`, next };
    } catch (error) {
      if (errnoOf(error) === null) throw error;
      if (errnoOf(error) !== "ENOENT" || folder === dirname(folder))
        return { name: "disk", verdict: "warning", detail: `cannot be looked at: ${messageOf(error)}`, next: null };
    }
  }
}

type Terminal = Omit<DoctorRequest, "cwd" | "alerts">;

async function projectFindings(repository: FoundRepository, terminal: Terminal): Promise<Finding[]> {
  const path = terminal.settings["PATH"] ?? "";
  const { checkout, identity } = repository;
  const findings: Finding[] = [];
  const target = await finding(
    "target",
    () => findTarget(repository, terminal.servers.of(repository.place.commonDir).objects, undefined),
    (found) => found.target,
  );
  findings.push(target.finding);
  const dirty = await isDirty(checkout, []);
  findings.push({
    name: "checkout",
    verdict: dirty ? "warning" : "ok",
    detail: dirty ? "has uncommitted changes: landings would wait on a branch beside it" : "clean",
    next: dirty ? "git commit, or git stash" : null,
  });
  const named = identity.email !== "nightcrew@localhost";
  findings.push({
    name: "identity",
    verdict: named ? "ok" : "warning",
    detail: named ? `${identity.name} <${identity.email}>` : "git knows no name for commits; they will say “nightcrew”",
    next: named ? null : "git config user.name 'Your Name' && git config user.email you@example.org",
  });
  const loaded = await finding(
    "configuration",
    () => loadConfig(checkout),
    ({ file }) => file ?? `no ${configName}; nightcrew init writes one`,
  );
  findings.push(loaded.finding);
  if (loaded.value === null) return findings;
  const { config } = loaded.value;
  if (target.value !== null) findings.push(...(await remoteFindings(config, repository, target.value, terminal)));
  const setup = await finding(
    "setup",
    () => chooseSetup(config, checkout),
    () => "",
  );
  const roster = await finding(
    "agents",
    () => Promise.resolve().then(() => rosterOf(config, { checkout, ...terminal })),
    (agents) => agents.map(({ name }) => name).join(", "),
  );
  const agents = roster.value ?? [];
  const place = {
    checkout,
    path,
    setup: setup.value ?? undefined,
    roster: { agents, defaultAgent: mainAgent(agents, config) },
  };
  findings.push(...(await gateFindings(config, place)));
  if (roster.value === null) findings.push(roster.finding);
  else findings.push(...agentFindings(roster.value, { checkout, ...terminal }));
  const planner = await finding(
    "planning",
    () => Promise.resolve().then(() => findPlanner(config, { checkout, ...terminal, model: undefined })),
    (found) => (found === null ? noPlanner(config) : `requests in words are planned by ${plannerName(found)}`),
  );
  findings.push(planner.finding);
  const sandbox = await sandboxFinding(config, terminal);
  findings.push(sandbox.finding);
  if (setup.finding.verdict === "problem") findings.push(setup.finding);
  else if (setup.value != null && sandbox.value !== null && target.value !== null) {
    const slots = new RunFolders(terminal.home).slots(repository.place.commonDir);
    const around = { commonDir: repository.place.commonDir, slots, path, sandbox: sandbox.value.rules };
    const detail = await setupText(setup.value, { ...around, target: target.value.target });
    findings.push({ name: "setup", verdict: "ok", detail, next: null });
  }
  return findings;
}

function noPlanner({ planning }: Config): string {
  const why = planning.off ? "planning: off" : "no model's key is set";
  return `a request in words would be one task (${why}); docs/guides/planning.md`;
}

/** Null where a run would have to name it. */
function mainAgent(agents: readonly Agent[], { agent }: Config): string | null {
  return agent ?? (agents.length === 1 ? (agents[0]?.name ?? null) : null);
}

/** None where nothing is to be pushed. */
async function remoteFindings(
  config: Config,
  repository: FoundRepository,
  found: FoundTarget,
  { servers, remotes, settings, login }: Terminal,
): Promise<Finding[]> {
  if (config.remote === undefined) return [];
  const { objects } = servers.of(repository.place.commonDir);
  const { finding: told, value } = await finding(
    "remote",
    () => chooseRemote({ login }, config, { repository, objects, found, settings, remotes }),
    (chosen) => [chosen?.name ?? "none", ...(chosen?.notes ?? [])].join("; "),
  );
  const refusal = value?.refusal ?? null;
  return [refusal === null ? told : { ...told, verdict: "problem", next: refusal.next }];
}

async function gateFindings(config: Config, place: GatePlace): Promise<Finding[]> {
  const gate = await finding(
    "gate",
    () => chooseGate(undefined, config, place),
    ({ gate: chosen, from, notes }) =>
      [`${chosen?.checks.map(({ run }) => run).join(" · ") ?? "none"} (${from})`, ...notes].join("; "),
  );
  const checks = gate.value?.gate?.checks ?? [];
  if (checks.length === 0) return [gate.finding, policyFinding(config)];
  const commands = await finding(
    "gate commands",
    () => refuseMissingChecks(checks, place),
    () => "found",
  );
  return [gate.finding, policyFinding(config), commands.finding];
}

function policyFinding(config: Config): Finding {
  const settings = policyOf(config);
  const off = rulesOff(settings).length > 0;
  const next = off ? "what each rule looks for: docs/guides/policy.md" : null;
  return { name: "diff policy", verdict: off ? "warning" : "ok", detail: policyText(settings), next };
}

function agentFindings(agents: readonly Agent[], around: Surroundings): Finding[] {
  if (agents.length > 0) return agents.map((agent) => agentFinding(agent, around));
  return [
    {
      name: "agents",
      verdict: "problem",
      detail: "none is configured, none is on the PATH, and no key for the built-in one is set",
      next: `name one under \`agents:\` in ${configName}`,
    },
  ];
}

/** Starts nothing: `nightcrew agents probe` does. */
function agentFinding(agent: Agent, around: Surroundings): Finding {
  const name = `agent ${agent.name}`;
  const { program, near, account } = factsOf(agent, around);
  const found = programFinding(agent, program, near);
  const login = accountFinding(agent, account);
  if (found.verdict === "problem" || login === null || login.verdict === "ok") return { ...found, name };
  return { name, verdict: "warning", detail: `${found.detail}; ${login.detail}`, next: login.next };
}

async function sandboxFinding(
  config: Config,
  { home, settings }: Terminal,
): Promise<{ readonly finding: Finding; readonly value: ChosenSandbox | null }> {
  const wishes = { path: settings["PATH"] ?? "", home: settings["HOME"] ?? "", allowUnsandboxed: false };
  const { finding: told, value } = await finding(
    "sandbox",
    async () => chooseSandbox(config, { ...wishes, choice: await sandboxChoice(home, settings["NIGHTCREW_SANDBOX"]) }),
    ({ rules, notes }) => (rules.name === "none" ? (notes[0] ?? "unsandboxed") : rules.name),
  );
  if (value?.rules.name !== "none") return { finding: told, value };
  return { finding: { ...told, verdict: "warning", next: value.refusal?.next ?? null }, value };
}

async function finding<T>(
  name: string,
  look: () => Promise<T>,
  describe: (value: T) => string,
): Promise<{ readonly finding: Finding; readonly value: T | null }> {
  try {
    const value = await look();
    return { finding: { name, verdict: "ok", detail: describe(value), next: null }, value };
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    const detail = error.why === null ? error.message : `${error.message} (${error.why.split("\n")[0]})`;
    return { finding: { name, verdict: "problem", detail, next: error.next }, value: null };
  }
}
