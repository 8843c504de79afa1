// An agent that speaks the Agent Client Protocol and does what its first argument says; written by hand, so that it can
// break the protocol too. The second argument is a file for what it wants a test to know.
import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , scene = "edit", record = "/dev/null"] = process.argv;
const waiting = new Map();
let lastId = 1_000;

const note = (value) => appendFileSync(record, `${JSON.stringify(value)}\n`);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const update = (fields) => send({ method: "session/update", params: { sessionId: "s1", update: fields } });
const say = (text) => update({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
const ask = (method, params) =>
  new Promise((resolve) => {
    const id = ++lastId;
    waiting.set(id, resolve);
    send({ id, method, params });
  });

const permission = (toolCall) =>
  ask("session/request_permission", {
    sessionId: "s1",
    toolCall: { toolCallId: "t1", ...toolCall },
    options: [
      { optionId: "always", name: "Always", kind: "allow_always" },
      { optionId: "once", name: "Once", kind: "allow_once" },
      { optionId: "no", name: "No", kind: "reject_once" },
    ],
  });

async function editWithPermission(path) {
  update({ sessionUpdate: "tool_call", toolCallId: "t1", title: `Write ${path}`, kind: "edit", status: "pending" });
  const answer = await permission({
    kind: "edit",
    title: `Write ${path}`,
    content: [{ type: "diff", path, oldText: "", newText: "hello\n" }],
  });
  note({ outcome: answer.result?.outcome });
  const granted = answer.result?.outcome?.optionId === "once";
  if (granted) writeFileSync(path, "hello\n");
  update({
    sessionUpdate: "tool_call_update",
    toolCallId: "t1",
    status: granted ? "completed" : "failed",
    locations: [{ path }],
  });
}

let cancelled = () => undefined;
const cancel = new Promise((resolve) => {
  cancelled = resolve;
});

/** What a prompt does, by scene; answers with the result of the request, or `{ error }`. */
const scenes = {
  async edit() {
    update({ sessionUpdate: "agent_thought_chunk", content: { type: "text", text: "hm" } });
    say("I will ");
    say("write it.");
    await editWithPermission(`${process.cwd()}/hello.txt`);
    say("Done.");
    update({ sessionUpdate: "usage_update", used: 1200, size: 128_000, cost: { amount: 0.5, currency: "USD" } });
    const usage = { inputTokens: 100, cachedReadTokens: 40, outputTokens: 5, totalTokens: 105 };
    return { stopReason: "end_turn", usage };
  },
  async outside() {
    await editWithPermission(`${process.cwd()}/../outside.txt`);
    return { stopReason: "end_turn" };
  },
  async nothing() {
    say("There is nothing to do.");
    return { stopReason: "end_turn" };
  },
  async refusal() {
    return { stopReason: "refusal" };
  },
  async "asks-and-refuses"() {
    await permission({ kind: "execute", title: "ls" });
    return { stopReason: "refusal" };
  },
  async "max-turns"() {
    return { stopReason: "max_turn_requests" };
  },
  async "new-reason"() {
    return { stopReason: "weary" };
  },
  async unauthorized() {
    return {
      error: { code: -32603, message: "Internal error", data: { details: "unexpected status 401 Unauthorized" } },
    };
  },
  async limited() {
    return { error: { code: 429, message: "Too many requests" } };
  },
  async loop() {
    for (let turn = 1; turn <= 50; turn++) {
      update({ sessionUpdate: "tool_call", toolCallId: `t${turn}`, title: "echo", kind: "execute", status: "pending" });
      update({ sessionUpdate: "tool_call_update", toolCallId: `t${turn}`, status: "completed" });
      await ask("client/ping", {});
    }
    await cancel;
    return { stopReason: "cancelled" };
  },
  async hang() {
    say("Working.");
    update({ sessionUpdate: "tool_call", toolCallId: "t1", title: "sleep", kind: "execute", status: "in_progress" });
    await cancel;
    note({ cancelled: true });
    return { stopReason: "cancelled" };
  },
  async deaf() {
    const child = spawn("sleep", ["1000"], { stdio: "ignore" });
    note({ pid: process.pid, child: child.pid });
    process.on("SIGTERM", () => undefined);
    setInterval(() => undefined, 1_000);
    update({ sessionUpdate: "tool_call", toolCallId: "t1", title: "sleep", kind: "execute", status: "in_progress" });
    await new Promise(() => undefined);
  },
  async orphan() {
    // In a session of its own, and with our stdout: nobody sees the end of that.
    const child = spawn("sleep", ["1000"], { stdio: ["ignore", "inherit", "inherit"], detached: true });
    note({ child: child.pid });
    child.unref();
    return { error: { code: -32603, message: "Internal error", data: { details: "401 invalid key" } } };
  },
  async dies() {
    say("So far, so good.");
    process.stderr.write("panic: out of cheese\n");
    await new Promise((resolve) => process.stdout.write("", resolve));
    process.exit(3);
  },
  async rude() {
    process.stdout.write('starting up...\n{"half": \n[1,2]\n"text"\n');
    send({ method: "session/update", params: null });
    send({ method: "session/update", params: { update: { sessionUpdate: 7, toolCallId: {} } } });
    update({ sessionUpdate: "tool_call", toolCallId: 5, kind: [], title: {}, locations: "no" });
    send({ id: 77, result: {} });
    note({ write: (await ask("fs/write_text_file", { sessionId: "s1", path: "/etc/x", content: "x" })).error?.code });
    note({ private: (await ask("_private/thing", {})).error?.code });
    note({ permission: (await ask("session/request_permission", null)).result?.outcome });
    return { stopReason: "end_turn" };
  },
  async "long-update"() {
    say("x".repeat(50_000_000));
    say("After it.");
    return { stopReason: "end_turn" };
  },
  async "long-answer"() {
    return { stopReason: "end_turn", text: "x".repeat(50_000_000) };
  },
  async noise() {
    for (let line = 0; line < 3_000; line++) process.stdout.write("not a message\n");
    await cancel;
    return { stopReason: "cancelled" };
  },
  async forgetful() {
    return { stopReason: "end_turn" };
  },
};

const models = [
  { value: "fast", name: "Fast" },
  { value: "provider/slow", name: "Slow" },
];
const session = {
  configOptions: [{ id: "model", category: "model", type: "select", currentValue: "fast", options: models }],
};

async function handle({ method, params }) {
  switch (method) {
    case "initialize":
      if (scene === "old") return { protocolVersion: 0 };
      return {
        protocolVersion: 1,
        agentInfo: { name: "fake", version: "1" },
        agentCapabilities: { loadSession: scene !== "forgetful" },
      };
    case "session/new":
      if (scene === "login") return { error: { code: -32000, message: "Authentication required" } };
      if (scene === "no-session") return {};
      return { sessionId: "s1", ...session };
    case "session/load":
      note({ loaded: params.sessionId });
      say("What was said before.");
      return session;
    case "session/set_config_option":
      note({ [params.configId]: params.value });
      return {};
    case "session/prompt":
      note({ prompt: params.prompt[0].text.slice(0, 100), length: params.prompt[0].text.length });
      return await scenes[scene]();
    default:
      return { error: { code: -32601, message: "method not found" } };
  }
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const message = JSON.parse(line);
  if (message.method === "session/cancel") return cancelled();
  if (message.method === undefined) return waiting.get(message.id)?.(message);
  const answer = await handle(message);
  send(answer?.error === undefined ? { id: message.id, result: answer } : { id: message.id, error: answer.error });
});
