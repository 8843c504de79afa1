import { describe, expect, it } from "vitest";
import { driverNames } from "../../../domain/agent.ts";
import type { DriverJob } from "../driver.ts";
import { driverOf, drivers } from "./index.ts";

const bridges = { acp: ["/node", "/bridge.js", "acp"], builtin: ["/node", "/bridge.js", "builtin"] };
const key = "key-that-nobody-may-see";

function jobOf(over: Partial<DriverJob> = {}): DriverJob {
  return {
    prompt: "Create a file",
    promptFile: "/run/prompt.md",
    workspace: "/workspace",
    scratch: "/scratch",
    command: ["/bin/agent", "first"],
    args: ["--last"],
    model: null,
    endpoint: null,
    maxTurns: null,
    maxCostUsd: null,
    permissions: "allow",
    converses: false,
    resume: null,
    sandboxed: false,
    environment: { HOME: "/agent-home" },
    ...over,
  };
}

const everything: Partial<DriverJob> = {
  prompt: "long ".repeat(40_000),
  model: "m1",
  endpoint: "http://127.0.0.1:4010/v1",
  maxTurns: 7,
  resume: "session-1",
  environment: {
    HOME: "/agent-home",
    ...Object.fromEntries(
      ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "CODEX_API_KEY", "GEMINI_API_KEY"].map((name) => [name, key]),
    ),
  },
};

/** A driver's name with what its launch is with nothing set, and with all of it. */
const cases = driverNames.flatMap((name) =>
  [false, true].flatMap((sandboxed) => [
    [name, jobOf({ sandboxed })] as const,
    [name, jobOf({ ...everything, sandboxed })] as const,
  ]),
);

describe("every driver", () => {
  it("is listed once, by its name", () => {
    expect(drivers(bridges).map(({ name }) => name)).toEqual([...driverNames]);
    for (const name of driverNames) expect(driverOf(name, bridges).name).toBe(name);
  });

  it.each(cases)("%s: is run by the configured command, and its arguments are handed on", (name, job) => {
    const { argv } = driverOf(name, bridges).launch(job);
    expect(argv).toContain("--last");
    if (name === "builtin") expect(argv.slice(0, 3)).toEqual(bridges.builtin);
    else expect(argv.join(" ")).toContain("/bin/agent first");
    if (name === "acp") expect(argv.slice(0, 3)).toEqual(bridges.acp);
  });

  it.each(cases)("%s: hands no long prompt over as an argument", (name, job) => {
    const { argv, stdin } = driverOf(name, bridges).launch(job);
    for (const word of argv) expect(word.length).toBeLessThan(4_000);
    const byFile = argv.some((word) => word.includes(job.promptFile));
    // A plain command finds its prompt in its environment.
    const byStdin = stdin === job.prompt || (stdin?.includes(JSON.stringify(job.prompt)) ?? false);
    expect(byStdin || byFile || name === "command").toBe(true);
  });

  it.each(cases)("%s: writes only below the attempt's own folder, and no key into files or arguments", (name, job) => {
    const { argv, files } = driverOf(name, bridges).launch(job);
    for (const { path, text } of files) {
      expect(path.startsWith("/scratch/")).toBe(true);
      expect(path).not.toContain("..");
      expect(text).not.toContain(key);
    }
    expect(argv.join(" ")).not.toContain(key);
  });

  it.each(driverNames)("%s: takes no session for an option or a path", (name) => {
    for (const resume of ["--dangerous", "../../etc/passwd", "a b", "", "x".repeat(200), "a\nb"]) {
      const { argv } = driverOf(name, bridges).launch(jobOf({ ...everything, resume }));
      expect(argv.filter((word) => resume !== "" && word.includes(resume))).toEqual([]);
      expect(argv).not.toContain("");
    }
  });

  it.each(driverNames)("%s: is told by one line what a person says, exactly where its stdin stays open", (name) => {
    const driver = driverOf(name, bridges);
    const canBeTold = driver.launch(jobOf({ converses: true })).converses;
    expect(driver.message !== undefined).toBe(canBeTold);
    expect(driver.launch(jobOf()).converses).toBe(driver.traits.converses);
    if (driver.message === undefined) return;
    const line = driver.message({ id: "0123abcd", text: "Stop\nthere.\u2028" });
    expect(line).not.toContain("\n");
    expect(line).toContain("0123abcd");
    expect(JSON.stringify(JSON.parse(line))).toContain(JSON.stringify("Stop\nthere.\u2028"));
  });

  it.each(driverNames)("%s: can say what it needs to be probed", (name) => {
    const { probe, traits, program } = driverOf(name, bridges);
    if (probe === null) return;
    expect(program).toBe(name);
    expect(probe.tried.length).toBeGreaterThan(0);
    for (const version of probe.tried) expect(probe.version(`agent ${version} (something)`)).toBe(version);
    expect(probe.version("command not found")).toBeNull();
    expect(probe.keys.length).toBeGreaterThan(0);
    expect(traits.saysFinal).toBe(true);
  });
});

