import { jsonLines } from "./sandbox.ts";

/** What became of attempts and tasks, as `nightcrew run --json` told it: the only place that knows the shape. */
export interface Told {
  readonly run: string;
  /** Of each task's last attempt, by task. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** All attempts that ended, in order. */
  readonly ended: readonly string[];
  /** In full, for people. */
  readonly failures: readonly string[];
  readonly landed: number;
  readonly cost: number | null;
}

type Fields = Readonly<Record<string, unknown>>;

export function toldBy(stdout: string): Told {
  const lines = jsonLines(stdout);
  const events = lines.map(({ event }) => event).filter(isFields);
  const bodies = events.map(({ task, body }) => ({ task: textOf(task), body: isFields(body) ? body : {} }));
  const ended = bodies
    .filter(({ body }) => body["type"] === "attempt.ended")
    .map(({ task, body }) => ({ task, outcome: outcomeText(body) }));
  const report = lines.map(({ report }) => report).findLast(isFields) ?? {};
  const totals = isFields(report["totals"]) ? report["totals"] : {};
  return {
    run: textOf(events[0]?.["run"]),
    outcomes: Object.fromEntries(ended.map(({ task, outcome }) => [task, outcome])),
    ended: ended.map(({ outcome }) => outcome),
    failures: bodies
      .filter(({ body }) => body["type"] === "attempt.ended" || body["type"] === "task.failed")
      .map(({ body }) => (isFields(body["result"]) ? body["result"]["outcome"] : body["failure"]))
      .map((what) => JSON.stringify(what).slice(0, 2_000)),
    landed: Number(totals["completed"] ?? 0),
    cost: typeof totals["cost"] === "number" ? totals["cost"] : null,
  };
}

/** Such as `done`, `limited`, `failed: agent-failed unauthorized 401`, `partial: time-limit silence`. */
function outcomeText({ result }: Fields): string {
  const outcome = isFields(result) && isFields(result["outcome"]) ? result["outcome"] : {};
  const kind = textOf(outcome["kind"]);
  const failure = outcome["failure"];
  if (!isFields(failure)) return kind;
  const details = ["reason", "cause", "limit", "status", "signal", "code"]
    .map((name) => failure[name])
    .filter((value) => typeof value === "string" || typeof value === "number");
  return `${kind}: ${details.join(" ")}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "unknown";
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of every attempt that ended, in order. */
export function outcomesOf(stdout: string): readonly string[] {
  return toldBy(stdout).ended;
}
