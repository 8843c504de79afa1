import type { Candidate } from "../../change-state.ts";
import type { Failure } from "../../failure.ts";
import type { GateJudged, LandingOutcome, PromotionBuilt, QueueCommand } from "../../input.ts";
import { haltText, promotionConflictText } from "../../present/queue-text.ts";
import type { Halt, Promotion } from "../../queue/queue-row.ts";
import type { RunRow } from "../../run.ts";
import { judgeGate, type Gate } from "../../verdict.ts";
import { askOf } from "./asked.ts";
import { gateKeyOf } from "./gate-key.ts";
import { releaseHeld, type QueueDraft } from "./queue-draft.ts";
import { endRound } from "./round.ts";
import { keyOfValidation, validationOf } from "./watch.ts";

/**
 * Another branch's tip comes into the target as it is, or, where the target has gone on, by a merge that is judged like
 * anything that lands: by the gate and by the validation of the run that brought the tip.
 */

const mostGoes = 5;

export function askForPromotion(draft: QueueDraft, command: Extract<QueueCommand, { type: "promote" }>): void {
  const { id, host, from, commit } = command;
  const { promotion } = draft.queue;
  if (promotion?.id === id) return;
  if (promotion !== null) return told(draft, command, { outcome: "stays", detail: "another one is going on" });
  const { halted } = draft.queue;
  if (halted !== null) return told(draft, command, { outcome: "stays", detail: haltedText(halted) });
  const number = draft.nextNumber();
  draft.putQueue({ promotion: { id, number, host, from, commit, gateKey: "", goes: 0, state: { status: "waiting" } } });
}

function haltedText(halted: Halt): string {
  return `its queue is halted: ${haltText(halted)}`;
}

/** True where there is one, and nothing else is to be done. */
export function workOnPromotion(draft: QueueDraft): boolean {
  const { promotion, watch, asked, round, halted } = draft.queue;
  if (promotion === null) return false;
  if (promotion.state.status !== "waiting") return true;
  if (halted !== null) {
    stays(draft, promotion, haltedText(halted));
    return false;
  }
  // What is landing, and what is being found out about the target, comes to its end first.
  if (watch !== null || asked.some(({ number }) => number !== null)) return true;
  if (round !== null) {
    if (round.trials.some(({ state }) => state.status === "landing")) return true;
    endRound(draft);
  }
  build(draft, promotion);
  return true;
}

function build(draft: QueueDraft, promotion: Promotion): void {
  const { number, host, from, commit, goes } = promotion;
  const run = draft.runWith(host);
  // The verdict that is looked for when it is built is by this key.
  const gateKey = run === undefined ? "" : gateKeyOf(run.settings.gate, run);
  draft.putQueue({ promotion: { ...promotion, gateKey, state: { status: "building" } } });
  const { repository, target } = draft.queue;
  const id = `build-promotion:${host}:${number}:${goes}`;
  draft.ask({ kind: "build-promotion", id, repository, target, host, promotion: number, from, commit });
}

export function promotionBuilt(draft: QueueDraft, { promotion: number, outcome }: PromotionBuilt): void {
  const { promotion } = draft.queue;
  if (promotion?.number !== number || promotion.state.status !== "building") return;
  if (outcome.kind === "conflict") return stays(draft, promotion, promotionConflictText(outcome.paths));
  if (outcome.kind === "impossible") return stays(draft, promotion, outcome.detail);
  const { candidate } = outcome;
  const { on } = candidate;
  if (candidate.commit === on.tip) {
    const place =
      on.tip === on.target ? onTarget : ({ on: "waiting", because: "it could not be moved before" } as const);
    return end(draft, promotion, { outcome: "unchanged", commit: on.tip, place });
  }
  const run = draft.runWith(promotion.host);
  const { verdict } = draft.slice;
  const asItIs = candidate.commit === promotion.commit;
  const passed = verdict !== null && verdict.tree === candidate.tree && verdict.gate === promotion.gateKey;
  if (asItIs && passed) return land(draft, promotion, candidate);
  const gate = run === undefined ? null : wholeGate(run);
  if (gate === null) return stays(draft, promotion, "its run had no gate that could judge it");
  judge(draft, promotion, { candidate, gate });
}

const onTarget = { on: "target" } as const;

