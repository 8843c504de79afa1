import type { AgentEvent } from "../../../domain/agent-event.ts";
import { singleLine } from "../../../std/text.ts";
import type { Driver, DriverJob, Launch, Reader } from "../driver.ts";
import { amountAt, fieldsAt, fieldsOn, objectsIn, sumOf, textAt } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { firstVersion, inScratch, keyName, option, resumed } from "./launching.ts";
import { errorText, failed, message, retry, session, toolDetail, used, writtenBy } from "./said.ts";

/** OpenCode, by `opencode run --format json`. */
export const opencode: Driver = {
  name: "opencode",
  program: "opencode",
  traits: { saysFinal: true, resumes: false, converses: false, usage: "cost", permissions: ["allow", "deny"] },
  probe: {
    versionArgs: ["--version"],
    version: firstVersion,
    tried: ["1.18.33"],
    keys: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "OPENCODE_API_KEY"],
    loginFiles: [".local/share/opencode/auth.json"],
    helpArgs: ["run", "--help"],
    flags: ["--format", "--title", "--print-logs", "--model", "--session", "--auto"],
  },
  provider: null,
  hosts: ["opencode.ai"],
  launch: (job) => ({
    argv: [
      ...job.command,
      "run",
      "--format=json",
      // Without a title it asks the model for one.
      "--title=task",
      // Of a request that it tries again it tells only in its log.
      "--print-logs",
      "--log-level=ERROR",
      ...(job.sandboxed && job.permissions !== "deny" ? ["--auto"] : []),
      ...option("--model", modelOf(job)),
      ...option("--session", resumed(job)),
      ...job.args,
    ],
    env: environmentOf(job),
    files: [],
    stdin: job.prompt,
    converses: false,
  }),
  reader: opencodeReader,
  asking: {
    launch: (job) => ({
      argv: [
        ...job.command,
        "run",
        "--format=json",
        "--title=task",
        "--print-logs",
        "--log-level=ERROR",
        ...option("--model", modelOf(job)),
        ...job.args,
      ],
      env: { ...environmentOf(job), OPENCODE_CONFIG_CONTENT: JSON.stringify(settings(job, denied)) },
      files: [],
      stdin: job.prompt,
      converses: false,
    }),
    answer: (stdout) => {
      const texts = objectsIn(stdout).filter(({ type }) => type === "text");
      return textAt(fieldsAt(texts.at(-1) ?? {}, "part"), "text") ?? "";
    },
  },
};

const denied = { edit: "deny", bash: "deny", webfetch: "deny", external_directory: "deny" } as const;

/** Of an endpoint of our own, `model` is the endpoint's name for it. */
function modelOf(job: DriverJob): string | null {
  return job.endpoint === null || job.model === null ? job.model : `configured/${job.model}`;
}

/**
 * Its database is locked where several start at once over a new one: each has its own, and with it the sessions. The
 * folder where it keeps who is logged in stays as it is.
 */
function environmentOf(job: DriverJob): Launch["env"] {
  return {
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_SHARE: "1",
    OPENCODE_DB: inScratch(job, "opencode.db"),
    OPENCODE_CONFIG_CONTENT: JSON.stringify(settings(job)),
    XDG_STATE_HOME: inScratch(job, "state"),
    XDG_CACHE_HOME: inScratch(job, "cache"),
  };
}

function settings(job: DriverJob, permission = permissions(job)): unknown {
  const own = { autoupdate: false, share: "disabled", permission };
  if (job.endpoint === null) return own;
  const key = keyName(job, ["OPENAI_API_KEY", "OPENCODE_API_KEY", "OPENROUTER_API_KEY"]);
  const name = job.model ?? "default";
  const provider = {
    npm: "@ai-sdk/openai-compatible",
    options: { baseURL: job.endpoint, apiKey: `{env:${key}}` },
    models: { [name]: { name, tool_call: true, limit: { context: 128_000, output: 8_000 } } },
  };
  const model = `configured/${name}`;
  return { ...own, model, small_model: model, provider: { configured: provider }, enabled_providers: ["configured"] };
}

/** What it has to ask for while nobody is there ends its work: what is denied is not offered to it. */
function permissions(job: DriverJob): Readonly<Record<string, string>> {
  if (job.permissions === "deny") return { edit: "allow", bash: "deny", webfetch: "deny", external_directory: "deny" };
  return { edit: "allow", bash: "allow", webfetch: job.sandboxed ? "allow" : "deny" };
}

