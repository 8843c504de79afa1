import type { AgentEvent } from "../../../domain/agent-event.ts";
import type { Driver, DriverJob, Launch, Reader } from "../driver.ts";
import { amountAt, asFields, fieldsAt, fieldsOn, lineAt, objectsIn, textAt, without } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { firstVersion, inScratch, option, resumed } from "./launching.ts";
import { errorText, failed, message, retry, session, used } from "./said.ts";
import { answersSeen, toolsInUse, type Answers, type Tools } from "./tools.ts";

/** Gemini CLI, printing its stream of JSON lines. */
export const gemini: Driver = {
  name: "gemini",
  program: "gemini",
  // Its sessions are in its home, which is one of the attempt's own where an endpoint is configured.
  traits: { saysFinal: true, resumes: false, converses: false, usage: "tokens", permissions: ["allow", "deny"] },
  probe: {
    versionArgs: ["--version"],
    version: firstVersion,
    tried: ["0.61.0"],
    keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    loginFiles: [".gemini/oauth_creds.json"],
    helpArgs: ["--help"],
    flags: ["--output-format", "--approval-mode", "--skip-trust", "--model", "--resume"],
  },
  provider: "google",
  hosts: ["generativelanguage.googleapis.com", "cloudcode-pa.googleapis.com", "oauth2.googleapis.com"],
  launch: (job) => ({
    argv: [
      ...job.command,
      "--output-format=stream-json",
      "--skip-trust",
      ...approval(job),
      ...option("--model", job.model),
      ...option("--resume", resumed(job)),
      ...job.args,
    ],
    env: environmentOf(job),
    files: job.endpoint === null ? [] : [settingsFile(job)],
    stdin: job.prompt,
    converses: false,
  }),
  reader: geminiReader,
  asking: {
    launch: (job) => ({
      argv: [
        ...job.command,
        "--output-format=stream-json",
        "--skip-trust",
        // Tools that write are then not offered to its model.
        "--approval-mode=default",
        ...option("--model", job.model),
        ...job.args,
      ],
      env: environmentOf(job),
      files: job.endpoint === null ? [] : [settingsFile(job)],
      stdin: job.prompt,
      converses: false,
    }),
    answer: lastMessage,
  },
};

/** It comes in pieces; what comes between them ends it. */
function lastMessage(stdout: string): string {
  const events = objectsIn(stdout).filter(({ type }) => type === "message" || type === "tool_use");
  const own = (event: Fields): boolean => event["type"] === "message" && event["role"] === "assistant";
  const before = events.findLastIndex((event) => !own(event));
  return events
    .slice(before + 1)
    .map((event) => textAt(event, "content") ?? "")
    .join("");
}

/** Without anybody to ask, what would be asked for is not offered to the model at all. */
function approval(job: DriverJob): readonly string[] {
  if (job.permissions === "deny") return ["--approval-mode=auto_edit"];
  return job.sandboxed ? ["--approval-mode=yolo"] : ["--approval-mode=auto_edit", "--allowed-tools=run_shell_command"];
}

const ownHome = "gemini-home";

/**
 * An endpoint of one's own needs settings, else it takes no key. They are in a home of its own: settings of the system
 * must belong to root, and those of the user are not ours to change.
 */
function settingsFile(job: DriverJob): Launch["files"][number] {
  const settings = {
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 3 },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    security: { auth: { selectedType: "gemini-api-key" } },
    ...(job.maxTurns === null ? {} : { model: { maxSessionTurns: job.maxTurns } }),
  };
  return { path: inScratch(job, `${ownHome}/.gemini/settings.json`), text: `${JSON.stringify(settings, null, 2)}\n` };
}

/** Without `GEMINI_CLI_NO_RELAUNCH` a parent process of it swallows every signal. */
function environmentOf(job: DriverJob): Launch["env"] {
  const always = {
    GEMINI_CLI_NO_RELAUNCH: "true",
    GEMINI_CLI_TRUST_WORKSPACE: "true",
    GEMINI_TELEMETRY_ENABLED: "false",
    NO_COLOR: "1",
  };
  return job.endpoint === null
    ? always
    : { ...always, GEMINI_CLI_HOME: inScratch(job, ownHome), GOOGLE_GEMINI_BASE_URL: job.endpoint };
}