/** The run's gate, and then what its target has to pass besides. */
function wholeGate({ settings: { gate, queue } }: RunRow): Gate | null {
  if (gate === null || queue.validation === null) return gate;
  const names = new Set(gate.checks.map(({ name }) => name));
  const more = queue.validation.gate.checks.map((check) =>
    names.has(check.name) ? { ...check, name: `${check.name} (validation)` } : check,
  );
  return { ...gate, checks: [...gate.checks, ...more] };
}

function judge(
  draft: QueueDraft,
  promotion: Promotion,
  { candidate, gate }: { readonly candidate: Candidate; readonly gate: Gate },
): void {
  draft.putQueue({ promotion: { ...promotion, state: { status: "gating", candidate } } });
  const { number, host, goes } = promotion;
  draft.askForGate({ host, number, goes, on: "promotion", commit: candidate.commit, gate });
}

export function promotionJudged(draft: QueueDraft, { trial: number, gate, results }: GateJudged): void {
  const { promotion } = draft.queue;
  if (promotion?.number !== number || promotion.state.status !== "gating") return;
  const { candidate } = promotion.state;
  if (results.some(({ exit }) => exit.kind === "stopped")) return again(draft, promotion, "its gate was stopped");
  const judged = judgeGate(gate, results);
  if (judged.verdict === "pass") return land(draft, promotion, candidate);
  const detail = `“${judged.check}” does not pass with it`;
  end(draft, promotion, { outcome: "stays", detail, failure: judged.failure });
}

function land(draft: QueueDraft, promotion: Promotion, candidate: Candidate): void {
  draft.putQueue({ promotion: { ...promotion, state: { status: "landing", candidate } } });
  const { repository, target } = draft.queue;
  const { number, host, goes } = promotion;
  draft.ask({
    kind: "land",
    id: `land:${host}:${target}:${number}:${goes}`,
    repository,
    target,
    host,
    trial: number,
    candidate,
  });
}

/** False where another landing has ended. */
export function promotionEnded(draft: QueueDraft, number: number, outcome: LandingOutcome): boolean {
  const { promotion } = draft.queue;
  if (promotion?.number !== number || promotion.state.status !== "landing") return false;
  const { candidate } = promotion.state;
  switch (outcome.kind) {
    case "landed":
      landed(draft, promotion, candidate);
      end(draft, promotion, {
        outcome: candidate.commit === promotion.commit ? "fast-forwarded" : "merged",
        commit: candidate.commit,
        place: outcome.place,
      });
      return true;
    case "moved":
      again(draft, promotion, "the target moved");
      return true;
    case "refused":
      stays(draft, promotion, outcome.detail);
      return true;
  }
}

/** The target is good with it by all that its run asks for; what could not land before may land now. */
function landed(draft: QueueDraft, { host }: Promotion, { commit, tree }: Candidate): void {
  releaseHeld(draft);
  askOf(draft, { commit, tree, links: null });
  const key = validationOf(draft, host) === null ? null : keyOfValidation(draft, host);
  draft.putQueue({ validated: key === null ? null : { tip: commit, key, failure: null } });
}

function again(draft: QueueDraft, promotion: Promotion, why: string): void {
  if (promotion.goes >= mostGoes) return stays(draft, promotion, `${why}, time and again`);
  build(draft, { ...promotion, goes: promotion.goes + 1 });
}

function stays(draft: QueueDraft, promotion: Promotion, detail: string): void {
  end(draft, promotion, { outcome: "stays", detail });
}

interface End {
  readonly outcome: "fast-forwarded" | "merged" | "unchanged" | "stays";
  readonly commit?: string;
  readonly place?: Extract<LandingOutcome, { kind: "landed" }>["place"];
  readonly detail?: string;
  readonly failure?: Failure;
}

function end(draft: QueueDraft, promotion: Promotion, how: End): void {
  draft.putQueue({ promotion: null });
  told(draft, promotion, how);
}

function told(draft: QueueDraft, { id, host, from }: Pick<Promotion, "id" | "host" | "from">, how: End): void {
  const to = draft.queue.target;
  const { outcome, commit = null, place = null, detail = null, failure = null } = how;
  draft.emitRun(host, { type: "promotion.ended", asked: id, from, to, outcome, commit, place, detail, failure });
}