describe("permissions: deny", () => {
  const denying = drivers(bridges).filter(({ traits }) => traits.permissions.includes("deny"));
  const free = /=yolo|dangerously|bypass|--auto(?!-)|allowed-?tools|"bash":"allow"/i;

  it.each(denying.map(({ name }) => name))("%s: is nowhere told to do without asking, in a sandbox or not", (name) => {
    for (const sandboxed of [true, false]) {
      const { argv, env, files } = driverOf(name, bridges).launch(jobOf({ permissions: "deny", sandboxed }));
      expect(JSON.stringify([argv, env, files])).not.toMatch(free);
    }
  });

  it.each(["claude", "gemini", "opencode", "qwen"] as const)("%s: is told so only there", (name) => {
    const { argv, env } = driverOf(name, bridges).launch(jobOf({ sandboxed: true }));
    expect(JSON.stringify([argv, env])).toMatch(free);
  });

  it("takes commands from pi, which asks nobody", () => {
    const argvOf = (permissions: "allow" | "deny"): readonly string[] =>
      driverOf("pi", bridges).launch(jobOf({ permissions })).argv;
    expect(argvOf("deny").join(" ")).toContain("--tools read,edit,write,grep,find,ls");
    expect(argvOf("allow")).not.toContain("--tools");
  });

  it("is nothing for who is run as it is, or asks only for what it cannot have", () => {
    const others = drivers(bridges).filter(({ traits }) => !traits.permissions.includes("deny"));
    expect(others.map(({ name }) => name)).toEqual(["command", "codex"]);
  });
});

describe("claude", () => {
  const argvOf = (over: Partial<DriverJob>) => driverOf("claude", bridges).launch(jobOf(over));

  it("asks nothing inside a sandbox, which root must say is there", () => {
    const { argv, env } = argvOf({ sandboxed: true });
    expect(argv).toContain("--dangerously-skip-permissions");
    expect(env["IS_SANDBOX"]).toBe("1");
  });

  it("accepts edits and runs commands outside one, and never skips what it asks", () => {
    const { argv, env } = argvOf({ sandboxed: false });
    expect(argv).toContain("--permission-mode=acceptEdits");
    expect(argv.join(" ")).not.toContain("dangerously");
    expect(env["IS_SANDBOX"]).toBeUndefined();
  });

  it("is told of model, turns, session and endpoint", () => {
    const { argv, env } = argvOf(everything);
    expect(argv).toEqual(expect.arrayContaining(["--model=m1", "--max-turns=7", "--resume=session-1"]));
    expect(env["ANTHROPIC_BASE_URL"]).toBe("http://127.0.0.1:4010/v1");
  });
});

describe("codex", () => {
  const launchOf = (over: Partial<DriverJob>) => driverOf("codex", bridges).launch(jobOf(over));

  it.each([null, "session-1"])("is in a sandbox of one kind exactly, also when it goes on with %s", (resume) => {
    const inside = launchOf({ sandboxed: true, resume }).argv.join(" ");
    expect(inside).toContain("--dangerously-bypass-approvals-and-sandbox");
    expect(inside).not.toContain("sandbox_mode");
    const outside = launchOf({ sandboxed: false, resume }).argv.join(" ");
    expect(outside).not.toContain("--dangerously");
    expect(outside).toContain('sandbox_mode="workspace-write"');
  });

  it("reads the prompt from stdin, behind the session", () => {
    expect(launchOf({ resume: "session-1" }).argv.slice(-2)).toEqual(["session-1", "-"]);
    expect(launchOf({}).argv.at(-1)).toBe("-");
  });

  it("finds its key by the name it reads, where only the other one is set", () => {
    const environment = { OPENAI_API_KEY: key };
    expect(launchOf({ environment }).env["CODEX_API_KEY"]).toBe(key);
    const withEndpoint = launchOf({ environment, endpoint: "http://127.0.0.1:1/v1" });
    expect(withEndpoint.env["CODEX_API_KEY"]).toBeUndefined();
    expect(withEndpoint.argv.join(" ")).toContain('env_key="OPENAI_API_KEY"');
    expect(launchOf({ environment: { ...environment, CODEX_API_KEY: "own" } }).env).toEqual({});
  });
});

