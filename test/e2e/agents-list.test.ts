import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { AgentsView, AgentView } from "../../src/api/views.ts";
import { findProgram } from "../../src/adapters/process/find-program.ts";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { test, type Ended, type Sandbox } from "../rig/sandbox.ts";

const claudeHelp =
  "--print --output-format --input-format --replay-user-messages --permission-mode --allowedTools --model --resume";

/** A program that tells its version, and in its help the flags. */
const tells = (version: string, help = ""): string =>
  `case "$*" in *--version*) echo "${version}";; *--help*) echo "${help}";; *) echo worked > "$HOME/worked";; esac`;

const claude = tells("2.1.329 (Claude Code)", claudeHelp);
const key = { ANTHROPIC_API_KEY: "sk-ant-planted" };

/** A PATH with nothing on it but these scripts and what nightcrew itself needs. */
function withPrograms(sandbox: Sandbox, programs: Readonly<Record<string, string>>): Record<string, string> {
  const bin = sandbox.path("bin");
  mkdirSync(bin);
  for (const name of ["git", "sh", "sleep"]) {
    const found = findProgram(name, process.env["PATH"] ?? "", "/");
    if (found !== null) symlinkSync(found, join(bin, name));
  }
  for (const [name, script] of Object.entries(programs))
    chmodSync(sandbox.write(join("bin", name), `#!/bin/sh\n${script}\n`), 0o755);
  return { PATH: bin };
}

const plain = { "ROADMAP.md": "- [ ] one\n" };

function agentOf(ended: Ended, name: string): AgentView {
  const view = JSON.parse(ended.stdout) as AgentsView;
  const agent = view.agents.find((candidate) => candidate.name === name);
  if (agent === undefined) throw new Error(`no ${name} in ${ended.stdout} ${ended.stderr}`);
  return agent;
}

const findingOf = (agent: AgentView, name: string): string | undefined =>
  agent.findings.filter((finding) => finding.name === name).map(({ verdict, detail }) => `${verdict}: ${detail}`)[0];

describe("nightcrew agents", () => {
  test("lists what is installed, with version, login, provider and load, in a pipe and as JSON", async ({
    sandbox,
  }) => {
    const env = { ...withPrograms(sandbox, { claude, codex: tells("codex-cli 0.169.0") }), ...key };
    const repo = sandbox.repository(plain);
    const { stdout, code } = await repo.run(["agents"], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^claude +2\.1\.329 +ANTHROPIC_API_KEY +its own +unknown +0 of 3 +anthropic +none$/m);
    expect(stdout).toMatch(/^codex +0\.169\.0 +missing/m);
    const json = await repo.run(["agents", "--json"], env);
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, configured: false });
    expect(agentOf(json, "claude")).toMatchObject({
      program: sandbox.path("bin", "claude"),
      account: { state: "there", keys: ["ANTHROPIC_API_KEY"], files: [] },
      tried: ["2.1.329"],
      running: 0,
      maxConcurrent: 3,
      usable: true,
    });
    expect(`${stdout}${json.stdout}`).not.toContain("planted");
  });

  test("tells what is configured: model, price, capabilities, backups", async ({ sandbox }) => {
    const env = { ...withPrograms(sandbox, { claude }), ...key };
    const settings = [
      "agents:",
      "  good: {driver: claude, model: claude-sonnet-4-5, capabilities: [docs], backups: [cheap], maxConcurrent: 2}",
      "  cheap: {driver: claude, cost: {perAttempt: 0.5}}",
      "  own: {driver: claude, model: claude-opus-4-5}",
      "prices: {'claude-opus-*': {input: 1, output: 2}}",
    ];
    const repo = sandbox.repository({ ...plain, "nightcrew.yaml": `${settings.join("\n")}\n` });
    const { stdout } = await repo.run(["agents"], env);
    expect(stdout).toMatch(/^good \(claude\) .* claude-sonnet-4-5 +3 in, 15 out USD\/M \(table\) +0 of 2/m);
    expect(stdout).toMatch(/^cheap \(claude\) .* 0\.50 USD each time/m);
    expect(stdout).toMatch(/^own \(claude\) .* claude-opus-4-5 +1 in, 2 out USD\/M +0 of 3/m);
    expect(stdout).toContain("good is good at docs");
    expect(stdout).toContain("good is stood in for by cheap");
  });

  test("works outside of a repository, and says where nothing was found", async ({ sandbox }) => {
    const env = withPrograms(sandbox, {});
    const { stdout, code } = await sandbox.nightcrew(["agents"], { env });
    expect({ stdout, code }).toEqual({
      stdout: "No agent is configured, and none was found. Name one under `agents:` in nightcrew.yaml.\n",
      code: 0,
    });
  });

  test("asks for versions with an empty HOME and without keys", async ({ sandbox }) => {
    const nosy = `[ -z "$ANTHROPIC_API_KEY" ] && [ ! -e "$HOME/.gitconfig" ] && : > "$HOME/litter" && echo 2.1.329`;
    const env = { ...withPrograms(sandbox, { claude: nosy }), ...key };
    const agent = agentOf(await sandbox.repository(plain).run(["agents", "--json"], env), "claude");
    expect(agent.version).toBe("2.1.329");
    expect(sandbox.files(sandbox.path("user")).filter((file) => file.endsWith("litter"))).toEqual([]);
  });
});

