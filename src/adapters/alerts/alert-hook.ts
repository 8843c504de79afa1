import { access, constants, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Notice } from "../../domain/alert.ts";
import type { Ending } from "../../domain/judge-attempt.ts";
import { makeRedactor } from "../../domain/redact.ts";
import type { AlertOutcome, Alerts } from "../../engine/ports.ts";
import { errnoOf, messageOf } from "../../std/operational-error.ts";
import { duration, parseDuration, singleLine } from "../../std/text.ts";
import { childEnvironment } from "../agents/environment.ts";
import { supervise, type Supervised } from "../process/supervise.ts";

const fileName = "alert";
const defaultTimeoutMs = 30_000;
/** Characters of its output that are looked at, from the end. */
const maxOutput = 4_000;

export interface FoundHook {
  /** Null: there is none. */
  readonly file: string | null;
  /** Why it is not run. */
  readonly problem: { readonly what: string; readonly next: string } | null;
}

const { redact } = makeRedactor({ values: [] });

/**
 * The person's own program, `<home>/alert`: nothing that comes from a repository names it. It runs unsandboxed, as they would
 * run it, and gets one notice on its stdin. One at a time, so that they come in order.
 */
export class AlertHook implements Alerts {
  private readonly home: string;
  private readonly own: NodeJS.ProcessEnv;
  private readonly log: (line: string) => void;
  private before: Promise<unknown> = Promise.resolve();
  private running: Supervised | null = null;
  private closed = false;

  /** `own` is the daemon's environment. */
  constructor(home: string, own: NodeJS.ProcessEnv, log: (line: string) => void) {
    this.home = home;
    this.log = log;
    this.own = own;
  }

  async look(): Promise<FoundHook> {
    const file = join(this.home, fileName);
    try {
      const { mode, uid } = await stat(file);
      const self = process.getuid?.() ?? uid;
      // What others can write is not the person's word.
      if ((mode & 0o022) !== 0 || (uid !== self && uid !== 0))
        return { file, problem: { what: `others can write ${file}`, next: `chmod go-w ${file}` } };
      await access(file, constants.X_OK);
      return { file, problem: null };
    } catch (error) {
      switch (errnoOf(error)) {
        case "ENOENT":
          return { file: null, problem: null };
        case null:
          throw error;
        case "EACCES":
          return { file, problem: { what: `${file} cannot be executed`, next: `chmod u+x ${file}` } };
        default:
          return { file, problem: { what: `${file}: ${messageOf(error)}`, next: `look at ${file}` } };
      }
    }
  }

  send(notice: Notice): Promise<AlertOutcome> {
    const sent = this.before.then(async () => {
      const outcome = await this.sendNow(notice);
      if (outcome.kind === "failed") this.log(`alert ${notice.id} was not taken: ${outcome.problem}`);
      return outcome;
    });
    this.before = sent;
    return sent;
  }

  /** What is being sent is sent again by the next process. */
  close(): void {
    this.closed = true;
    this.running?.stop();
  }

  private async sendNow(notice: Notice): Promise<AlertOutcome> {
    if (this.closed) return { kind: "stopping" };
    try {
      const { file, problem } = await this.look();
      if (file === null) return { kind: "none" };
      return problem === null ? await this.run(file, notice) : { kind: "failed", problem: problem.what };
    } catch (error) {
      return { kind: "failed", problem: singleLine(messageOf(error)) };
    }
  }

  private async run(file: string, notice: Notice): Promise<AlertOutcome> {
    let output = "";
    const marker = `NIGHTCREW_ALERT=${notice.id}`;
    const own = { NIGHTCREW_HOME: this.home, NIGHTCREW_ALERT: notice.id };
    this.running = supervise([file], {
      cwd: this.home,
      env: childEnvironment(this.own, [], own),
      marker,
      limits: { firstOutputMs: Infinity, silenceMs: Infinity, totalMs: timeoutMs(this.own) },
      stdin: `${JSON.stringify(notice)}\n`,
      converses: false,
      onStarted: () => undefined,
      onOutput: (chunk) => {
        output = `${output}${chunk.toString("utf8")}`.slice(-maxOutput);
      },
    });
    const ending = await this.running.ended;
    this.running = null;
    if (this.closed) return { kind: "stopping" };
    if (ending.kind === "code" && ending.code === 0) return { kind: "sent" };
    const said = redact(singleLine(output.slice(-300)));
    return { kind: "failed", problem: `${file}: ${endingText(ending)}${said === "" ? "" : `: ${said}`}` };
  }
}

function timeoutMs(own: NodeJS.ProcessEnv): number {
  return parseDuration(own["NIGHTCREW_ALERT_TIMEOUT"] ?? "") ?? defaultTimeoutMs;
}

function endingText(ending: Ending): string {
  switch (ending.kind) {
    case "code":
      return `exit code ${ending.code}`;
    case "limit":
      return `not done within ${duration(ending.limitMs)}`;
    case "signal":
      return `ended by ${ending.signal}`;
    case "not-started":
      return ending.detail;
    default:
      return "stopped";
  }
}
