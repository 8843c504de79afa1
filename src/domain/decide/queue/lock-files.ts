import type { GateJudged, Left } from "../../input.ts";
import { mostRegenerations, toolsFor } from "../../lock-files.ts";
import { notMadeText, spentText } from "../../present/lock-files-text.ts";
import { failureLog } from "../../present/failure-text.ts";
import type { Member } from "../../queue/known.ts";
import { checksId } from "../../queue/queue-row.ts";
import { judgeGate } from "../../verdict.ts";
import { reject } from "./advance.ts";
import type { QueueDraft } from "./queue-draft.ts";
import { leave } from "./round.ts";

/**
 * A change that conflicts with the target in lock files alone leaves the round; their tools make them anew in a merge of
 * both, and it comes back as that merge, to be judged like any other. One at a time: what the next one's tool makes has to fit
 * to what the one before it lands. The others wait until that has landed, or will not.
 */
export function regenerate(draft: QueueDraft, left: Extract<Left, { with: "lock-files" }>, tip: string): void {
  const { change: id, paths, merge } = left;
  const row = draft.change(id);
  const { regenerations = 0 } = row;
  if (regenerations >= mostRegenerations)
    return reject(draft, id, { reason: "conflict", paths, tip, tool: spentText(regenerations) }, "left-out");
  const { id: host, settings } = draft.runOf(row);
  leave(draft, id, "left-out");
  if (isBusy(draft, id))
    return void draft.move(id, { type: "regenerating", regeneration: { trial: null, paths, tip } });
  const number = draft.nextNumber();
  draft.move(id, { type: "regenerating", regeneration: { trial: number, paths, tip } });
  draft.putChange({ ...draft.change(id), regenerations: regenerations + 1 });
  draft.judgedBy([id], { host, checks: checksId(number, 0, "lock-files"), on: "lock-files", together: 0 });
  draft.tell(id, { kind: "regenerating", paths });
  const gate = { checks: toolsFor(settings.lockFiles ?? [], paths) };
  draft.askForGate({ host, number, on: "lock-files", commit: merge, gate, makes: { change: id, paths } });
}

function isBusy(draft: QueueDraft, but: Member | null): boolean {
  return draft.undecided().some(({ id, state, regenerations = 0 }) => {
    if (id === but) return false;
    return state.status === "regenerating" ? state.trial !== null : regenerations > 0;
  });
}

/** It is their turn: they are merged onto what has landed by now. True where there were any. */
export function releaseWaiting(draft: QueueDraft): boolean {
  const waiting = draft.undecided().filter(({ state }) => state.status === "regenerating" && state.trial === null);
  if (waiting.length === 0 || isBusy(draft, null)) return false;
  for (const { id } of waiting) returned(draft, id);
  return true;
}

function returned(draft: QueueDraft, id: Member): void {
  draft.move(id, { type: "moved" });
  draft.tell(id, { kind: "returned" });
}

/** One whose tool was stopped waits for its next try; where the tool failed it is a conflict like any other. */
export function regenerated(draft: QueueDraft, { trial, gate, results, made }: GateJudged): void {
  const row = draft.regenerating(trial);
  if (row === undefined) return;
  const { id, state } = row;
  if (made?.kind === "kept") {
    draft.putChange({ ...row, tip: made.tip });
    draft.move(id, { type: "moved" });
    return draft.tell(id, { kind: "regenerated", tip: made.tip });
  }
  if (results.some(({ exit }) => exit.kind === "stopped")) return returned(draft, id);
  const judged = judgeGate(gate, results);
  const { paths, tip } = state;
  const tool = notMadeText(judged, made?.detail ?? null);
  const log = judged.verdict === "pass" ? "" : failureLog(judged.failure);
  draft.tell(id, { kind: "rejected", failure: { reason: "conflict", paths, tip, tool, log } });
}
