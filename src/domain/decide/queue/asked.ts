import type { GateJudged, QueueCommand } from "../../input.ts";
import type { Asked } from "../../queue/queue-row.ts";
import { judgeGate, type GateVerdict } from "../../verdict.ts";
import { isLanded } from "../../change-state.ts";
import { gateKeyOf } from "./gate-key.ts";
import type { QueueDraft } from "./queue-draft.ts";
import { askForRepair } from "./repair.ts";
import { baseFailure, keyOfValidation, validationOf } from "./watch.ts";

/**
 * What a person has the target judged by. It begins when nothing is landing or being found out, on the target as it stands
 * by then, and nothing lands before it has ended: what is red may be the last landing, and that is what is taken back.
 */

const mostGoes = 5;

export function askFor(draft: QueueDraft, command: Extract<QueueCommand, { type: "validate" }>): void {
  const { asked } = draft.queue;
  if (asked.some(({ id }) => id === command.id)) return;
  const { type: _, ...about } = command;
  draft.putQueue({ asked: [...asked, { ...about, number: null, goes: 0 }] });
}

/** Begins with the next one where nothing else is under way. */
export function workOnAsked(draft: QueueDraft): void {
  const [first] = draft.queue.asked;
  if (first === undefined || first.number !== null) return;
  const { watch, round, repairs, promotion } = draft.queue;
  const promotes = promotion !== null && promotion.state.status !== "waiting";
  const lands = round?.trials.some(({ state }) => state.status === "landing") === true;
  if (watch !== null || lands || promotes || repairs.length > 0) return;
  look(draft, first);
}

function look(draft: QueueDraft, asked: Asked): void {
  const number = draft.nextNumber();
  put(draft, { ...asked, number });
  const { host, gate, commit } = asked;
  draft.askForGate({ host, number, on: "target", commit, gate });
}

function put(draft: QueueDraft, asked: Asked): void {
  draft.putQueue({ asked: draft.queue.asked.map((one) => (one.id === asked.id ? asked : one)) });
}

/** False where it is the answer to something else. */
export function askedJudged(draft: QueueDraft, { trial, gate, results }: GateJudged): boolean {
  const asked = draft.queue.asked.find(({ number }) => number === trial);
  if (asked === undefined) return false;
  const stopped = results.some(({ exit }) => exit.kind === "stopped");
  if (stopped && asked.goes < mostGoes) {
    look(draft, { ...asked, goes: asked.goes + 1 });
    return true;
  }
  draft.putQueue({ asked: draft.queue.asked.filter(({ id }) => id !== asked.id) });
  answer(draft, asked, judgeGate(gate, results));
  return true;
}

function answer(draft: QueueDraft, asked: Asked, judged: GateVerdict): void {
  const { id, host, commit } = asked;
  remember(draft, asked, judged);
  const about = { type: "target.judged", asked: id, commit, verdict: judged.verdict } as const;
  if (judged.verdict === "pass") {
    return draft.emitRun(host, { ...about, check: null, failure: null, takesBack: [] });
  }
  const { check, failure } = judged;
  const back = judged.verdict === "fail" ? takeBack(draft, asked, check) : [];
  draft.emitRun(host, { ...about, check, failure, takesBack: back.map(({ change }) => change) });
}

/** The last landing, where it is still there. What could not be judged is nobody's doing. */
function takeBack(draft: QueueDraft, { rollback }: Asked, check: string): Asked["rollback"] {
  const there = rollback.filter(({ change }) => {
    const row = draft.find(change);
    return row !== undefined && isLanded(row.state) && row.state.status !== "reverted";
  });
  for (const { change, commit } of there)
    askForRepair(draft, {
      change,
      commit,
      host: draft.change(change).run,
      rest: [],
      later: 0,
      why: { by: "person", check },
    });
  return there;
}

/** A verdict by the run's own gate or validation is as good as one that was found out on the way. */
function remember(draft: QueueDraft, { host, gate, tree, commit: tip }: Asked, judged: GateVerdict): void {
  const run = draft.runWith(host);
  if (run === undefined) return;
  const key = gateKeyOf(gate, run);
  if (judged.verdict === "pass") draft.putVerdict({ tree, gate: key, checks: judged.checks });
  // What could not be judged says nothing.
  if (validationOf(draft, host) === null || keyOfValidation(draft, host) !== key || judged.verdict === "blocked")
    return;
  const failure = judged.verdict === "pass" ? null : baseFailure(judged.failure, judged.check);
  draft.putQueue({ validated: { tip, key, failure } });
}

/** What waits to be asked is asked of the target as it stands now. */
export function askOf(
  draft: QueueDraft,
  { commit, tree, links }: { readonly commit: string; readonly tree: string; readonly links: Asked["rollback"] | null },
): void {
  if (draft.queue.asked.length === 0) return;
  const asked = draft.queue.asked.map((one) => {
    if (one.number !== null) return one;
    const rollback = links === null || !one.takesBack ? one.rollback : links.toReversed();
    return { ...one, commit, tree, rollback: rollback.map(({ change, commit: merge }) => ({ change, commit: merge })) };
  });
  draft.putQueue({ asked });
}
