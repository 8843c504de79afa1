import type { AgentEvent } from "../../../domain/agent-event.ts";
import type { Driver, DriverJob, Launch, Reader } from "../driver.ts";
import { amountAt, asFields, fieldsAt, fieldsOn, isTrue, lineAt, listAt, sumOf, textAt } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { firstVersion, inScratch, keyName, resumed, spaced } from "./launching.ts";
import { failed, message, retry, session, used } from "./said.ts";
import { toolsInUse, type Tools } from "./tools.ts";

/** pi, printing its events as JSON lines. */
export const pi: Driver = {
  name: "pi",
  program: "pi",
  traits: { saysFinal: true, resumes: true, converses: false, usage: "cost", permissions: ["allow", "deny"] },
  probe: {
    versionArgs: ["--version"],
    version: firstVersion,
    tried: ["0.73.1"],
    keys: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY"],
    loginFiles: [".pi/agent/auth.json"],
    helpArgs: ["--help"],
    flags: ["--print", "--mode", "--model", "--session", "--session-dir", "--no-extensions"],
  },
  provider: null,
  hosts: [],
  launch: (job) => ({
    argv: [
      ...job.command,
      "--print",
      "--mode",
      "json",
      "--no-extensions",
      // It asks nobody for anything: commands are taken from it.
      ...(job.permissions === "deny" ? ["--tools", "read,edit,write,grep,find,ls"] : []),
      ...(job.endpoint === null ? [] : ["--provider", "configured"]),
      ...spaced("--model", job.model),
      ...spaced("--session-dir", sessions(job)),
      ...spaced("--session", resumed(job)),
      ...job.args,
    ],
    env: environmentOf(job),
    files: job.endpoint === null ? [] : filesOf(job, job.endpoint),
    stdin: job.prompt,
    converses: false,
  }),
  reader: piReader,
};

const settingsFolder = "pi";

/** Its settings are our own only where the endpoint is: in the user's it keeps who is logged in. */
function environmentOf(job: DriverJob): Launch["env"] {
  const offline = { PI_OFFLINE: "1", PI_TELEMETRY: "0", PI_SKIP_VERSION_CHECK: "1" };
  return job.endpoint === null ? offline : { ...offline, PI_CODING_AGENT_DIR: inScratch(job, settingsFolder) };
}

/** Sessions outlive the attempt, so they are where they would be with settings of the user. */
function sessions(job: DriverJob): string | null {
  const home = job.environment["HOME"];
  return home === undefined || job.endpoint === null ? null : `${home}/.pi/agent/sessions`;
}

/** It takes the name of the key's variable. A price of nothing means that none is known. */
function filesOf(job: DriverJob, endpoint: string): Launch["files"] {
  const id = job.model ?? "default";
  const provider = {
    baseUrl: endpoint,
    api: "openai-completions",
    apiKey: keyName(job, ["OPENAI_API_KEY", "OPENROUTER_API_KEY"]),
    models: [
      {
        id,
        name: id,
        reasoning: false,
        input: ["text"],
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        contextWindow: 128_000,
        maxTokens: 8_000,
      },
    ],
  };
  const json = (name: string, value: unknown) => ({
    path: inScratch(job, `${settingsFolder}/${name}`),
    text: `${JSON.stringify(value, null, 2)}\n`,
  });
  return [
    json("models.json", { providers: { configured: provider } }),
    json("settings.json", { retry: { enabled: true, maxRetries: 3 } }),
  ];
}

interface State {
  readonly tools: Tools;
  /** How the last answer ended: `agent_end` comes once for every retry, and its exit code is 0 also after errors. */
  stop: string | null;
  error: string;
}

function piReader(): Reader {
  const state: State = { tools: toolsInUse(), stop: null, error: "" };
  return {
    line(text, cut) {
      const event = fieldsOn(text, cut);
      return event === null ? [] : readEvent(state, event);
    },
    errorLine(text) {
      if (state.stop === null && /error|no api key|not found|no models?/i.test(text)) state.error = text;
      return [];
    },
    ended: ({ code }) => outcome(state, code),
  };
}

function outcome({ stop, error }: State, code: number | null): readonly AgentEvent[] {
  if (stop === "aborted") return failed({ cause: "cancelled", message: error || "aborted" });
  if (stop === "length") return failed({ cause: "other", message: "the model's answer was cut short" });
  if (stop === "stop" && code === 0) return [{ type: "final", ok: true }];
  return error === "" ? [] : failed({ message: error });
}

function readEvent(state: State, event: Fields): readonly AgentEvent[] {
  switch (textAt(event, "type")) {
    case "session":
      return session(textAt(event, "id"));
    case "message_end":
      return readMessage(state, fieldsAt(event, "message"));
    case "tool_execution_start":
      return state.tools.began(
        textAt(event, "toolCallId"),
        textAt(event, "toolName") ?? "tool",
        fieldsAt(event, "args"),
      );
    case "tool_execution_end":
      return state.tools.ended(textAt(event, "toolCallId"), !isTrue(event, "isError"));
    case "auto_retry_start":
      return [retry(null, textAt(event, "errorMessage"))];
    default:
      return [];
  }
}

function readMessage(state: State, answer: Fields): readonly AgentEvent[] {
  if (textAt(answer, "role") !== "assistant") return [];
  state.stop = textAt(answer, "stopReason");
  state.error = textAt(answer, "errorMessage") ?? "";
  if (state.stop === "error") return [];
  const texts = listAt(answer, "content")
    .map(asFields)
    .filter((block) => textAt(block, "type") === "text")
    .flatMap((block) => message(textAt(block, "text")));
  return [{ type: "turn" }, ...texts, ...readUsage(answer)];
}

/** It says 0 of a model whose price it does not know. */
function readUsage(answer: Fields): readonly AgentEvent[] {
  const usage = fieldsAt(answer, "usage");
  const cost = amountAt(fieldsAt(usage, "cost"), "total") || null;
  return used("delta", {
    inputTokens: sumOf(amountAt(usage, "input"), amountAt(usage, "cacheWrite")),
    cachedTokens: amountAt(usage, "cacheRead"),
    outputTokens: amountAt(usage, "output"),
    cost,
    currency: cost === null ? null : "USD",
    model: lineAt(answer, "model", 100),
  });
}
