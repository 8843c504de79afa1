import { existsSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test as base } from "vitest";
import { BridgeBench, isAlive, type BridgeStart, type Line } from "../rig/bridge.ts";
import { eventually } from "../rig/sandbox.ts";

const fakeAgent = join(dirname(dirname(fileURLToPath(import.meta.url))), "rig", "fake-acp-agent.mjs");

const test = base.extend<{ bench: BridgeBench }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest wants the pattern
  bench: async ({}, use) => {
    const bench = new BridgeBench();
    await use(bench);
    bench.remove();
  },
});

const typed = (lines: readonly Line[], type: string): Line[] => lines.filter((line) => line["type"] === type);
const permissions = (lines: readonly Line[]) => typed(lines, "permission").map(({ answer }) => answer);

describe("the bridge to agents that speak the Agent Client Protocol", () => {
  const start = (bench: BridgeBench, scene: string, options: Partial<BridgeStart> = {}) =>
    bench.start("acp-agent", {
      ...options,
      args: [...(options.args ?? []), "--", process.execPath, fakeAgent, scene, bench.path("record")],
    });
  const record = (bench: BridgeBench): Line[] =>
    bench
      .read("record")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);

  test("has an edit done, and tells of it in the order it happened", async ({ bench }) => {
    const { code, lines } = await start(bench, "edit").ended;
    expect(code).toBe(0);
    expect(bench.read("workspace/hello.txt")).toBe("hello\n");
    expect(lines.map(({ type, state }) => [type, state].filter(Boolean).join(" "))).toEqual(
      "session|turn|progress|message|tool started|permission|tool done|file|turn|usage|usage|message|final".split("|"),
    );
    expect(lines).toContainEqual({ type: "message", text: "I will write it." });
    expect(lines).toContainEqual({ type: "file", path: bench.path("workspace/hello.txt") });
    const [cost, tokens] = typed(lines, "usage");
    expect(cost).toMatchObject({ cost: 0.5, currency: "USD", input_tokens: null, basis: "session" });
    expect(tokens).toMatchObject({ input_tokens: 60, cached_tokens: 40, output_tokens: 5, cost: null, basis: "delta" });
    expect(lines.at(-1)).toEqual({ type: "final", ok: true, cause: null, status: null, message: "" });
    expect(record(bench)).toContainEqual({ outcome: { outcome: "selected", optionId: "once" } });
  });

  test("denies everything where that is the policy", async ({ bench }) => {
    const { lines } = await start(bench, "edit", { args: ["--permissions", "deny"] }).ended;
    expect(permissions(lines)).toEqual(["denied"]);
    expect(bench.has("workspace/hello.txt")).toBe(false);
    expect(typed(lines, "tool").map(({ state }) => state)).toEqual(["started", "failed"]);
  });

  test("grants no edit outside of the workspace, whatever the policy and by whatever way", async ({ bench }) => {
    expect(permissions((await start(bench, "outside").ended).lines)).toEqual(["denied"]);
    const asked = await start(bench, "outside", { args: ["--permissions", "ask"], stdin: true }).ended;
    expect(permissions(asked.lines)).toEqual(["denied"]);
    symlinkSync("../elsewhere.txt", bench.path("workspace/hello.txt"));
    expect(permissions((await start(bench, "edit").ended).lines)).toEqual(["denied"]);
    expect(bench.has("outside.txt") || bench.has("elsewhere.txt")).toBe(false);
  });

  test.for([
    ["yes", ["waiting", "granted"], true],
    ["no, rather not", ["waiting", "denied"], false],
  ] as const)("asks, and an answer of %j decides", async ([text, answers, written], { bench }) => {
    const bridge = start(bench, "edit", { args: ["--permissions", "ask"], stdin: true });
    const { asked } = await bridge.saw({ type: "permission", answer: "waiting" });
    bridge.send({ type: "answer", question: "another question", text: "yes" });
    bridge.send({ type: "answer", question: asked, text });
    const { lines } = await bridge.ended;
    expect(permissions(lines)).toEqual(answers);
    expect(bench.has("workspace/hello.txt")).toBe(written);
  });

  test("denies what is asked when nobody is there, or nobody answers in time", async ({ bench }) => {
    const alone = await start(bench, "edit", { args: ["--permissions", "ask"] }).ended;
    // It may be asked before it has seen that nobody is there: then it waits for that.
    expect(permissions(alone.lines).filter((answer) => answer !== "waiting")).toEqual(["denied"]);
    const args = ["--permissions", "ask", "--answer-timeout", "1"];
    const { lines } = await start(bench, "edit", { args, stdin: true }).ended;
    expect(permissions(lines)).toEqual(["waiting", "denied"]);
  });

  test("takes up a message when the agent is done with what it does", async ({ bench }) => {
    const bridge = start(bench, "edit", { args: ["--permissions", "ask"], stdin: true });
    const { asked } = await bridge.saw({ type: "permission", answer: "waiting" });
    bridge.send({ type: "message", id: "0123abcd", text: "And then this." });
    bridge.send({ type: "answer", question: asked, text: "yes" });
    await bridge.saw({ type: "permission", answer: "granted" });
    bridge.child.stdin?.end();
    const { code, lines } = await bridge.ended;
    expect([code, typed(lines, "told")]).toEqual([0, [{ type: "told", id: "0123abcd" }]]);
    expect(record(bench).flatMap(({ prompt }) => (prompt === undefined ? [] : [prompt]))).toEqual([
      "Do it.",
      "And then this.",
    ]);
  });

  test("tells of no message as told where the agent ended before it", async ({ bench }) => {
    const bridge = start(bench, "asks-and-refuses", { args: ["--permissions", "ask"], stdin: true });
    const { asked } = await bridge.saw({ type: "permission", answer: "waiting" });
    bridge.send({ type: "message", id: "0123abcd", text: "And then this." });
    bridge.send({ type: "answer", question: asked, text: "no" });
    const { lines } = await bridge.ended;
    expect([typed(lines, "told"), lines.at(-1)]).toEqual([[], expect.objectContaining({ cause: "refused" })]);
  });

  test.for([
    ["nothing", { ok: true }],
    ["refusal", { cause: "refused" }],
    ["max-turns", { cause: "turn-limit" }],
    ["new-reason", { cause: "other", message: 'it stopped for a reason that is not known: "weary"' }],
    ["unauthorized", { cause: "unauthorized", status: 401 }],
    ["limited", { cause: "limited", status: 429 }],
    ["login", { cause: "unauthorized", message: "it must be logged in first: Authentication required" }],
    ["old", { cause: "other", message: "it speaks version 0 of the Agent Client Protocol, not 1" }],
    ["no-session", { cause: "other", message: "it opened no session" }],
    ["dies", { cause: "other", message: "it ended with exit code 3 before its answer: panic: out of cheese" }],
    ["noise", { cause: "other", message: "what it prints is not the Agent Client Protocol" }],
    ["long-answer", { cause: "other", message: "it sent a message of more than 16 MB" }],
  ] as const)("tells how it ended: %s", async ([scene, final], { bench }) => {
    const { code, lines } = await start(bench, scene).ended;
    expect(lines.at(-1)).toMatchObject({ type: "final", ok: false, ...final });
    expect(code).toBe("ok" in final ? 0 : 1);
  });

  test("tells that an agent could not be started", async ({ bench }) => {
    const { lines } = await bench.start("acp-agent", { args: ["--", "/nowhere/agent"] }).ended;
    expect(lines).toMatchObject([{ type: "final", cause: "other" }]);
    expect(lines[0]?.["message"]).toMatch(/^it could not be started: spawn .*ENOENT/);
  });

  test("puts up with an agent that breaks the protocol, and writes nothing for it", async ({ bench }) => {
    const { lines } = await start(bench, "rude").ended;
    expect(lines.at(-1)).toMatchObject({ type: "final", ok: true });
    const told = record(bench);
    expect(told).toContainEqual({ write: -32_601 });
    expect(told).toContainEqual({ private: -32_601 });
    expect(told).toContainEqual({ permission: { outcome: "cancelled" } });
    expect(existsSync("/etc/x")).toBe(false);
  });

  test("skips an update of 50 MB", async ({ bench }) => {
    const { lines } = await start(bench, "long-update").ended;
    expect(typed(lines, "message")).toEqual([{ type: "message", text: "After it." }]);
    expect(lines.at(-1)).toMatchObject({ ok: true });
  });

  test("ends an agent that takes too many turns", async ({ bench }) => {
    const { lines } = await start(bench, "loop", { args: ["--max-turns", "3"] }).ended;
    expect(lines.at(-1)).toMatchObject({ cause: "turn-limit", message: "it was ended after 3 turns" });
  });

  test("cancels by a command and by a signal, and the agent is told", async ({ bench }) => {
    const told = start(bench, "hang", { stdin: true });
    await told.saw({ type: "tool" });
    told.send({ type: "cancel" });
    expect((await told.ended).lines.at(-1)).toMatchObject({ cause: "cancelled" });
    const signalled = start(bench, "hang");
    await signalled.saw({ type: "tool" });
    signalled.child.kill("SIGTERM");
    expect((await signalled.ended).lines.at(-1)).toMatchObject({ cause: "cancelled" });
    expect(record(bench).filter(({ cancelled }) => cancelled === true)).toHaveLength(2);
  });

  test("leaves nothing of an agent that hears neither a cancel nor signals", async ({ bench }) => {
    const bridge = start(bench, "deaf", { stdin: true });
    await bridge.saw({ type: "tool" });
    const { pid, child } = record(bench).find((line) => "child" in line) as { pid: number; child: number };
    expect([isAlive(pid), isAlive(child)]).toEqual([true, true]);
    bridge.send({ type: "cancel" });
    expect((await bridge.ended).lines.at(-1)).toMatchObject({ cause: "cancelled" });
    // Killed it is by then; gone when it had its turn.
    await eventually(() => !isAlive(pid) && !isAlive(child), "both are gone");
  });

  test("tells how it ended where the agent left somebody with its output", async ({ bench }) => {
    const { code, lines } = await start(bench, "orphan").ended;
    const child = record(bench).find((line) => "child" in line)?.["child"];
    process.kill(Number(child), "SIGKILL");
    expect(code).toBe(1);
    expect(lines.at(-1)).toMatchObject({ cause: "unauthorized", status: 401 });
  });

  test("goes on with a session without telling again what was said; begins anew where it cannot", async ({ bench }) => {
    const resumed = await start(bench, "nothing", { args: ["--resume", "s1"] }).ended;
    expect(record(bench)).toContainEqual({ loaded: "s1" });
    expect(typed(resumed.lines, "message")).toEqual([{ type: "message", text: "There is nothing to do." }]);
    const anew = await start(bench, "forgetful", { args: ["--resume", "s0"] }).ended;
    expect(anew.lines[0]).toMatchObject({ type: "progress" });
    expect(anew.lines[1]).toEqual({ type: "session", id: "s1" });
  });

  test("chooses the model, also by a name without its provider", async ({ bench }) => {
    await start(bench, "nothing", { args: ["--model", "slow"] }).ended;
    expect(record(bench)).toContainEqual({ model: "provider/slow" });
  });

  test("refuses a model that is not offered before anything is asked of it", async ({ bench }) => {
    const { lines } = await start(bench, "nothing", { args: ["--model", "dear"] }).ended;
    expect(lines).toMatchObject([{ cause: "unknown-model" }]);
    expect(bench.has("record")).toBe(false);
  });

  test("hands over a prompt of 200 kB whole", async ({ bench }) => {
    await start(bench, "nothing", { prompt: "é".repeat(200_000) }).ended;
    expect(record(bench)).toMatchObject([{ length: 200_000 }]);
  });

  test("tells on stderr what is wrong with its command line", async ({ bench }) => {
    const wrong = await bench.start("acp-agent", { args: ["--max-turns", "0", "--", "x"] }).ended;
    expect(wrong).toMatchObject({ code: 2, lines: [], stderr: "--max-turns is a number of at least 1\n" });
  });
});
