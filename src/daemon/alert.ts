import { randomUUID } from "node:crypto";
import type { AlertView } from "../api/views.ts";
import type { AlertHook } from "../adapters/alerts/alert-hook.ts";
import { noticeOf } from "../domain/present/alert-text.ts";
import { OperationalError } from "../std/operational-error.ts";

/** What program there is, and whether it takes a notice. */
export async function alert(alerts: AlertHook, test: boolean): Promise<AlertView> {
  const { file, problem } = await alerts.look();
  const found = { version: 1, program: file, problem: problem?.what ?? null, next: problem?.next ?? null } as const;
  if (!test || problem !== null) return { ...found, test: null };
  if (file === null) throw noProgram();
  const id = `alert:test:${randomUUID()}`;
  const outcome = await alerts.send(noticeOf({ id, at: Date.now(), alert: { kind: "test" }, run: null, task: null }));
  return { ...found, test: { problem: outcome.kind === "failed" ? outcome.problem : null } };
}

function noProgram(): OperationalError {
  return new OperationalError({
    code: "no-alert-program",
    what: "There is no program to tell",
    why: "alerts go to $NIGHTCREW_HOME/alert, which you write",
    next: "see docs/guides/alerts.md",
  });
}
