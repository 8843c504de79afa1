import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test as base } from "vitest";
import { BridgeBench, isAlive, type BridgeStart, type Line } from "../rig/bridge.ts";
import { eventually } from "../rig/sandbox.ts";
import { startModel, type ModelAnswer, type ModelRequest, type ModelServer } from "../rig/model-server.ts";

interface World {
  readonly bench: BridgeBench;
  /** Starts a scripted model, which is gone after the test. */
  readonly model: (script: (request: ModelRequest, turn: number) => ModelAnswer) => Promise<ModelServer>;
}

const test = base.extend<World>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  bench: async ({}, use) => {
    const bench = new BridgeBench();
    await use(bench);
    bench.remove();
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  model: async ({}, use) => {
    const servers: ModelServer[] = [];
    await use(async (script) => {
      const server = await startModel(script);
      servers.push(server);
      return server;
    });
    await Promise.all(servers.map((server) => server.close()));
  },
});

/** Nothing listens there: it has no service, only root could take it, and it is none that `fetch` refuses by itself. */
const closedPort = "http://127.0.0.1:4";

const typed = (lines: readonly Line[], type: string): Line[] => lines.filter((line) => line["type"] === type);
const toolAnswer = ({ messages }: ModelRequest): string => JSON.stringify(messages.at(-1)?.["content"]);
const call = (name: string, args: object): ModelAnswer => ({ calls: [{ name, args }] });
const write = (path: string, content = "hello\n") => call("write_file", { file_path: path, content });
/** Calls one tool after the other, and then is done. */
const inOrder =
  (...answers: readonly ModelAnswer[]) =>
  (_: ModelRequest, turn: number) =>
    answers[turn - 1] ?? { text: "Done." };

function start(
  bench: BridgeBench,
  server: Pick<ModelServer, "url">,
  args: readonly string[] = [],
  more: Partial<BridgeStart> = {},
) {
  const env = { OPENAI_API_KEY: "planted-key", OPENAI_BASE_URL: `${server.url}/v1`, ...more.env };
  return bench.start("builtin-agent", { ...more, env, args: ["--model", "m1", ...args] });
}

