import type { OneQueueView, QueuedChangeView, QueueView, RepairView, TrialView } from "../api/queue-views.ts";
import type { SqliteStore } from "../adapters/store/sqlite-store.ts";
import { isKeptBack } from "../domain/change-state.ts";
import { failureText } from "../domain/present/failure-text.ts";
import { regeneratingText } from "../domain/present/lock-files-text.ts";
import { haltText, nextText, revertText } from "../domain/present/queue-text.ts";
import { estimate } from "../domain/queue/failure-rate.ts";
import type { QueueRow, Trial, Watch } from "../domain/queue/queue-row.ts";
import type { ChangeRow } from "../domain/rows.ts";

/** Queues in which there is something, or that are halted. */
export function queueView(store: SqliteStore): QueueView {
  const queues = store.queues().flatMap((queue) => oneQueue(store, queue));
  return { version: 1, queues, active: store.activeRuns().length > 0 };
}

function oneQueue(store: SqliteStore, queue: QueueRow): OneQueueView[] {
  const { repository, target, round, rate, halted, repairs, watch, asked, promotion } = queue;
  // What is kept back until a person has it landed is not on its way.
  const rows = store.openChangesOf(queue).filter(({ state }) => !isKeptBack(state));
  const busy = repairs.length > 0 || watch !== null || asked.length > 0 || promotion !== null;
  if (rows.length === 0 && halted === null && !busy) return [];
  const count = (status: ChangeRow["state"]["status"]): number =>
    rows.filter(({ state }) => state.status === status).length;
  const counts = { waiting: count("offered"), held: count("held"), regenerating: count("regenerating") };
  return [
    {
      repository,
      target,
      strategy: round?.strategy ?? null,
      history: round?.history ?? null,
      slots: round?.slots ?? null,
      failureRate: rate.judged === 0 ? null : estimate(rate),
      halted: halted === null ? null : haltText(halted),
      next: nextText(queue, counts),
      trials: [
        ...(round?.trials ?? []).map(trialView),
        ...baseViews(queue),
        ...watchViews(watch),
        ...askedViews(queue),
        ...promotionViews(promotion),
      ],
      repairs: repairs.map(repairView),
      changes: changeViews(store, rows),
    },
  ];
}

function trialView({ number, lot, state }: Trial): TrialView {
  const commit = "candidate" in state ? state.candidate.commit : null;
  const check = "check" in state ? state.check : null;
  const word = state.status === "gating" ? "judging" : state.status;
  return { number, changes: lot, on: "candidate", state: word, check, commit };
}

function baseViews({ round }: QueueRow): TrialView[] {
  const words = { running: "judging", green: "passed", red: "failed", blocked: "blocked" } as const;
  return (round?.bases ?? []).map(({ number, check, state }) => {
    const failed = state === "red" || state === "blocked" ? check : null;
    return { number, changes: [], on: "base", state: words[state], check: failed, commit: round?.on?.tip ?? null };
  });
}

function watchViews(watch: Watch | null): TrialView[] {
  if (watch === null) return [];
  const { number, links, commit, check } = watch;
  const changes = links.map(({ change }) => change);
  return [{ number, changes, on: "target", state: "judging", check: check === "" ? null : check, commit }];
}

function askedViews({ asked }: QueueRow): TrialView[] {
  return asked.flatMap(({ number, commit }): TrialView[] =>
    number === null ? [] : [{ number, changes: [], on: "target", state: "judging", check: null, commit }],
  );
}

function promotionViews(promotion: QueueRow["promotion"]): TrialView[] {
  if (promotion === null) return [];
  const { number, state } = promotion;
  if (state.status === "waiting") return [];
  const commit = "candidate" in state ? state.candidate.commit : promotion.commit;
  const word = state.status === "gating" ? "judging" : state.status;
  return [{ number, changes: [], on: "promotion", state: word, check: null, commit }];
}

function repairView({ change, commit, why, state }: QueueRow["repairs"][number]): RepairView {
  return { change, commit, state: state.status === "gating" ? "judging" : state.status, why: revertText(why) };
}

function changeViews(store: SqliteStore, rows: readonly ChangeRow[]): QueuedChangeView[] {
  let position = 0;
  return rows.flatMap((row): QueuedChangeView[] => {
    const { id, run, task, state, offeredAt } = row;
    const planned = store.task(run, task)?.planned;
    const about = { change: id, run, task, title: planned?.title ?? "", priority: planned?.priority ?? "medium" };
    switch (state.status) {
      case "held":
        return [{ ...about, offeredAt, state: "held", position: null, why: failureText(state.failure) }];
      case "regenerating":
        return [{ ...about, offeredAt, state: state.status, position: null, why: regeneratingText(state) }];
      case "offered":
      case "gating":
      case "ready":
      case "landing":
        return [{ ...about, offeredAt, state: state.status, position: ++position, why: null }];
      default:
        return [];
    }
  });
}
