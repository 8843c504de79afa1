import { lastLines, printable, singleLine } from "../../std/text.ts";
import type { Alert, Notice, UnsentAlerts } from "../alert.ts";
import { makeRedactor } from "../redact.ts";
import type { TaskRow } from "../rows.ts";
import type { RunRow } from "../run.ts";
import { failureText } from "./failure-text.ts";
import { releaseText } from "./issue-text.ts";
import { capText } from "./money-text.ts";
import { haltText, revertText } from "./queue-text.ts";

export interface AlertSubject {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly alert: Alert;
  readonly run: RunRow | null;
  /** Null: it is about the run, or the target. */
  readonly task: TaskRow | null;
}

const logLines = 30;
const logChars = 4_000;
/** Agents and checks have a part in these words. */
const sentenceChars = 500;

// Nobody knows the secrets' values here; those of a known shape go no further.
const { redact } = makeRedactor({ values: [] });

export function noticeOf({ id, at, alert, run, task }: AlertSubject): Notice {
  const { what, why, next, log = null, commit = null } = wordsOf(alert, run?.id ?? "", task?.id ?? "");
  const line = (text: string): string => redact(singleLine(text, sentenceChars));
  return {
    version: 1,
    id,
    kind: alert.kind,
    at: new Date(at).toISOString(),
    repository: run?.checkout ?? null,
    target: run?.target ?? null,
    run: run?.id ?? null,
    task: task?.id ?? null,
    title: task === null ? null : line(task.planned.title),
    what: line(what),
    why: why === null ? null : line(why),
    log: log === null ? null : redact(lastLines(printable(log), logLines, logChars)),
    commit,
    next,
  };
}

export function unsentText({ kind, problem }: Pick<UnsentAlerts, "kind" | "problem">): string {
  return `an alert (${kind}) reached nobody: ${problem}`;
}

interface Words {
  readonly what: string;
  readonly why: string | null;
  readonly next: string;
  readonly log?: string;
  readonly commit?: string;
}

function wordsOf(alert: Alert, run: string, task: string): Words {
  switch (alert.kind) {
    case "reverted": {
      const { landed, commit, why } = alert;
      const what = `the landing ${landed.slice(0, 10)} was taken back by ${commit.slice(0, 10)}`;
      const log = why.by === "validation" ? { log: why.log } : {};
      return { what, why: revertText(why), next: `nightcrew report ${run}`, commit, ...log };
    }
    case "target-red": {
      const what = `the target is red, and the landing ${alert.landed.slice(0, 10)} stays`;
      return { what, why: `“${alert.check}” fails on it`, next: `nightcrew revert ${run}/${task}` };
    }
    case "queue-halted":
      return { what: "nothing lands any more", why: haltText(alert.halted), next: "nightcrew queue resume" };
    case "budget-reached":
      return { what: "agents were stopped", why: capText(alert.cap), next: `nightcrew budget ${run}` };
    case "agent-asks": {
      const next = `nightcrew approve ${run}/${task}\nor: nightcrew refuse ${run}/${task}`;
      return { what: "an agent waits for your word", why: alert.message, next };
    }
    case "run-stopped":
      return { what: "the run was stopped", why: failureText(alert.failure), next: `nightcrew resume ${run}` };
    case "issue-left": {
      const what = `${alert.issue} is left for a person: it was tried too often`;
      return { what, why: releaseText(alert.why), next: `nightcrew report ${run}` };
    }
    case "run-ended": {
      const what = `the run has ended: ${alert.completed} of ${alert.tasks} landed`;
      return { what, why: alert.cap === null ? null : capText(alert.cap), next: `nightcrew report ${run}` };
    }
    case "test":
      return { what: "this is a test", why: "a person asked for it", next: "nightcrew status" };
  }
}