interface State {
  readonly model: string | null;
  session: string | null;
  /** Why the model's last answer ended; it is the nearest thing to a final event. */
  reason: string | null;
  error: readonly AgentEvent[] | null;
  errorText: string | null;
  /** Of the request before, which failed; another one that fails was the next try. */
  failing: string | null;
}

function opencodeReader(job: DriverJob): Reader {
  const state: State = { model: job.model, session: null, reason: null, error: null, errorText: null, failing: null };
  return {
    line(text, cut) {
      const event = fieldsOn(text, cut);
      return event === null ? [] : [...newSession(state, textAt(event, "sessionID")), ...readEvent(state, event)];
    },
    errorLine: (text) => readErrorLine(state, text),
    ended: ({ code }) => {
      if (state.error !== null) return state.error;
      if (state.reason === "stop" && code === 0) return [{ type: "final", ok: true }];
      if (state.reason === "length") return failed({ cause: "other", message: "the model's answer was cut short" });
      if (state.reason === "content-filter") return failed({ cause: "refused", message: "the answer was filtered" });
      return state.errorText === null ? [] : failed({ message: state.errorText });
    },
  };
}

function newSession(state: State, id: string | null): readonly AgentEvent[] {
  if (id === null || id === state.session) return [];
  state.session = id;
  return session(id);
}

function readEvent(state: State, event: Fields): readonly AgentEvent[] {
  const part = fieldsAt(event, "part");
  switch (textAt(event, "type")) {
    case "text":
      return message(textAt(part, "text"));
    case "tool_use":
      return readTool(part);
    case "step_finish":
      state.reason = textAt(part, "reason");
      state.error = null;
      state.errorText = null;
      state.failing = null;
      return [{ type: "turn" }, ...readUsage(state, part)];
    case "error": {
      const status = amountAt(fieldsAt(event, "error", "data"), "statusCode");
      state.error = failed({ status, message: errorText(event["error"]) || "it ended with an error" });
      return [];
    }
    default:
      return [];
  }
}

/** It tells of a tool once, when it is done: that it was begun is told with it, as loops are counted by that. */
function readTool(part: Fields): readonly AgentEvent[] {
  const name = textAt(part, "tool") ?? "tool";
  const used = fieldsAt(part, "state");
  const input = fieldsAt(used, "input");
  const ok = textAt(used, "status") !== "error";
  const path = ok ? writtenBy(name, input) : null;
  const tool = { type: "tool", name: singleLine(name, 80), detail: toolDetail(input) } as const;
  const told: readonly AgentEvent[] = [
    { ...tool, state: "started" },
    { ...tool, state: ok ? "done" : "failed" },
  ];
  return path === null ? told : [...told, { type: "file", path }];
}

/** It says 0 of a model whose price it does not know. */
function readUsage({ model }: State, part: Fields): readonly AgentEvent[] {
  const tokens = fieldsAt(part, "tokens");
  const cache = fieldsAt(tokens, "cache");
  const cost = amountAt(part, "cost") || null;
  return used("delta", {
    inputTokens: sumOf(amountAt(tokens, "input"), amountAt(cache, "write")),
    cachedTokens: amountAt(cache, "read"),
    outputTokens: sumOf(amountAt(tokens, "output"), amountAt(tokens, "reasoning")),
    cost,
    currency: cost === null ? null : "USD",
    model,
  });
}

function readErrorLine(state: State, text: string): readonly AgentEvent[] {
  const asked = /permission requested: (.+?);? auto-rejecting/.exec(text.slice(0, 2_000));
  if (asked !== null) return [{ type: "permission", asked: singleLine(asked[1] ?? ""), answer: "denied" }];
  const log = text.slice(0, 4_000);
  const words = /\bmessage="stream error"/.test(log) ? /\berror\.error="([^"]*)"/.exec(log)?.[1] : undefined;
  if (words === undefined) {
    if (/^\s*(?:error|Error:|Session not found)/i.test(text)) state.errorText = text;
    return [];
  }
  const id = /\bsession\.id=(\S+)/.exec(log)?.[1] ?? null;
  const again = state.failing === null ? [] : [retry(null, state.failing)];
  state.failing = words;
  state.errorText = words;
  return [...newSession(state, id), ...again];
}
