import { decide } from "../domain/decide/decide.ts";
import { decideQueue } from "../domain/decide/queue/decide-queue.ts";
import type { Decision } from "../domain/decide/draft.ts";
import type { Answer } from "../domain/control.ts";
import type { Effect } from "../domain/effect.ts";
import type { Event } from "../domain/event.ts";
import type { AnyInput, ToldInput } from "../domain/input.ts";
import { isQueueInput, needs, queueNeeds } from "../domain/needs.ts";
import type { WorkerLimits } from "../domain/rows.ts";
import { crashPoint } from "./crash-point.ts";
import { perform } from "./perform.ts";
import type { Ports } from "./ports.ts";

/** Inputs decided in one transaction at most. */
const batchLimit = 64;

interface Pending {
  readonly input: ToldInput;
  readonly closes: string | null;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one loop: take inputs, decide, commit, then act; what acting brings comes back as inputs.
 * Starting again after a crash is the same loop, begun with the effects that were still pending.
 */
export class Engine {
  private readonly ports: Ports;
  private readonly limits: WorkerLimits;
  private readonly queue: Pending[] = [];
  private readonly listeners = new Set<(events: readonly Event[]) => void>();
  private readonly performing = new Map<string, Promise<void>>();
  private draining = false;
  private failed: unknown = null;
  private readonly onBug: (error: unknown) => void;

  /** `onBug` is told once of a broken invariant; the loop decides nothing after it. */
  constructor(ports: Ports, limits: WorkerLimits, onBug: (error: unknown) => void) {
    this.ports = ports;
    this.limits = limits;
    this.onBug = onBug;
  }

  /** Takes up what was asked for before and not answered. */
  recover(): void {
    this.act(this.ports.store.pendingEffects().filter(({ id }) => !this.performing.has(id)));
    // Limits may be other ones now.
    for (const run of this.ports.store.activeRuns()) {
      this.observe({ type: "run.nudged", run });
      const row = this.ports.store.run(run);
      if (row !== null) this.observe({ type: "queue.nudged", repository: row.repository, target: row.target });
    }
  }

  /** Resolves when the input's decision is durable, with what became of it where it is a person's command. */
  submit(input: ToldInput, closes: string | null = null): Promise<Answer> {
    if (this.failed !== null) return Promise.reject(toError(this.failed));
    return new Promise((resolve, reject) => {
      this.queue.push({ input, closes, resolve, reject });
      if (this.draining) return;
      this.draining = true;
      // After the current turn, so that inputs that arrive together share a transaction.
      void Promise.resolve().then(() => this.drain());
    });
  }

  /** Returns the function that ends the subscription. Events come after their commit, in order. */
  subscribe(listener: (events: readonly Event[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private drain(): void {
    try {
      while (this.queue.length > 0) this.decideBatch(this.queue.splice(0, batchLimit));
    } catch (error) {
      this.failed = error;
      for (const pending of this.queue.splice(0)) pending.reject(error);
      this.onBug(error);
    } finally {
      this.draining = false;
    }
  }

  private decideBatch(batch: readonly Pending[]): void {
    const { store, clock } = this.ports;
    const events: Event[] = [];
    const effects: Effect[] = [];
    const answers: Answer[] = [];
    const decideAll = (input: AnyInput): Answer => {
      // What a queue said of its changes is told before it is asked again: nothing is decided on what is half told.
      const [told, asked]: [AnyInput[], AnyInput[]] = [[], []];
      const decideOne = (one: AnyInput): Answer => {
        const now = clock.now();
        const decision = this.decision(one, now);
        const applied = store.apply(decision, now);
        events.push(...applied.events);
        effects.push(...applied.effects);
        // One run's spending may reach the cap of the day of others, which would not look before something of their own happens.
        const broke = decision.spentTodayUsd === null ? [] : store.runsOverDayCap(decision.spentTodayUsd);
        const nudges = broke.map((run) => ({ type: "run.nudged", run }) as const);
        for (const next of [...decision.next, ...nudges]) (isQueueInput(next) ? asked : told).push(next);
        return decision.answer;
      };
      const answer = decideOne(input);
      // In the same transaction: nothing that was decided is left half done by a crash. Each of them leads on, so they end.
      for (;;) {
        const next = told.shift() ?? asked.shift();
        if (next === undefined) return answer;
        decideOne(next);
      }
    };
    try {
      store.transaction(() => {
        for (const { input, closes } of batch) {
          // An answer counts once: what is told again finds its question closed.
          const again = closes !== null && !store.closeEffect(closes);
          answers.push(again ? { kind: "unchanged" } : decideAll(input));
        }
        for (const { input } of batch) crashPoint(`commit/${input.type}/before`);
      });
      for (const { input } of batch) crashPoint(`commit/${input.type}/after`);
    } catch (error) {
      for (const pending of batch) pending.reject(error);
      throw error;
    }
    for (const [index, pending] of batch.entries()) pending.resolve(answers[index] ?? { kind: "done" });
    if (events.length > 0) for (const listener of this.listeners) listener(events);
    this.act(effects);
  }

  private decision(input: AnyInput, now: number): Decision {
    const { store } = this.ports;
    if (isQueueInput(input)) return decideQueue(store.queueSlice(queueNeeds(input)), input, now);
    return decide({ ...store.slice(needs(input), now), limits: this.limits }, input, now);
  }

  /** An effect asked for again by the very answer that closes it waits until that is through. */
  private act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      const before = this.performing.get(effect.id) ?? Promise.resolve();
      const done = before
        .then(() => this.actOn(effect))
        .finally(() => {
          if (this.performing.get(effect.id) === done) this.performing.delete(effect.id);
        });
      this.performing.set(effect.id, done);
    }
  }

  private async actOn(effect: Effect): Promise<void> {
    try {
      crashPoint(`effect/${effect.kind}/before`);
      const answer = await perform(effect, this.ports, (input) => this.observe(input));
      crashPoint(`effect/${effect.kind}/after`);
      if (answer !== null) await this.submit(answer, effect.id);
    } catch (error) {
      this.ignoreAfterBug(error);
    }
  }

  private observe(input: ToldInput): void {
    this.submit(input).catch((error: unknown) => this.ignoreAfterBug(error));
  }

  /** After a bug the first error was told; the inputs that still come in fail with the same one. */
  private ignoreAfterBug(error: unknown): void {
    if (this.failed !== null) return;
    this.failed = error;
    this.onBug(error);
  }
}

function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
