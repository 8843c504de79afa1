import type { AgentEvent } from "../../../domain/agent-event.ts";
import type { Driver, DriverJob, Launch, Reader } from "../driver.ts";
import { firstVersion, inScratch, option } from "./launching.ts";
import { failed, retry, used } from "./said.ts";
import { singleLine } from "../../../std/text.ts";

/** Aider, with one message. It writes text for people, and ends with 0 whatever happened. */
export const aider: Driver = {
  name: "aider",
  program: "aider",
  traits: { saysFinal: true, resumes: false, converses: false, usage: "cost", permissions: ["allow", "deny"] },
  probe: {
    versionArgs: ["--version"],
    version: firstVersion,
    tried: ["0.86.2"],
    keys: ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY"],
    loginFiles: [],
    helpArgs: ["--help"],
    flags: ["--message-file", "--yes-always", "--no-analytics", "--no-auto-commits", "--no-dirty-commits"],
  },
  provider: null,
  hosts: [],
  launch: (job) => ({
    argv: [
      ...job.command,
      ...option("--message-file", job.promptFile),
      ...quietly,
      ...ownFiles(job),
      ...option("--model", modelOf(job)),
      ...option("--openai-api-base", job.endpoint),
      ...job.args,
    ],
    env: environmentOf(),
    files: [
      { path: inScratch(job, "aider.yml"), text: "{}\n" },
      { path: inScratch(job, "aider.env"), text: "" },
    ],
    stdin: null,
    converses: false,
  }),
  reader: aiderReader,
};

/** It answers no to the commands it suggests, and yes to files. */
const quietly = [
  "--yes-always",
  "--no-auto-commits",
  "--no-dirty-commits",
  "--no-gitignore",
  "--no-pretty",
  "--no-stream",
  "--no-fancy-input",
  "--no-check-update",
  "--no-show-release-notes",
  "--no-show-model-warnings",
  "--no-detect-urls",
  "--no-suggest-shell-commands",
  "--no-analytics",
  "--disable-playwright",
  "--no-auto-lint",
  "--map-tokens=0",
];

/** Else it writes its own into the work tree, and reads settings that it finds there and in HOME. */
function ownFiles(job: DriverJob): readonly string[] {
  return [
    ...option("--chat-history-file", inScratch(job, "chat.md")),
    ...option("--input-history-file", inScratch(job, "input")),
    ...option("--llm-history-file", inScratch(job, "llm.log")),
    ...option("--config", inScratch(job, "aider.yml")),
    ...option("--env-file", inScratch(job, "aider.env")),
  ];
}

/** The library it calls models with wants the kind of the endpoint before a model's name. */
function modelOf(job: DriverJob): string | null {
  if (job.endpoint === null || job.model === null || job.model.includes("/")) return job.model;
  return `openai/${job.model}`;
}

function environmentOf(): Launch["env"] {
  return { AIDER_ANALYTICS: "false", LITELLM_LOCAL_MODEL_COST_MAP: "True", PYTHONUNBUFFERED: "1", NO_COLOR: "1" };
}

interface State {
  readonly model: string | null;
  /** An answer came: it said how many tokens it took. */
  answered: boolean;
  /** The last words of an error, where none was followed by an answer. */
  error: string | null;
  status: number | null;
}

function aiderReader(job: DriverJob): Reader {
  const state: State = { model: job.model, answered: false, error: null, status: null };
  const read = (text: string): readonly AgentEvent[] => readLine(state, singleLine(text, 1_000));
  return {
    line: (text, cut) => (cut ? [] : read(text)),
    errorLine: read,
    ended({ code }) {
      if (state.error !== null) return failed({ status: state.status, message: state.error });
      return state.answered && code === 0 ? [{ type: "final", ok: true }] : [];
    },
  };
}

function readLine(state: State, text: string): readonly AgentEvent[] {
  const tokens = /^Tokens: ([\d.,]+[kM]?) sent(?:,.*?)?, ([\d.,]+[kM]?) received\.(?: Cost: \$([\d.]+) message)?/.exec(
    text,
  );
  if (tokens !== null) {
    state.answered = true;
    state.error = null;
    state.status = null;
    return [{ type: "turn" }, ...readUsage(state, tokens)];
  }
  const applied = /^Applied edit to (.+)$/.exec(text);
  if (applied !== null) return [{ type: "file", path: applied[1] ?? "" }];
  if (/^Retrying in [\d.]+ seconds/.test(text)) return [retry(state.status, state.error ?? text)];
  const refused = /^litellm\.(?:\w+\.)*(\w+(?:Error|Exception)): /.exec(text);
  if (refused !== null) {
    // It calls a connection that was refused an error of the server, too.
    state.status = /Exception - connection\b/i.test(text) ? null : (statuses[refused[1] ?? ""] ?? null);
    state.error = text;
  } else if (errorLine.test(text)) {
    state.error = text;
  }
  return [];
}

/** Errors of the library it calls models with have no status in them. */
const statuses: Readonly<Partial<Record<string, number>>> = {
  AuthenticationError: 401,
  PermissionDeniedError: 403,
  NotFoundError: 404,
  RateLimitError: 429,
  InternalServerError: 500,
  ServiceUnavailableError: 503,
};

const errorLine =
  /^(?:Unable to |The LLM did not conform|Only 3 reflections allowed|# \d+ SEARCH\/REPLACE block|Unknown (?:model|edit format)|.*context window.*exceed)/i;

/** Tokens are rounded to tenths of thousands, from ten thousand on to thousands. */
function readUsage({ model }: State, [, sent = "", received = "", cost]: RegExpExecArray): readonly AgentEvent[] {
  const dollars = cost === undefined ? null : Number(cost);
  return used("delta", {
    inputTokens: rounded(sent),
    outputTokens: rounded(received),
    cost: dollars !== null && Number.isFinite(dollars) ? dollars : null,
    currency: dollars === null ? null : "USD",
    model,
  });
}

function rounded(text: string): number | null {
  const factor = text.endsWith("k") ? 1_000 : text.endsWith("M") ? 1_000_000 : 1;
  const amount = Math.round(Number(text.replace(/[kM]$/, "").replaceAll(",", "")) * factor);
  return Number.isFinite(amount) ? amount : null;
}