interface State {
  readonly tools: Tools;
  readonly answers: Answers;
  model: string | null;
  /** What came of a message so far: it comes in pieces. */
  said: string;
  sawFinal: boolean;
  looped: boolean;
  lastError: string | null;
  /** HTTP status of the last request that it tried again. */
  status: number | null;
}

const maxSaid = 4_000;

function geminiReader(job: DriverJob): Reader {
  const state: State = {
    tools: toolsInUse(),
    answers: answersSeen(),
    model: job.model,
    said: "",
    sawFinal: false,
    looped: false,
    lastError: null,
    status: null,
  };
  return {
    line(text, cut) {
      const event = fieldsOn(text, cut);
      return event === null ? [] : readEvent(state, event);
    },
    errorLine: (text) => readErrorLine(state, text),
    ended({ code }) {
      const said = flushed(state);
      if (state.sawFinal || code === 0) return said;
      return state.lastError === null ? said : [...said, ...failed({ message: state.lastError })];
    },
  };
}

/** Of what it tries again it tells only here. */
function readErrorLine(state: State, text: string): readonly AgentEvent[] {
  if (/^Attempt \d+ failed\b.*\bRetrying/.test(text)) {
    const again = retry(null, text);
    state.status = again.status;
    return [again];
  }
  // What it says of its terminal has such words too.
  if (!text.startsWith("Warning: ") && /error|quota|limit|auth|api[ _]key/i.test(text)) state.lastError = text;
  return [];
}

function readEvent(state: State, event: Fields): readonly AgentEvent[] {
  const type = textAt(event, "type");
  if (type === "message") return readMessage(state, event);
  const said = flushed(state);
  switch (type) {
    case "init":
      state.model = lineAt(event, "model", 100) ?? state.model;
      return [...said, ...session(textAt(event, "session_id"))];
    case "tool_use": {
      const begun = state.tools.began(
        textAt(event, "tool_id"),
        textAt(event, "tool_name") ?? "tool",
        fieldsAt(event, "parameters"),
      );
      return [...said, ...state.answers.part(), ...begun];
    }
    case "tool_result":
      state.answers.result();
      return [...said, ...state.tools.ended(textAt(event, "tool_id"), textAt(event, "status") === "success")];
    case "error":
      state.lastError = errorText(event);
      state.looped ||= /^Loop detected\b/.test(state.lastError);
      return said;
    case "result":
      return [...said, ...readFinal(state, event)];
    default:
      return said;
  }
}

function readMessage(state: State, event: Fields): readonly AgentEvent[] {
  if (textAt(event, "role") !== "assistant") return [];
  if (state.said.length < maxSaid) state.said += (textAt(event, "content") ?? "").slice(0, maxSaid);
  return state.answers.part();
}

function flushed(state: State): readonly AgentEvent[] {
  const said = message(state.said);
  state.said = "";
  return said;
}

function readFinal(state: State, event: Fields): readonly AgentEvent[] {
  state.sawFinal = true;
  const stats = fieldsAt(event, "stats");
  const cachedTokens = amountAt(stats, "cached");
  const usage = used("attempt", {
    inputTokens: without(amountAt(stats, "input_tokens"), cachedTokens),
    cachedTokens,
    outputTokens: amountAt(stats, "output_tokens"),
    model: state.model,
  });
  // It ends with success also where it broke off because its model went round in circles.
  if (textAt(event, "status") === "success" && !state.looped) return [...usage, { type: "final", ok: true }];
  const error = asFields(event["error"]);
  const text = errorText(error) || state.lastError || "it ended with an error";
  const isTurnLimit = /turn ?limit|max(?:imum)? session turns/i.test(`${textAt(error, "type") ?? ""} ${text}`);
  return [
    ...usage,
    ...failed(isTurnLimit ? { cause: "turn-limit", message: text } : { status: state.status, message: text }),
  ];
}
