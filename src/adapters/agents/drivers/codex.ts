import type { AgentEvent } from "../../../domain/agent-event.ts";
import type { Driver, DriverJob, Launch, Reader } from "../driver.ts";
import { amountAt, asFields, fieldsAt, fieldsOn, lineAt, listAt, objectsIn, sumOf, textAt, without } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { firstVersion, keyName, resumed, spaced } from "./launching.ts";
import { errorText, failed, message, retry, session, used } from "./said.ts";
import { answersSeen, type Answers } from "./tools.ts";

/** Codex, by `codex exec --json`. */
export const codex: Driver = {
  name: "codex",
  program: "codex",
  // It asks only to leave its own sandbox, and that cannot be made within ours.
  traits: { saysFinal: true, resumes: true, converses: false, usage: "tokens", permissions: ["allow"] },
  probe: {
    versionArgs: ["--version"],
    version: firstVersion,
    tried: ["0.169.0"],
    keys: ["CODEX_API_KEY", "OPENAI_API_KEY"],
    loginFiles: [".codex/auth.json"],
    helpArgs: ["exec", "--help"],
    flags: ["--json", "--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check", "--model", "resume"],
  },
  provider: "openai",
  hosts: ["api.openai.com", "chatgpt.com", "auth.openai.com"],
  launch: (job) => {
    const session = resumed(job);
    return {
      argv: [
        ...job.command,
        "exec",
        ...(session === null ? [] : ["resume"]),
        "--json",
        "--skip-git-repo-check",
        "--disable",
        "plugins",
        "--disable",
        "apps",
        ...settings(job).flatMap((setting) => ["-c", setting]),
        ...(job.sandboxed ? ["--dangerously-bypass-approvals-and-sandbox"] : []),
        ...spaced("--model", job.model),
        ...job.args,
        ...(session === null ? [] : [session]),
        "-",
      ],
      env: environmentOf(job),
      files: [],
      stdin: job.prompt,
      converses: false,
    };
  },
  reader: codexReader,
  asking: {
    launch: (job) => ({
      argv: [
        ...job.command,
        "exec",
        "--json",
        "--skip-git-repo-check",
        "--disable",
        "plugins",
        "--disable",
        "apps",
        ...[...settings({ ...job, sandboxed: true }), 'sandbox_mode="read-only"'].flatMap((setting) => ["-c", setting]),
        ...spaced("--model", job.model),
        ...job.args,
        "-",
      ],
      env: environmentOf(job),
      files: [],
      stdin: job.prompt,
      converses: false,
    }),
    answer: (stdout) => {
      const items = objectsIn(stdout).map((event) => fieldsAt(event, "item"));
      return textAt(items.findLast((item) => item["type"] === "agent_message") ?? {}, "text") ?? "";
    },
  },
};

/** `exec resume` knows no `--sandbox` and falls back to read-only: the mode is a setting, so that it holds for both. */
function settings(job: DriverJob): readonly string[] {
  return [
    "analytics.enabled=false",
    "check_for_update_on_startup=false",
    ...(job.sandboxed ? [] : ['sandbox_mode="workspace-write"', 'approval_policy="never"']),
    ...(job.endpoint === null ? [] : endpointSettings(job, job.endpoint)),
  ];
}

function endpointSettings(job: DriverJob, endpoint: string): readonly string[] {
  const table = {
    name: "configured",
    base_url: endpoint,
    env_key: keyName(job, ["CODEX_API_KEY", "OPENAI_API_KEY"]),
    wire_api: "responses",
  };
  const fields = Object.entries(table).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const bounded = [...fields, "request_max_retries=3", "stream_max_retries=3", "supports_websockets=false"];
  return ['model_provider="configured"', `model_providers.configured={${bounded.join(",")}}`];
}

