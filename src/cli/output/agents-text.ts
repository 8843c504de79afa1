import type { AgentAccountView, AgentPriceView, AgentsView, AgentView, Finding } from "../../api/views.ts";
import { usdText } from "../../domain/present/failure-text.ts";
import { columns } from "../../std/text.ts";
import { table, wrapped } from "./table.ts";
import type { Output, Style } from "./terminal.ts";

const noAgents = "No agent is configured, and none was found. Name one under `agents:` in nightcrew.yaml.";

export function showAgents({ configured, agents }: AgentsView, output: Output): void {
  if (agents.length === 0) return output.line(noAgents);
  const heads = ["agent", "version", "login", "model", "price", "at work", "provider", "sandbox"];
  const rows = agents.map((agent) => [
    agent.driver === agent.name ? agent.name : `${agent.name} (${agent.driver})`,
    versionText(agent),
    accountText(agent.account),
    agent.model ?? "its own",
    priceText(agent.price),
    `${agent.running}${agent.maxConcurrent === null ? "" : ` of ${agent.maxConcurrent}`}`,
    agent.limitedUntil === null ? agent.provider : `${agent.provider} (until ${timeText(agent.limitedUntil)})`,
    agent.sandbox === "none" ? "none" : agent.sandbox,
  ]);
  showAccounts(heads, rows, output);
  for (const agent of agents) for (const line of furtherLines(agent)) output.line(line);
  for (const agent of agents) showFindings(agent, agent.findings.filter(isTrouble), output);
  if (!configured) output.note("These were found on this machine; nothing is configured.");
  output.note("before the night: nightcrew agents probe");
}

/** As a table; where that does not fit, each agent with what is known of it below. */
function showAccounts(heads: readonly string[], rows: readonly (readonly string[])[], output: Output): void {
  const { style, columns: width } = output;
  const [head = "", ...lines] = table([heads, ...rows], Infinity, 0);
  if ([head, ...lines].every((line) => columns(line) <= width)) {
    output.line(style.dim(head));
    for (const line of lines) output.line(line);
    return;
  }
  for (const [name = "", ...facts] of rows) {
    output.line(style.bold(name));
    const told = facts.map((fact, index) => `${heads[index + 1]} ${fact}`).join(", ");
    for (const line of wrapped(told, width - 2, 0)) output.line(`  ${line}`);
  }
}

/** What only few have. */
function furtherLines({ name, capabilities, backups }: AgentView): string[] {
  return [
    ...(capabilities.length > 0 ? [`${name} is good at ${capabilities.join(", ")}`] : []),
    ...(backups.length > 0 ? [`${name} is stood in for by ${backups.join(", then ")}`] : []),
  ];
}

export function showProbe({ agents }: AgentsView, output: Output): void {
  if (agents.length === 0) return output.line(noAgents);
  for (const agent of agents) {
    output.line(probeLine(agent, output.style));
    showFindings(agent, agent.findings, output);
  }
}

/** One agent in one line: whether it can be used. */
function probeLine({ name, usable, version }: AgentView, { bold, green, red }: Style): string {
  const verdict = usable ? green("can be used") : red("cannot be used");
  return `${bold(version === null ? name : `${name} ${version}`)}: ${verdict}`;
}

function showFindings({ name }: AgentView, findings: readonly Finding[], output: Output): void {
  const { green, yellow, red } = output.style;
  const marks = { ok: green("ok"), warning: yellow("warning"), problem: red("problem") };
  const rows = findings.map((finding) => ["", marks[finding.verdict], name, finding.name, finding.detail]);
  for (const line of table(rows, output.columns, 3)) output.line(line);
  for (const finding of findings)
    if (finding.next !== null) output.line(`  next (${name}, ${finding.name}): ${finding.next}`);
}

const isTrouble = ({ verdict }: Finding): boolean => verdict !== "ok";

function versionText({ command, program, version }: AgentView): string {
  if (command === null) return "built in";
  return program === null ? "not found" : (version ?? "unknown");
}

/** Names of variables and files; there is never more to show. */
export function accountText({ state, keys, files }: AgentAccountView): string {
  const ways = [...keys, ...files.map((file) => `~/${file}`)];
  if (ways.length > 0) return ways.join(", ");
  return state === "missing" ? "missing" : "unknown";
}

export function priceText({ from, perAttemptUsd, perMillion }: AgentPriceView): string {
  if (perAttemptUsd !== null) return `${usdText(perAttemptUsd)} each time`;
  if (perMillion === null) return "unknown";
  return `${perMillion.input} in, ${perMillion.output} out USD/M${from === "settings" ? "" : " (table)"}`;
}

function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