describe("gemini", () => {
  it("has a home of its own only where an endpoint is configured", () => {
    const { env, files } = driverOf("gemini", bridges).launch(jobOf(everything));
    expect(env["GEMINI_CLI_HOME"]).toBe("/scratch/gemini-home");
    expect(files.map(({ path }) => path)).toEqual(["/scratch/gemini-home/.gemini/settings.json"]);
    expect(JSON.parse(files[0]?.text ?? "")).toMatchObject({
      model: { maxSessionTurns: 7 },
      telemetry: { enabled: false },
    });
    const usual = driverOf("gemini", bridges).launch(jobOf());
    expect([usual.env["GEMINI_CLI_HOME"], usual.files]).toEqual([undefined, []]);
  });

  it("has no parent process that swallows signals", () => {
    expect(driverOf("gemini", bridges).launch(jobOf()).env["GEMINI_CLI_NO_RELAUNCH"]).toBe("true");
  });

  it("has not finished where it broke off a loop, though it ends with success", () => {
    const reader = driverOf("gemini", bridges).reader(jobOf());
    const lines = [
      { type: "error", severity: "warning", message: "Loop detected, stopping execution" },
      { type: "result", status: "success", stats: {} },
    ].flatMap((event) => reader.line(JSON.stringify(event), false));
    const message = "Loop detected, stopping execution";
    expect(lines).toEqual([{ type: "final", ok: false, cause: "other", status: null, message }]);
    expect(reader.ended({ code: 0, signal: null })).toEqual([]);
  });

  it("says nothing of why it was killed by what it says of its terminal", () => {
    const reader = driverOf("gemini", bridges).reader(jobOf());
    reader.errorLine("Warning: Basic terminal detected (TERM=dumb). Visual rendering will be limited.");
    expect(reader.ended({ code: null, signal: "SIGKILL" })).toEqual([]);
  });
});

describe("opencode", () => {
  it("has a database of its own, and is told of the endpoint by its environment", () => {
    const { env } = driverOf("opencode", bridges).launch(jobOf(everything));
    expect(env["OPENCODE_DB"]).toBe("/scratch/opencode.db");
    expect(JSON.parse(env["OPENCODE_CONFIG_CONTENT"] ?? "")).toMatchObject({
      model: "configured/m1",
      provider: { configured: { options: { baseURL: "http://127.0.0.1:4010/v1", apiKey: "{env:OPENAI_API_KEY}" } } },
    });
  });
});

describe("a bridge", () => {
  it("is told to deny what its agent asks for, where the configuration says so", () => {
    const { argv } = driverOf("acp", bridges).launch(jobOf({ permissions: "deny" }));
    expect(argv.join(" ")).toContain("--permissions deny");
    expect(driverOf("acp", bridges).launch(jobOf()).argv.join(" ")).not.toContain("--permissions");
  });

  it("is told of the job by arguments, and of the agent behind a double dash", () => {
    const { argv, converses, stdin } = driverOf("acp", bridges).launch(jobOf(everything));
    expect(argv.join(" ")).toBe(
      `${bridges.acp.join(" ")} --prompt-file /run/prompt.md --model m1 --resume session-1 --max-turns 7 ` +
        "--endpoint http://127.0.0.1:4010/v1 -- /bin/agent first --last",
    );
    expect([converses, stdin]).toEqual([true, null]);
  });

  it("that is the agent itself runs no command", () => {
    const { argv } = driverOf("builtin", bridges).launch(jobOf());
    expect(argv).toEqual([...bridges.builtin, "--prompt-file", "/run/prompt.md", "--", "--last"]);
    expect(driverOf("builtin", bridges).launch(jobOf({ args: [] })).argv).not.toContain("--");
  });
});
