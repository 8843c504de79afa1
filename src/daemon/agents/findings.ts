import type { AgentAccountView, Finding } from "../../api/views.ts";
import type { Probe } from "../../adapters/agents/driver.ts";
import { builtinKeys } from "../../adapters/agents/drivers/builtin.ts";
import type { Agent } from "../../domain/agent.ts";
import { singleLine } from "../../std/text.ts";
import { compareVersions } from "../../std/version.ts";
import type { Asked } from "./ask-program.ts";
import { installHint, loginHint } from "./hints.ts";

/** What is said of an agent, from what was found out about it. Pure. */

export function programFinding(agent: Agent, program: string | null, near: readonly string[]): Finding {
  const [wanted] = agent.command;
  if (wanted === undefined) return ok("program", "comes with nightcrew");
  if (program !== null) return ok("program", program);
  const mistyped = near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "";
  const install = near.length > 0 ? null : installHint(agent.driver);
  return {
    name: "program",
    verdict: "problem",
    detail: `command not found: ${singleLine(wanted)}${mistyped}`,
    next: near.length > 0 ? "correct `command:` in nightcrew.yaml" : (install ?? "install it, or correct `command:`"),
  };
}

export interface Account extends AgentAccountView {
  /** Any of these would do. */
  readonly wanted: readonly string[];
}

export interface AccountPlaces {
  /** Names of the variables that are set. */
  readonly variables: ReadonlySet<string>;
  /** Whether a file is there, by its path relative to HOME. */
  readonly isThere: (file: string) => boolean;
}

/** Where one of these is set the built-in agent asks a server there, with a key or without. */
const ownEndpointNames: readonly string[] = ["OPENAI_BASE_URL", "OPENAI_API_BASE", "LITELLM_API_BASE"];

/** By names alone: no value of a variable and no content of a file is looked at. */
export function accountOf(agent: Agent, probe: Probe | null, { variables, isThere }: AccountPlaces): Account {
  const isBuiltin = agent.driver === "builtin";
  const wanted = probe?.keys ?? (isBuiltin ? builtinKeys : []);
  const keys = agent.env.filter((name) => variables.has(name));
  const files = (probe?.loginFiles ?? []).filter(isThere);
  if (keys.some((name) => wanted.includes(name)) || files.length > 0) return { state: "there", keys, files, wanted };
  // Another endpoint may want no key, another variable may hold it.
  const elsewhere = agent.endpoint !== null || (isBuiltin && ownEndpointNames.some((name) => variables.has(name)));
  const mayDoWithout = (probe === null && !isBuiltin) || elsewhere || keys.length > 0;
  return { state: mayDoWithout ? "unknown" : "missing", keys, files, wanted };
}

export function accountFinding(agent: Agent, { state, keys, files, wanted }: Account): Finding | null {
  if (state === "there") return ok("account", [...keys, ...files.map((file) => `~/${file}`)].join(", "));
  const login = loginHint(agent.driver);
  const ways = [
    ...(wanted.length > 0 ? [`set ${wanted.join(" or ")}`] : []),
    ...(login === null ? [] : [`log in: ${login}`]),
  ];
  if (state === "missing")
    return {
      name: "account",
      verdict: "problem",
      detail: "no key is set, nobody is logged in",
      next: ways.join(", or "),
    };
  if (wanted.length === 0) return null;
  const detail =
    agent.endpoint === null && keys.length > 0
      ? `none of its own keys; ${keys.join(", ")} is set`
      : "no key is set; its endpoint may want none";
  return { name: "account", verdict: "warning", detail, next: ways.join(", or ") };
}

/** `asked` is what came of asking it for its version. */
export function versionFinding(
  agent: Agent,
  probe: Probe,
  asked: Asked,
): { readonly version: string | null; readonly finding: Finding } {
  const version = asked.kind === "said" ? probe.version(asked.output) : null;
  const next = `look at it: ${[...agent.command, ...probe.versionArgs].join(" ")}`;
  if (version !== null) return { version, finding: triedFinding(agent, probe.tried, singleLine(version, 60)) };
  return { version, finding: { name: "version", verdict: "problem", detail: whyNoVersion(asked), next } };
}

/** For one that could be started, and then told no version. */
export function whyNoVersion(asked: Asked): string {
  if (asked.kind !== "said") return asked.detail;
  const said = singleLine(asked.output, 120);
  return `it tells no version (exit code ${asked.code}): ${said === "" ? "it printed nothing" : JSON.stringify(said)}`;
}

function triedFinding(agent: Agent, tried: readonly string[], version: string): Finding {
  const [oldest, newest] = [tried[0], tried.at(-1)];
  if (oldest === undefined || newest === undefined) return ok("version", version);
  const install = installHint(agent.driver);
  if (compareVersions(version, newest) > 0)
    return {
      name: "version",
      verdict: "warning",
      detail: `${version} is newer than what was tried (${newest})`,
      next: null,
    };
  if (compareVersions(version, oldest) < 0)
    return {
      name: "version",
      verdict: "warning",
      detail: `${version} is older than what was tried (${oldest})`,
      next: install,
    };
  return ok("version", tried.includes(version) ? `${version}, as it was tried` : version);
}

/** Whether its help names every flag that the driver uses. */
export function flagsFinding(agent: Agent, probe: Probe, asked: Asked): Finding {
  const next = `look at it: ${[...agent.command, ...(probe.helpArgs ?? [])].join(" ")}`;
  if (asked.kind !== "said") return { name: "flags", verdict: "problem", detail: asked.detail, next };
  const missing = probe.flags.filter((flag) => !names(asked.output, flag));
  if (missing.length === 0) return ok("flags", `its help names all ${probe.flags.length} that are used`);
  return {
    name: "flags",
    verdict: "problem",
    detail: `its help does not name ${missing.join(", ")}`,
    next: `install a version that was tried: ${probe.tried.join(", ")}`,
  };
}

/** As a word of its own: `--model` is not named by `--model-path`. */
function names(help: string, flag: string): boolean {
  for (let at = help.indexOf(flag); at !== -1; at = help.indexOf(flag, at + 1)) {
    const around = `${help[at - 1] ?? " "}${help[at + flag.length] ?? " "}`;
    if (!/[\w-]/.test(around)) return true;
  }
  return false;
}

export function quotaFinding(provider: string, until: number | null): Finding | null {
  if (until === null) return null;
  const at = new Date(until).toISOString().slice(0, 16).replace("T", " ");
  return {
    name: "quota",
    verdict: "warning",
    detail: `${provider} takes no work until ${at} UTC`,
    next: null,
  };
}

export function ok(name: string, detail: string): Finding {
  return { name, verdict: "ok", detail, next: null };
}
