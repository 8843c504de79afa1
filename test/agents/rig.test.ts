import { spawn, spawnSync } from "node:child_process";
import { lookup } from "node:dns/promises";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { test, type Sandbox } from "../rig/sandbox.ts";
import { byHand } from "./by-hand.ts";
import { cliFolder, cliNames, cliOf, versionOf } from "./clis.ts";
import { openModel, type Model } from "./model-server.ts";

// What the conformance run stands on, each piece by itself: the box, the model, and every agent without us.
const here = dirname(fileURLToPath(import.meta.url));
const agentMs = 60_000;

const held: { model: Model | null } = { model: null };
const theModel = (): Model => held.model ?? expect.fail("no model was opened");

beforeAll(async () => {
  held.model = await openModel(cliFolder);
});

afterAll(async () => {
  await held.model?.close();
});

describe("the box", () => {
  test("has loopback and no way out", async () => {
    expect(Object.keys(networkInterfaces())).toEqual(["lo"]);
    await expect(fetch("http://1.1.1.1/", { signal: AbortSignal.timeout(5_000) })).rejects.toMatchObject({
      cause: { code: "ENETUNREACH" },
    });
    await expect(lookup("example.org")).rejects.toMatchObject({ code: expect.stringMatching(/EAI_AGAIN|ENOTFOUND/) });
  });

  test("hides the real HOME, and hands on no variable of its own", () => {
    const hidden = (process.env["NIGHTCREW_BOX_HIDDEN"] ?? "").split(":").filter((path) => path !== "");
    expect(hidden.length).toBeGreaterThan(0);
    // What has to stay visible below it is there, and nothing that starts with a dot but what leads to that.
    const files = hidden.flatMap((home) =>
      readdirSync(home, { withFileTypes: true }).filter((entry) => entry.isFile()),
    );
    expect(files).toEqual([]);
    const names = Object.keys(process.env).filter((name) => /TOKEN|SECRET|PASSWORD|_KEY$|^SSH_|^GITHUB_/.test(name));
    expect(names).toEqual([]);
  });

  test("ends at its limit with all that is in it, sessions of their own included", () => {
    const mark = "7319";
    const script = `setsid sleep ${mark} & nohup sleep ${mark} >/dev/null & trap '' TERM; sleep ${mark}`;
    const inner = spawnSync(process.execPath, [join(here, "box.mjs"), "1", "sh", "-c", script], {
      timeout: 20_000,
      encoding: "utf8",
    });
    expect(inner.status).toBe(137);
    expect(commands().filter((command) => command.includes(mark))).toEqual([]);
  });
});

describe("the model", () => {
  test.for(["/v1/messages", "/v1/chat/completions", "/v1/responses"])(
    "refuses, and tells when it will not, at %s",
    async (path) => {
      const said = { model: "m1", messages: [{ role: "user", content: "{{do limited}}" }], input: "{{do limited}}" };
      const answer = await fetch(`${theModel().url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer test", "x-api-key": "test" },
        body: JSON.stringify({ ...said, max_tokens: 10, tools: [toolFor(path)] }),
      });
      expect(answer.status).toBe(429);
      expect(answer.headers.get("retry-after")).toBe("3600");
      expect(Number(answer.headers.get("anthropic-ratelimit-unified-reset"))).toBeGreaterThan(Date.now() / 1000);
    },
  );

  test("tells its cost as gateways do", async () => {
    const body = JSON.stringify({ model: "m1", messages: [{ role: "user", content: "{{do talk}}" }] });
    const headers = { "content-type": "application/json", authorization: "Bearer test" };
    const plain = await fetch(`${theModel().url}/v1/chat/completions`, { method: "POST", headers, body });
    expect(plain.headers.get("x-litellm-response-cost")).toBe("0.0025");
    const routed = await fetch(`${theModel().url}/api/v1/chat/completions`, { method: "POST", headers, body });
    expect(await routed.json()).toMatchObject({ usage: { cost: 0.0025 } });
  });

  test("answers nothing where it should hang", async () => {
    const body = JSON.stringify({
      model: "m1",
      messages: [{ role: "user", content: "{{do hang}}" }],
      tools: [toolFor("/v1/chat/completions")],
    });
    const asked = fetch(`${theModel().url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer test" },
      body,
      signal: AbortSignal.timeout(500),
    });
    await expect(asked).rejects.toThrow(/timeout/);
  });
});

describe("by hand", () => {
  test.for(cliNames.map((name) => [name, versionOf(name)] as const))(
    "%s %s edits one file",
    { timeout: agentMs + 10_000 },
    async ([name], { sandbox, skip }) => {
      const program = cliOf(name);
      if (program === null) return skip(`${name} is not installed`);
      const repo = sandbox.repository({ "README.md": "# one\n" });
      const prompt = "Create hello.txt. {{write hello.txt hello from the model}}";
      const start = byHand[name]?.({ url: theModel().url, home: sandbox.path("user"), prompt });
      if (start === undefined) return expect.fail(`nobody said how ${name} is started`);
      const { code, output } = await ran({ sandbox, program, cwd: repo.path, ...start });
      const written = existsSync(join(repo.path, "hello.txt")) ? repo.read("hello.txt") : `nothing; ${output}`;
      // Agents put things into the folder for temporary files, and some leave children.
      for (const pid of sandbox.processes()) process.kill(pid, "SIGKILL");
      await sandbox.left();
      sandbox.empty("tmp");
      expect({ code, written }).toEqual({ code: 0, written: "hello from the model\n" });
    },
  );
});

interface Start {
  readonly sandbox: Sandbox;
  readonly program: string;
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function ran({ sandbox, program, cwd, args, env }: Start): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...sandbox.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: agentMs,
      killSignal: "SIGKILL",
    });
    let output = "";
    const hear = (chunk: Buffer): string => (output = `${output}${chunk.toString("utf8")}`.slice(-2_000));
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

function toolFor(path: string): unknown {
  const parameters = { type: "object", properties: {} };
  if (path.endsWith("messages")) return { name: "Write", description: "", input_schema: parameters };
  if (path.endsWith("responses")) return { type: "function", name: "exec_command", description: "", parameters };
  return { type: "function", function: { name: "write", description: "", parameters } };
}

function commands(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => (existsSync(`/proc/${name}/cmdline`) ? readFileSync(`/proc/${name}/cmdline`, "latin1") : ""));
}
