import { describe, expect, it } from "vitest";
import type { Agent } from "../../domain/agent.ts";
import { driverFor, plainAgent } from "../submission/roster.ts";
import { accountFinding, accountOf, flagsFinding, programFinding, quotaFinding, versionFinding } from "./findings.ts";

const claude = agent("claude");
const probe = driverFor("claude").probe ?? never();

function agent(name: string): Agent {
  return plainAgent(name, "/checkout") ?? never();
}

function never(): never {
  throw new Error("it has one");
}

describe("the account of an agent", () => {
  const at = (who: Agent, variables: readonly string[], files: readonly string[] = []) => {
    const account = accountOf(who, driverFor(who.driver).probe, {
      variables: new Set(variables),
      isThere: (file) => files.includes(file),
    });
    return { ...account, verdict: accountFinding(who, account)?.verdict ?? null };
  };

  it("is there by any of its keys, or a login file", () => {
    expect(at(claude, ["CLAUDE_CODE_OAUTH_TOKEN", "OTHER"])).toMatchObject({
      state: "there",
      keys: ["CLAUDE_CODE_OAUTH_TOKEN"],
      verdict: "ok",
    });
    expect(at(claude, [], [".claude/.credentials.json"])).toMatchObject({ state: "there", keys: [], verdict: "ok" });
  });

  it("is missing where there is neither", () => {
    expect(at(claude, ["OPENAI_API_KEY"])).toMatchObject({ state: "missing", keys: [], files: [], verdict: "problem" });
  });

  it("is unknown where another endpoint may want none, or another variable may hold it", () => {
    expect(at({ ...claude, endpoint: "http://127.0.0.1:4000" }, [])).toMatchObject({
      state: "unknown",
      verdict: "warning",
    });
    const other = { ...claude, env: [...claude.env, "GATEWAY_TOKEN"] };
    expect(at(other, ["GATEWAY_TOKEN"])).toMatchObject({ state: "unknown", verdict: "warning" });
    expect(at(other, [])).toMatchObject({ state: "missing" });
  });

  it("is nothing to speak of where nobody knows of one", () => {
    expect(at({ ...claude, driver: "command", env: [] }, [])).toMatchObject({ state: "unknown", verdict: null });
  });
});

describe("the version of an agent", () => {
  const told = (output: string, code = 0) =>
    versionFinding(claude, probe, { kind: "said", code, output, stdout: output });

  it.each([
    ["2.1.329 (Claude Code)", "ok", "2.1.329, as it was tried"],
    ["2.1.330", "warning", "2.1.330 is newer than what was tried (2.1.329)"],
    ["2.1.39", "warning", "2.1.39 is older than what was tried (2.1.329)"],
  ])("%s is %s", (output, verdict, detail) => {
    expect(told(output).finding).toMatchObject({ verdict, detail });
  });

  it("that is not told is a problem, which quotes what was said instead", () => {
    expect(told(`no idea ${"x".repeat(1_000)}`, 2).finding.detail).toMatch(
      /^it tells no version \(exit code 2\): "no idea x+…"$/,
    );
    const hung = versionFinding(claude, probe, { kind: "nothing", detail: "no end within 10.0 s" });
    expect(hung).toMatchObject({ version: null, finding: { verdict: "problem", detail: "no end within 10.0 s" } });
  });
});

describe("the flags of an agent", () => {
  const help = (output: string) =>
    flagsFinding(claude, { ...probe, flags: ["--model", "resume"] }, { kind: "said", code: 0, output, stdout: output });

  it("are there where its help names each as a word of its own", () => {
    expect(help("  --model=NAME, resume").verdict).toBe("ok");
    expect(help("--model\nresume").verdict).toBe("ok");
  });

  it("are missing where its help only has words that begin or end so", () => {
    expect(help("--models --no-resume").detail).toBe("its help does not name --model, resume");
    expect(help("").verdict).toBe("problem");
  });
});

describe("what else is said", () => {
  it("of a program that is not there is how to get it, or what was meant", () => {
    expect(programFinding(claude, null, [])).toMatchObject({
      verdict: "problem",
      next: expect.stringContaining("npm install"),
    });
    expect(programFinding({ ...claude, command: ["cluade"] }, null, ["claude"]).detail).toContain(
      "did you mean claude?",
    );
    expect(programFinding(claude, "/bin/claude", [])).toMatchObject({ verdict: "ok", detail: "/bin/claude" });
    expect(programFinding({ ...claude, command: [] }, null, [])).toMatchObject({ verdict: "ok" });
  });

  it("of a provider that takes no work is until when", () => {
    expect(quotaFinding("anthropic", Date.UTC(2026, 0, 2, 3, 4))?.detail).toBe(
      "anthropic takes no work until 2026-01-02 03:04 UTC",
    );
    expect(quotaFinding("anthropic", null)).toBeNull();
  });
});