describe("the built-in agent", () => {
  test("makes an edit, and tells of it in the order it happened, with tokens and cost", async ({ bench, model }) => {
    const headers = { "x-litellm-response-cost": "0.25" };
    const usage = { prompt_tokens_details: { cached_tokens: 40 } };
    const server = await model((request) =>
      request.afterTool ? { text: "Done." } : { ...write("sub/hello.txt"), text: "I will.", headers, usage },
    );
    const { code, lines, stderr } = await start(bench, server, [], { prompt: "Write hello." }).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(bench.read("workspace/sub/hello.txt")).toBe("hello\n");
    expect(lines.map(({ type, state }) => [type, state].filter(Boolean).join(" ")).join("|")).toBe(
      "session|turn|usage|message|tool started|file|tool done|turn|usage|message|final",
    );
    const [first, second] = typed(lines, "usage");
    expect(first).toMatchObject({
      input_tokens: 60,
      cached_tokens: 40,
      output_tokens: 10,
      cost: 0.25,
      currency: "USD",
    });
    expect(second).toMatchObject({ input_tokens: 100, cost: null, currency: null, basis: "delta", model: "m1" });
    expect(lines).toContainEqual({ type: "file", path: bench.path("workspace/sub/hello.txt") });
    expect([...(server.requests[0]?.tools ?? [])].sort()).toEqual(
      "delete edit_file execute glob grep ls read_file task write_file write_todos".split(" "),
    );
    expect(JSON.stringify(server.requests[0]?.messages)).toContain("Write hello.");
    expect(server.requests[0]?.headers.authorization).toBe("Bearer planted-key");
  });

  test("speaks to Anthropic endpoints", async ({ bench, model }) => {
    const usage = { cache_read_input_tokens: 7, cache_creation_input_tokens: 5 };
    const server = await model((request) => (request.afterTool ? { text: "Done." } : { ...write("hello.txt"), usage }));
    const env = { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: server.url };
    const { lines } = await bench.start("builtin-agent", { args: ["--model", "claude-x"], env }).ended;
    expect(lines.at(-1)).toMatchObject({ ok: true });
    expect(bench.has("workspace/hello.txt")).toBe(true);
    expect(typed(lines, "usage")[0]).toMatchObject({ input_tokens: 105, cached_tokens: 7, output_tokens: 10 });
    expect(server.requests.map(({ protocol }) => protocol)).toEqual(["anthropic", "anthropic"]);
  });

  test("finishes without an edit where there is nothing to do", async ({ bench, model }) => {
    const { lines } = await start(bench, await model(() => ({ text: "Nothing to do." }))).ended;
    expect(lines).toContainEqual({ type: "message", text: "Nothing to do." });
    expect(typed(lines, "file")).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ ok: true });
  });

  test.for([
    [401, "unauthorized", 1],
    [404, "endpoint", 1],
    [429, "limited", 2],
    [500, "endpoint", 2],
    [529, "endpoint", 2],
  ] as const)(
    "ends after bounded tries where the endpoint answers %i",
    async ([status, cause, tries], { bench, model }) => {
      const server = await model(() => ({ status, message: "no", headers: { "retry-after": "0" } }));
      const { code, lines } = await start(bench, server, ["--retries", "1"]).ended;
      expect(code).toBe(1);
      expect(lines.at(-1)).toEqual({ type: "final", ok: false, cause, status, message: `status ${status}: no` });
      expect(server.requests).toHaveLength(tries);
      expect(typed(lines, "retry")).toHaveLength(tries - 1);
      expect(typed(lines, "turn")).toEqual([]);
    },
  );

  test.for(["<html>Please log in</html>", '{"id":"x","choices":[{"mess', "{}", '{"choices":[]}', "null", ""])(
    "ends after bounded tries where the endpoint answers with what is no answer: %s",
    async (instead, { bench, model }) => {
      const server = await model(() => ({ instead }));
      const { code, lines } = await start(bench, server, ["--retries", "1"]).ended;
      expect(code).toBe(1);
      const said = instead === "" ? "nothing" : `what no model says: ${instead}`;
      const message = `the model's endpoint answers with ${said}`;
      expect(lines.at(-1)).toEqual({ type: "final", ok: false, cause: "endpoint", status: null, message });
      expect(server.requests).toHaveLength(2);
      expect(typed(lines, "turn")).toEqual([]);
    },
  );

  test("does not wait for a limit that is far, and tells when it ends", async ({ bench, model }) => {
    const server = await model(() => ({ status: 429, headers: { "retry-after": "3600" } }));
    const before = Date.now();
    const { lines } = await start(bench, server).ended;
    expect(server.requests).toHaveLength(1);
    const resetsAt = Number(typed(lines, "limit")[0]?.["resets_at"]);
    expect(resetsAt).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(resetsAt).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expect(lines.at(-1)).toMatchObject({ cause: "limited", status: 429 });
  });

  test("tries again, and goes on where that helps", async ({ bench, model }) => {
    const server = await model((_, turn) =>
      turn === 1 ? { status: 503, headers: { "retry-after": "0" } } : { text: "Done." },
    );
    const { lines } = await start(bench, server).ended;
    expect(typed(lines, "retry")).toMatchObject([{ status: 503 }]);
    expect(lines.at(-1)).toMatchObject({ ok: true });
  });

  test("ends where nothing listens", async ({ bench }) => {
    const { lines } = await start(bench, { url: closedPort }, ["--retries", "0"]).ended;
    expect(lines.at(-1)).toMatchObject({ cause: "endpoint", status: null });
    expect(lines.at(-1)?.["message"]).toMatch(/ECONNREFUSED/);
  });

  test("ends at its limit of turns, and has made no request more", async ({ bench, model }) => {
    const server = await model(() => call("ls", {}));
    const { lines } = await start(bench, server, ["--max-turns", "3"]).ended;
    expect(lines.at(-1)).toMatchObject({ cause: "turn-limit", message: "it was ended after 3 turns" });
    expect(server.requests).toHaveLength(3);
    expect(typed(lines, "turn")).toHaveLength(3);
  });

  test("counts the turns of its sub-agents, and lets them edit", async ({ bench, model }) => {
    const task = { description: "Write it.", subagent_type: "general-purpose" };
    const script = inOrder(call("task", task), write("hello.txt"), { text: "Written." });
    const { lines } = await start(bench, await model(script)).ended;
    expect(bench.has("workspace/hello.txt")).toBe(true);
    expect(typed(lines, "tool").map(({ name, state }) => `${String(name)} ${String(state)}`)).toEqual([
      "task started",
      "write_file started",
      "write_file done",
      "task done",
    ]);
    expect(typed(lines, "turn")).toHaveLength(4);
    const limited = await start(bench, await model(inOrder(call("task", task), call("ls", {}), call("ls", {}))), [
      "--max-turns",
      "2",
    ]).ended;
    expect(limited.lines.at(-1)).toMatchObject({ cause: "turn-limit" });
  });

  test("denies a tool that a person is asked for and nobody answers, and tells the model", async ({ bench, model }) => {
    const server = await model(inOrder(write("hello.txt"), call("execute", { command: "touch x" })));
    const { lines } = await start(bench, server, ["--ask", "write_file,execute"]).ended;
    // It may ask before it has seen that nobody is there: then it waits for that.
    const answered = typed(lines, "permission").filter(({ answer }) => answer !== "waiting");
    expect(answered.map(({ asked, answer }) => [asked, answer])).toEqual([
      ["write_file: hello.txt", "denied"],
      ["execute: touch x", "denied"],
    ]);
    expect(bench.has("workspace/hello.txt") || bench.has("workspace/x")).toBe(false);
    expect(
      server.requests
        .slice(1)
        .map(toolAnswer)
        .every((answer) => answer.includes("denied this")),
    ).toBe(true);
    expect(typed(lines, "tool").at(1)).toMatchObject({ name: "write_file", state: "failed" });
  });

  test("asks, and does what the answer says", async ({ bench, model }) => {
    const server = await model(inOrder(write("a"), write("b")));
    const bridge = start(bench, server, ["--permissions", "ask"], { stdin: true });
    await bridge.saw({ type: "permission", asked: "write_file: a", answer: "waiting" });
    bridge.send({ type: "answer", question: "write_file: a", text: "allow" });
    await bridge.saw({ type: "permission", asked: "write_file: b", answer: "waiting" });
    bridge.send({ type: "answer", question: "write_file: b", text: "reject" });
    await bridge.ended;
    expect([bench.has("workspace/a"), bench.has("workspace/b")]).toEqual([true, false]);
  });

  test("changes nothing where all is denied, and still reads", async ({ bench, model }) => {
    writeFileSync(bench.path("workspace/there"), "text\n");
    const server = await model(
      inOrder(
        call("read_file", { file_path: "there" }),
        write("a"),
        call("delete", { file_path: bench.path("workspace/there") }),
      ),
    );
    const { lines } = await start(bench, server, ["--permissions", "deny"]).ended;
    expect(typed(lines, "permission").map(({ answer }) => answer)).toEqual(["denied", "denied"]);
    expect(toolAnswer(server.requests[1] as ModelRequest)).toContain("text");
    expect([bench.has("workspace/a"), bench.has("workspace/there")]).toEqual([false, true]);
  });

  test("leaves nothing that a command started, and hides its key from commands", async ({ bench, model }) => {
    const command = "sleep 1000 & echo $! > pid; (sleep 1000; :) & env";
    const server = await model(inOrder(call("execute", { command })));
    const { lines } = await start(bench, server).ended;
    expect(lines.at(-1)).toMatchObject({ ok: true });
    // Ended it is by then; gone when it had its turn.
    await eventually(() => !isAlive(Number(bench.read("workspace/pid"))), "it is gone");
    const seen = toolAnswer(server.requests[1] as ModelRequest);
    expect(seen).toContain("HOME=");
    expect(seen).not.toContain("planted-key");
  });

  test("cancelled in a command, leaves nothing of it", async ({ bench, model }) => {
    const command = "sleep 1000 & echo $! > pid; mkfifo done; echo x > done";
    const bridge = start(bench, await model(inOrder(call("execute", { command }))), [], { stdin: true });
    await bridge.saw({ type: "tool", state: "started" });
    // Opened for reading: resolves when the command has come to its last step.
    execFileSync("sh", ["-c", "until [ -p done ]; do sleep 0.02; done"], { cwd: bench.workspace, timeout: 60_000 });
    const pid = Number(bench.read("workspace/pid"));
    expect(isAlive(pid)).toBe(true);
    bridge.send({ type: "cancel" });
    expect((await bridge.ended).lines.at(-1)).toMatchObject({ cause: "cancelled" });
    await eventually(() => !isAlive(pid), "it is gone");
  });

  test("cancelled by a signal while the model hangs", async ({ bench, model }) => {
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const server = await model(() => {
      asked();
      return { hang: true };
    });
    const bridge = start(bench, server);
    await isAsked;
    bridge.child.kill("SIGTERM");
    expect((await bridge.ended).lines.at(-1)).toMatchObject({ cause: "cancelled" });
  });

  test("goes on with a session, from a folder of its own", async ({ bench, model }) => {
    const args = ["--session-folder", bench.path("sessions")];
    const first = await start(bench, await model(inOrder(write("hello.txt"), { text: "The word is swordfish." })), args)
      .ended;
    const id = String(typed(first.lines, "session")[0]?.["id"]);
    const server = await model(() => ({ text: "Again." }));
    const second = await start(bench, server, [...args, "--resume", id], { prompt: "What was the word?" }).ended;
    expect(typed(second.lines, "session")).toEqual([{ type: "session", id }]);
    expect(typed(second.lines, "message")).toEqual([{ type: "message", text: "Again." }]);
    const sent = JSON.stringify(server.requests[0]?.messages);
    expect(sent).toContain("swordfish");
    expect(sent).toContain("What was the word?");
  });

  test("keeps its sessions in the home of whoever runs it, where no folder is named; a full or closed home stops nothing", async ({
    bench,
    model,
  }) => {
    const first = await start(bench, await model(() => ({ text: "The word is swordfish." }))).ended;
    const id = String(typed(first.lines, "session")[0]?.["id"]);
    expect(bench.has(`user/.local/state/nightcrew/agent-sessions/${id}.json`)).toBe(true);
    const server = await model(() => ({ text: "Again." }));
    await start(bench, server, ["--resume", id]).ended;
    expect(JSON.stringify(server.requests[0]?.messages)).toContain("swordfish");
    const nowhere = ["--session-folder", "/dev/null/sessions"];
    const { lines } = await start(bench, server, nowhere).ended;
    expect(typed(lines, "progress")).toMatchObject([{ message: "its session cannot be kept" }]);
    expect(lines.at(-1)).toMatchObject({ ok: true });
  });

  test("reads options of its own behind -- too", async ({ bench, model }) => {
    const server = await model(() => ({ text: "Done." }));
    await start(bench, server, ["--", "--workspace", "virtual"]).ended;
    expect(server.requests[0]?.tools).not.toContain("execute");
  });

  test("begins anew where the session is not there or is damaged, under the same id", async ({ bench, model }) => {
    mkdirSync(bench.path("sessions"));
    writeFileSync(bench.path("sessions/broken.json"), '{"version":1,"messages":[{"ty');
    for (const id of ["broken", "absent"]) {
      const args = ["--session-folder", bench.path("sessions"), "--resume", id];
      const { lines } = await start(bench, await model(() => ({ text: "Hello." })), args).ended;
      expect(lines[0]).toEqual({ type: "session", id });
      expect(lines[1]).toMatchObject({ message: "nothing is kept of that session: it begins anew" });
      expect(lines.at(-1)).toMatchObject({ ok: true });
    }
  });

  test("refuses paths outside of the workspace, but for the full mode", async ({ bench, model }) => {
    const script = inOrder(write(bench.path("outside")), write("../beside"), write("/hello.txt"));
    const server = await model(script);
    await start(bench, server).ended;
    expect(
      server.requests
        .slice(1)
        .map(toolAnswer)
        .every((answer) => answer.includes("outside of the workspace")),
    ).toBe(true);
    expect([bench.has("outside"), bench.has("beside")]).toEqual([false, false]);
    await start(bench, await model(inOrder(write(bench.path("outside")))), ["--workspace", "full"]).ended;
    expect(bench.read("outside")).toBe("hello\n");
  });

  test("keeps edits apart in the virtual mode, and writes them out only when it finished", async ({ bench, model }) => {
    writeFileSync(bench.path("workspace/old"), "one two\n");
    const edits = [
      call("edit_file", { file_path: bench.path("workspace/old"), old_string: "two", new_string: "three" }),
      write("new/file"),
      call("read_file", { file_path: "old" }),
      call("grep", { pattern: "hello" }),
    ];
    const failing = await model((_, turn) => edits[turn - 1] ?? { status: 400 });
    await start(bench, failing, ["--workspace", "virtual"]).ended;
    expect(bench.read("workspace/old")).toBe("one two\n");
    expect(bench.has("workspace/new")).toBe(false);
    expect(failing.requests[0]?.tools).not.toContain("execute");
    expect(toolAnswer(failing.requests[3] as ModelRequest)).toContain("one three");
    expect(toolAnswer(failing.requests[4] as ModelRequest)).toContain("new/file");
    await start(bench, await model(inOrder(...edits)), ["--workspace", "virtual"]).ended;
    expect(bench.read("workspace/old")).toBe("one three\n");
    expect(bench.read("workspace/new/file")).toBe("hello\n");
  });

  test("tells what it refuses or what was cut off as a failure", async ({ bench, model }) => {
    const filtered = await start(bench, await model(() => ({ text: "No.", stopReason: "content_filter" }))).ended;
    expect(filtered.lines.at(-1)).toMatchObject({ cause: "refused" });
    const cut = await start(bench, await model(() => ({ text: "So", stopReason: "length" }))).ended;
    expect(cut.lines.at(-1)).toMatchObject({ cause: "turn-limit" });
  });

  test.for([
    ["openai", {}],
    ["anthropic", { OPENAI_API_KEY: "", OPENAI_BASE_URL: "", ANTHROPIC_API_KEY: "planted-key" }],
  ] as const)(
    "has a message before it with its next question to the model: %s",
    async ([protocol, keys], { bench, model }) => {
      const server = await model(inOrder(write("a"), { text: "First." }));
      const env = { ...keys, ANTHROPIC_BASE_URL: server.url };
      const bridge = start(bench, server, ["--ask", "write_file"], { stdin: true, env });
      await bridge.saw({ type: "permission", answer: "waiting" });
      expect(server.requests).toHaveLength(1);
      bridge.send({ type: "message", id: "0123abcd", text: "And more." });
      bridge.send({ type: "message", id: "4567cdef", text: "And that." });
      bridge.send({ type: "answer", question: "", text: "yes" });
      const { code, lines } = await bridge.ended;
      expect(code).toBe(0);
      expect(typed(lines, "message").map(({ text }) => text)).toEqual(["First."]);
      expect(typed(lines, "told").map(({ id }) => id)).toEqual(["0123abcd", "4567cdef"]);
      expect(server.requests.map((request) => request.protocol)).toEqual([protocol, protocol]);
      expect(JSON.stringify(server.requests.at(-1)?.messages)).toMatch(/And more\.[^]*And that\./);
    },
  );

  test("makes no request without a key or a model, and tells which are missing", async ({ bench }) => {
    const keyless = await bench.start("builtin-agent", { args: ["--model", "m1"] }).ended;
    expect(keyless.lines).toMatchObject([{ type: "final", cause: "unauthorized" }]);
    const own = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" };
    const nameless = await bench.start("builtin-agent", { args: [], env: own }).ended;
    expect(nameless.lines).toMatchObject([{ type: "final", cause: "unknown-model" }]);
    const wrong = await bench.start("builtin-agent", { args: ["--ask", "fly"] }).ended;
    expect(wrong).toMatchObject({ code: 2, lines: [] });
    expect(wrong.stderr).toMatch(/^--ask knows no tool fly/);
  });
});
