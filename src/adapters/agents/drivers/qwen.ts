import type { Driver, DriverJob, Launch } from "../driver.ts";
import { claudeReader, type ErrorLine } from "./claude-events.ts";
import { firstVersion, inScratch, option, resumed } from "./launching.ts";
import { failed, retry } from "./said.ts";

/** Qwen Code, printing a stream of JSON lines like Claude Code's. */
export const qwen: Driver = {
  name: "qwen",
  program: "qwen",
  traits: { saysFinal: true, resumes: true, converses: false, usage: "tokens", permissions: ["allow", "deny"] },
  probe: {
    versionArgs: ["--version"],
    version: firstVersion,
    tried: ["0.24.4"],
    keys: ["OPENAI_API_KEY", "DASHSCOPE_API_KEY", "BAILIAN_CODING_PLAN_API_KEY"],
    loginFiles: [".qwen/oauth_creds.json"],
    helpArgs: ["--help"],
    flags: ["--output-format", "--approval-mode", "--max-session-turns", "--model", "--resume"],
  },
  provider: "qwen",
  hosts: ["dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "portal.qwen.ai", "chat.qwen.ai"],
  launch: (job) => ({
    argv: [
      ...job.command,
      "--output-format=stream-json",
      ...approval(job),
      ...(usesKey(job) ? ["--auth-type=openai"] : []),
      ...option("--model", job.model),
      ...option("--max-session-turns", job.maxTurns),
      ...option("--resume", resumed(job)),
      ...job.args,
    ],
    env: environmentOf(job),
    files: [{ path: settingsFile(job), text: `${JSON.stringify(settings, null, 2)}\n` }],
    stdin: job.prompt,
    converses: false,
  }),
  reader: () =>
    claudeReader({
      tokens: "session",
      cost: null,
      inputHoldsCached: true,
      answersHaveIds: false,
      errorLine: readErrorLine,
    }),
};

/** Without anybody to ask, what would be asked for is not offered to the model at all. */
function approval(job: DriverJob): readonly string[] {
  if (job.permissions === "deny") return ["--approval-mode=auto-edit"];
  return job.sandboxed ? ["--approval-mode=yolo"] : ["--approval-mode=auto-edit", "--allowed-tools=run_shell_command"];
}

const settings = {
  general: { enableAutoUpdate: false, disableAutoUpdate: true },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  model: { generationConfig: { maxRetries: 1 } },
};

function settingsFile(job: DriverJob): string {
  return inScratch(job, "qwen-settings.json");
}

function usesKey(job: DriverJob): boolean {
  return job.endpoint !== null || (job.environment["OPENAI_API_KEY"] ?? "") !== "";
}

function environmentOf(job: DriverJob): Launch["env"] {
  return {
    QWEN_CODE_SYSTEM_SETTINGS_PATH: settingsFile(job),
    QWEN_CODE_NO_RELAUNCH: "true",
    QWEN_CODE_SUPPRESS_YOLO_WARNING: "1",
    NO_COLOR: "1",
    ...(job.endpoint === null ? {} : { OPENAI_BASE_URL: job.endpoint }),
    ...(job.model === null ? {} : { OPENAI_MODEL: job.model }),
  };
}

/** Its own limits, and what it tries again, are told only here. */
function readErrorLine(text: string): ErrorLine | null {
  if (/max(?:imum)?[ -]session[ -]turns|tool-call budget|wall-(?:clock|time)/i.test(text))
    return { now: [], end: failed({ cause: "turn-limit", message: text }) };
  const again = /^Retrying in \d+s/.test(text) ? [retry(null, text)] : [];
  const isReason = /\berror\b|quota|no auth|api[ _]key/i.test(text);
  return again.length > 0 || isReason ? { now: again, end: failed({ message: text }) } : null;
}
