import type { AgentAccountView, AgentPriceView, AgentsView, AgentView, Finding } from "../../api/views.ts";
import { usdText } from "../../domain/present/failure-text.ts";
import { table } from "./table.ts";
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
  const [head = "", ...lines] = table([heads, ...rows], output.columns, 3);
  output.line(output.style.dim(head));
  for (const line of lines) output.line(line);
  for (const agent of agents) for (const line of furtherLines(agent)) output.line(line);
  for (const agent of agents) showFindings(agent, agent.findings.filter(isTrouble), output);
  if (!configured) output.note("These were found on this machine; nothing is configured.");
  output.note("before the night: nightcrew agents probe");
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
export function probeLine({ name, usable, version }: AgentView, { bold, green, red }: Style): string {
  const verdict = usable ? green("can be used") : red("cannot be used");
  return `${bold(version === null ? name : `${name} ${version}`)}: ${verdict}`;
}

function showFindings({ name }: AgentView, findings: readonly Finding[], output: Output): void {
  const { green, yellow, red } = output.style;
  const marks = { ok: green("ok"), warning: yellow("warning"), problem: red("problem") };
  const rows = findings.map((finding) => ["", marks[finding.verdict], name, finding.name, finding.detail]);
  for (const line of table(rows, output.columns, 4)) output.line(line.replace(/^ +/, "  "));
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
