import { describe, expect, it } from "vitest";
import type { AgentView } from "../../api/views.ts";
import { accountText, priceText, showAgents, showProbe } from "./agents-text.ts";
import type { Output } from "./terminal.ts";

const same = (text: string): string => text;

function printed(show: (output: Output) => void, columns = 10_000): string[] {
  const lines: string[] = [];
  const style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };
  show({ line: (text) => lines.push(text), note: () => undefined, interactive: false, columns, rows: 40, style });
  return lines;
}

const agent: AgentView = {
  name: "night",
  driver: "claude",
  command: "claude",
  program: "/bin/claude",
  version: "2.1.329",
  tried: ["2.1.329"],
  account: { state: "there", keys: ["ANTHROPIC_API_KEY"], files: [] },
  model: null,
  price: { from: "unknown", perAttemptUsd: null, perMillion: null },
  capabilities: ["docs", "tests"],
  maxConcurrent: 3,
  backups: ["a", "b"],
  provider: "anthropic",
  limitedUntil: null,
  running: 1,
  sandbox: "bubblewrap",
  usable: true,
  findings: [{ name: "version", verdict: "ok", detail: "2.1.329", next: null }],
};

const view = (...agents: AgentView[]) => ({ version: 1, configured: true, agents }) as const;

describe("agents", () => {
  it("are one line each, and what only few have behind", () => {
    expect(printed((output) => showAgents(view(agent), output))).toEqual([
      "agent           version  login              model    price    at work  provider   sandbox",
      "night (claude)  2.1.329  ANTHROPIC_API_KEY  its own  unknown  1 of 3   anthropic  bubblewrap",
      "night is good at docs, tests",
      "night is stood in for by a, then b",
    ]);
  });

  it("are told below their names where the terminal is too narrow for a table", () => {
    const lines = printed((output) => showAgents(view(agent), output), 60);
    expect(lines.slice(0, 4)).toEqual([
      "night (claude)",
      "  version 2.1.329, login ANTHROPIC_API_KEY, model its own,",
      "  price unknown, at work 1 of 3, provider anthropic, sandbox",
      "  bubblewrap",
    ]);
  });

  it("show until when a provider takes no work, and what is wrong with the next step", () => {
    const wrong = {
      name: "program",
      verdict: "problem",
      detail: "command not found: claude",
      next: "install it",
    } as const;
    const limitedUntil = Date.UTC(2026, 0, 2, 3, 4);
    const sick = { ...agent, program: null, version: null, limitedUntil, maxConcurrent: null, findings: [wrong] };
    const lines = printed((output) => showAgents(view(sick), output));
    expect(lines[1]).toMatch(/not found .* 1 +anthropic \(until 2026-01-02 03:04 UTC\)/);
    expect(lines.slice(-2)).toEqual([
      "  problem  night  program  command not found: claude",
      "  next (night, program): install it",
    ]);
  });

  it("that are probed show every finding", () => {
    expect(printed((output) => showProbe(view(agent), output))).toEqual([
      "night 2.1.329: can be used",
      "  ok  night  version  2.1.329",
    ]);
    expect(printed((output) => showProbe(view(), output))[0]).toContain("No agent is configured");
  });

  it("have a login, or none, or nobody knows", () => {
    expect(accountText({ state: "there", keys: ["A"], files: [".b/c"] })).toBe("A, ~/.b/c");
    expect(accountText({ state: "missing", keys: [], files: [] })).toBe("missing");
    expect(accountText({ state: "unknown", keys: [], files: [] })).toBe("unknown");
  });

  it("have a price of their own, of the table, or none that is known", () => {
    const perMillion = { input: 3, cached: 0.3, output: 15 };
    expect(priceText({ from: "settings", perAttemptUsd: 0.5, perMillion: null })).toBe("0.50 USD each time");
    expect(priceText({ from: "settings", perAttemptUsd: null, perMillion })).toBe("3 in, 15 out USD/M");
    expect(priceText({ from: "table", perAttemptUsd: null, perMillion })).toBe("3 in, 15 out USD/M (table)");
    expect(priceText({ from: "unknown", perAttemptUsd: null, perMillion: null })).toBe("unknown");
  });
});
