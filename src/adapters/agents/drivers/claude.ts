import type { Driver, DriverJob, Launch } from "../driver.ts";
import { claudeReader, type ErrorLine } from "./claude-events.ts";
import { objectsIn, textAt } from "./fields.ts";
import { firstVersion, option, resumed } from "./launching.ts";
import { failed } from "./said.ts";

/** Claude Code, reading and printing streams of JSON lines. It ends when its stdin does and nothing is left to do. */
export const claude: Driver = {
  name: "claude",
  program: "claude",
  traits: { saysFinal: true, resumes: true, converses: true, usage: "cost", permissions: ["allow", "deny"] },
  probe: {
    versionArgs: ["--version"],
    version: firstVersion,
    tried: ["2.1.329"],
    keys: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
    loginFiles: [".claude/.credentials.json"],
    helpArgs: ["--help"],
    flags: [
      "--print",
      "--output-format",
      "--input-format",
      "--replay-user-messages",
      "--permission-mode",
      "--allowedTools",
      "--model",
      "--resume",
    ],
  },
  provider: "anthropic",
  hosts: ["api.anthropic.com", "console.anthropic.com", "platform.claude.com"],
  launch: (job) => ({
    argv: [
      ...job.command,
      "--print",
      "--output-format=stream-json",
      "--verbose",
      "--input-format=stream-json",
      // What it took up comes back, by the id that it was given.
      "--replay-user-messages",
      ...permissions(job),
      ...option("--model", job.model),
      ...option("--max-turns", job.maxTurns),
      // By its own count, which a session goes on with: there ours alone holds.
      ...(job.resume === null ? option("--max-budget-usd", job.maxCostUsd) : []),
      ...option("--resume", resumed(job)),
      ...job.args,
    ],
    env: environmentOf(job),
    files: [],
    stdin: `${inputLine(job.prompt)}\n`,
    converses: true,
  }),
  message: ({ id, text }) => inputLine(text, id),
  reader: () =>
    claudeReader({
      tokens: "attempt",
      cost: "session",
      inputHoldsCached: false,
      answersHaveIds: true,
      errorLine: whyItDidNotStart,
    }),
  asking: {
    launch: (job) => ({
      argv: [
        ...job.command,
        "--print",
        "--output-format=stream-json",
        "--verbose",
        "--permission-mode=plan",
        "--tools",
        "",
        ...option("--model", job.model),
        ...option("--max-budget-usd", job.maxCostUsd),
        ...job.args,
      ],
      env: environmentOf(job),
      files: [],
      stdin: job.prompt,
      converses: false,
    }),
    answer: (stdout) => textAt(objectsIn(stdout).findLast(({ type }) => type === "result") ?? {}, "result") ?? "",
  },
};

function inputLine(text: string, id?: string): string {
  return JSON.stringify({
    type: "user",
    ...(id === undefined ? {} : { uuid: id }),
    session_id: "",
    parent_tool_use_id: null,
    message: { role: "user", content: text },
  });
}

/**
 * As root it skips permissions only where it is told that a sandbox is around it. In its mode for edits it also runs what it
 * takes for harmless in the workspace.
 */
function permissions(job: DriverJob): readonly string[] {
  if (job.permissions === "deny") return ["--permission-mode=acceptEdits", "--permission-prompts=none"];
  return job.sandboxed ? ["--dangerously-skip-permissions"] : ["--permission-mode=acceptEdits", "--allowedTools=Bash"];
}

function environmentOf(job: DriverJob): Launch["env"] {
  return {
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    CLAUDE_CODE_MAX_RETRIES: "3",
    ...(job.sandboxed ? { IS_SANDBOX: "1" } : {}),
    ...(job.endpoint === null ? {} : { ANTHROPIC_BASE_URL: job.endpoint }),
  };
}

function whyItDidNotStart(text: string): ErrorLine | null {
  const isReason = /^(?:error\b|No conversation found|--\S+ cannot be used)/i.test(text.trim());
  return isReason ? { now: [], end: failed({ message: text }) } : null;
}