/** With its own endpoint it reads a key only from `CODEX_API_KEY`. */
function environmentOf(job: DriverJob): Launch["env"] {
  const key = job.environment["OPENAI_API_KEY"];
  const isNeeded = job.endpoint === null && (job.environment["CODEX_API_KEY"] ?? "") === "";
  return key === undefined || key === "" || !isNeeded ? {} : { CODEX_API_KEY: key };
}

interface State {
  readonly answers: Answers;
  readonly model: string | null;
  lastError: string | null;
  sawFinal: boolean;
}

function codexReader(job: DriverJob): Reader {
  const state: State = { answers: answersSeen(), model: job.model, lastError: null, sawFinal: false };
  return {
    line(text, cut) {
      const event = fieldsOn(text, cut);
      return event === null ? [] : readEvent(state, event);
    },
    errorLine(text) {
      const found = /^(?:Error|error): (.+)/.exec(text.trim());
      if (found !== null) state.lastError = text;
      return [];
    },
    ended: () => (state.sawFinal || state.lastError === null ? [] : failed({ message: state.lastError })),
  };
}

function readEvent(state: State, event: Fields): readonly AgentEvent[] {
  switch (textAt(event, "type")) {
    case "thread.started":
      return session(textAt(event, "thread_id"));
    case "item.started":
      return readItem(state, fieldsAt(event, "item"), true);
    case "item.completed":
      return readItem(state, fieldsAt(event, "item"), false);
    case "turn.completed":
      state.sawFinal = true;
      return [...readUsage(state, fieldsAt(event, "usage")), { type: "final", ok: true }];
    case "turn.failed":
      state.sawFinal = true;
      return failed({ message: errorText(event["error"]) || state.lastError || "the turn failed" });
    case "error":
      return readError(state, errorText(event));
    default:
      return [];
  }
}

/** Of a request that is tried again it says `Reconnecting... 1/5`; what follows a last error is `turn.failed`. */
function readError(state: State, text: string): readonly AgentEvent[] {
  state.lastError = text;
  return /reconnecting|retrying/i.test(text) ? [retry(null, text)] : [];
}

function readItem(state: State, item: Fields, isStart: boolean): readonly AgentEvent[] {
  const type = textAt(item, "type");
  switch (type) {
    case "agent_message":
      return isStart ? [] : [...state.answers.part(), ...message(textAt(item, "text"))];
    case "reasoning":
      return state.answers.part();
    case "command_execution":
    case "file_change":
    case "mcp_tool_call":
    case "web_search":
      return readTool(state, item, isStart);
    case "error":
      // Only a warning: an error that ends it is told by `turn.failed`.
      return isStart ? [] : [{ type: "progress", percent: null, message: lineAt(item, "message") ?? "warning" }];
    default:
      return [];
  }
}

function readTool(state: State, item: Fields, isStart: boolean): readonly AgentEvent[] {
  const turn = state.answers.part();
  if (!isStart) state.answers.result();
  const isFailed = textAt(item, "status") === "failed" || (amountAt(item, "exit_code") ?? 0) !== 0;
  const tool: AgentEvent = {
    type: "tool",
    name: lineAt(item, "tool", 80) ?? textAt(item, "type") ?? "tool",
    detail: lineAt(item, "command") ?? lineAt(item, "query") ?? "",
    state: isStart ? "started" : isFailed ? "failed" : "done",
  };
  const files = isStart || isFailed ? [] : listAt(item, "changes").map(asFields);
  return [
    ...turn,
    tool,
    ...files.flatMap((change): AgentEvent[] => {
      const path = textAt(change, "path");
      return path === null || path === "" || path.length > 4_096 ? [] : [{ type: "file", path }];
    }),
  ];
}

function readUsage({ model }: State, usage: Fields): readonly AgentEvent[] {
  const cachedTokens = amountAt(usage, "cached_input_tokens");
  return used("session", {
    inputTokens: without(amountAt(usage, "input_tokens"), cachedTokens),
    cachedTokens,
    outputTokens: sumOf(amountAt(usage, "output_tokens")),
    model,
  });
}