describe("nightcrew agents probe", () => {
  const probe = async (sandbox: Sandbox, env: Readonly<Record<string, string>>, ...names: string[]): Promise<Ended> =>
    sandbox.repository(plain).run(["agents", "probe", ...names, "--json"], env);

  test("is 0 where all that are named can be used; nothing is asked of a model", async ({ sandbox }) => {
    const env = { ...withPrograms(sandbox, { claude, codex: "exit 1" }), ...key };
    const ended = await probe(sandbox, env, "claude");
    expect(ended.code).toBe(0);
    const agent = agentOf(ended, "claude");
    expect(findingOf(agent, "version")).toBe("ok: 2.1.329, as it was tried");
    expect(findingOf(agent, "flags")).toBe("ok: its help names all 8 that are used");
    expect(sandbox.find(sandbox.root, "worked")).toEqual([]);
  });

  test("knows who is logged in by the file that is there", async ({ sandbox }) => {
    const env = withPrograms(sandbox, { claude });
    sandbox.write("user/.claude/.credentials.json", "planted");
    const ended = await probe(sandbox, env);
    expect(ended.code).toBe(0);
    expect(findingOf(agentOf(ended, "claude"), "account")).toBe("ok: ~/.claude/.credentials.json");
    expect(ended.stdout).not.toContain("planted");
  });

  test("of one with neither key nor login says how to get one", async ({ sandbox }) => {
    const ended = await sandbox.repository(plain).run(["agents", "probe"], withPrograms(sandbox, { claude }));
    expect(ended.code).toBe(2);
    expect(ended.stdout).toContain("claude 2.1.329: cannot be used");
    expect(ended.stdout).toMatch(/problem +claude +account +no key is set, nobody is logged in/);
    expect(ended.stdout).toContain("set ANTHROPIC_API_KEY or");
  });

  test("of the built-in agent looks for a key, or a server of one's own", async ({ sandbox }) => {
    const repo = sandbox.repository({ ...plain, "nightcrew.yaml": "agents: {builtin: {}}\n" });
    const programs = withPrograms(sandbox, {});
    const verdict = async (env: Record<string, string>): Promise<[number | null, string | undefined]> => {
      const ended = await repo.run(["agents", "probe", "--json"], { ...programs, ...env });
      return [ended.code, findingOf(agentOf(ended, "builtin"), "account")];
    };
    expect(await verdict({})).toEqual([2, "problem: no key is set, nobody is logged in"]);
    expect(await verdict({ OPENROUTER_API_KEY: "planted" })).toEqual([0, "ok: OPENROUTER_API_KEY"]);
    const keyless = "warning: no key is set; its endpoint may want none";
    expect(await verdict({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1" })).toEqual([0, keyless]);
  });

  test.for([
    ["older", "1.0.0", "warning: 1.0.0 is older than what was tried (2.1.329)"],
    ["newer", "3.0.1-beta.2", "warning: 3.0.1-beta.2 is newer than what was tried (2.1.329)"],
  ] as const)("of a version that is %s warns, and takes it all the same", async ([, version, said], { sandbox }) => {
    const env = { ...withPrograms(sandbox, { claude: tells(version, claudeHelp) }), ...key };
    const ended = await probe(sandbox, env);
    expect(findingOf(agentOf(ended, "claude"), "version")).toBe(said);
    expect(ended.code).toBe(0);
  });

  test.for([
    [
      "says nonsense",
      "printf 'oops \\033[31m\\377 no\\n'",
      /^problem: it tells no version \(exit code 0\): "oops .*no"$/,
    ],
    ["says nothing", "exit 3", /^problem: it tells no version \(exit code 3\): it printed nothing$/],
    [
      "floods",
      "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
      /^problem: it prints without end$/,
    ],
    ["hangs, with a child of its own", "sleep 1000 & sleep 1000", /^problem: no end within 10\.0 s$/],
  ] as const)(
    "of one that %s when it is asked for its version finds so in time",
    async ([, script, said], { sandbox }) => {
      const env = { ...withPrograms(sandbox, { claude: script }), ...key };
      const ended = await probe(sandbox, env);
      expect(findingOf(agentOf(ended, "claude"), "version")).toMatch(said);
      expect(ended.code).toBe(2);
    },
  );

  test("names the flags that its help does not", async ({ sandbox }) => {
    const env = { ...withPrograms(sandbox, { claude: tells("2.1.329", "--print --output-formats --model") }), ...key };
    const ended = await probe(sandbox, env);
    expect(findingOf(agentOf(ended, "claude"), "flags")).toBe(
      "problem: its help does not name --output-format, --input-format, --replay-user-messages, --permission-mode, --allowedTools, --resume",
    );
    expect(ended.code).toBe(2);
  });

  test("of one that is not installed says how it would be", async ({ sandbox }) => {
    const ended = await probe(sandbox, withPrograms(sandbox, { claude }), "codex");
    expect(ended.code).toBe(2);
    expect(agentOf(ended, "codex").findings[0]).toEqual({
      name: "program",
      verdict: "problem",
      detail: "command not found: codex",
      next: "npm install --global @openai/codex",
    });
  });

  test("of a command that is mistyped says what is there", async ({ sandbox }) => {
    const repo = sandbox.repository({ ...plain, "nightcrew.yaml": "agents:\n  claude: {command: [cluade]}\n" });
    const ended = await repo.run(["agents", "probe", "--json"], { ...withPrograms(sandbox, { claude }), ...key });
    expect(ended.code).toBe(2);
    expect(findingOf(agentOf(ended, "claude"), "program")).toBe(
      "problem: command not found: cluade; did you mean claude?",
    );
  });

  test("refuses a name that nobody has, before anything is started", async ({ sandbox }) => {
    const env = withPrograms(sandbox, { claude: `echo started > ${sandbox.path("started")}` });
    const ended = await sandbox.repository(plain).run(["agents", "probe", "claude", "cladue"], env);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("There is no agent cladue");
    expect(ended.stderr).toContain("did you mean claude?");
    expect(sandbox.find(sandbox.root, "started")).toEqual([]);
  });

  test("is 2 where there is nobody", async ({ sandbox }) => {
    expect((await probe(sandbox, withPrograms(sandbox, {}))).code).toBe(2);
  });
});

// Where there is no bubblewrap, runs are unsandboxed, and there is nothing to try.
describe.runIf((await findSandbox()).kind === "bubblewrap")("with a sandbox", () => {
  // What the sandbox is made of is found where it always is: in the temporary folder it would be hidden from itself.
  const sandboxed = (sandbox: Sandbox, programs: Readonly<Record<string, string>>): Record<string, string> => ({
    PATH: `${withPrograms(sandbox, programs)["PATH"]}:${process.env["PATH"]}`,
    NIGHTCREW_SANDBOX: "auto",
    ...key,
  });

  test("the very program is started in it", async ({ sandbox }) => {
    const env = sandboxed(sandbox, { claude });
    const ended = await sandbox.repository(plain).run(["agents", "probe", "claude", "--json"], env);
    const agent = agentOf(ended, "claude");
    expect(agent.findings.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(findingOf(agent, "sandbox")).toBe("ok: its program starts inside");
    expect(agent.sandbox).toBe("bubblewrap");
    expect(ended.code).toBe(0);
  });

  test("a program that only starts outside of it is told, with what would mend it", async ({ sandbox }) => {
    sandbox.write("user/private/part", "");
    const script = `test -e ${sandbox.path("user/private/part")} || { echo "a part is missing" >&2; exit 5; }\n${claude}`;
    const env = sandboxed(sandbox, { claude: script });
    const ended = await sandbox.repository(plain).run(["agents", "probe", "claude", "--json"], env);
    expect(ended.code).toBe(2);
    const agent = agentOf(ended, "claude");
    expect(findingOf(agent, "sandbox")).toMatch(/^problem: it does not start inside: .*exit code 5.*a part is missing/);
    expect(agent.findings.find(({ name }) => name === "sandbox")?.next).toContain("readable:");
  });

  test("a program of the repository is started nowhere else", async ({ sandbox }) => {
    const outside = sandbox.path("outside");
    const repo = sandbox.repository({
      ...plain,
      "nightcrew.yaml": "agents:\n  claude: {command: [./mine]}\n",
      mine: `#!/bin/sh\ntouch ${outside}\nexit 1\n`,
    });
    chmodSync(sandbox.path("repo/mine"), 0o755);
    const ended = await repo.run(["agents", "probe", "claude", "--json"], sandboxed(sandbox, {}));
    expect(findingOf(agentOf(ended, "claude"), "version")).toMatch(/^problem: it tells no version/);
    expect(sandbox.find(sandbox.root, "outside")).toEqual([]);
  });
});

test("doctor warns of an agent that nobody is logged in with", async ({ sandbox }) => {
  const { stdout } = await sandbox.repository(plain).run(["doctor"], withPrograms(sandbox, { claude }));
  expect(stdout).toMatch(/^warning +agent claude +.*bin\/claude; no key is set, nobody is logged in$/m);
});
