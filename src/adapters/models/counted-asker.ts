import type { AgentCost } from "../../domain/agent.ts";
import { costOf, sumOf, type OwnPrices, type Spend } from "../../domain/prices.ts";
import { OperationalError } from "../../std/operational-error.ts";
import type { Asker, Question, Said } from "./asker.ts";

const unsaid: AgentCost = { perAttempt: null, perMillion: null };

export interface AskRules {
  /** Null where nothing caps it. */
  readonly roomUsd: number | null;
  readonly prices: OwnPrices | undefined;
  /** What an agent's settings say; absent: nothing. */
  readonly cost?: AgentCost;
  /** Keys are in no question and no plan, whoever says them. */
  readonly redact: (text: string) => string;
  /** Told of every answer, before anything is made of it. */
  readonly onSpend: (spend: Spend) => Promise<void>;
}

/** Counts what is asked, and asks no more once it has cost what it may. */
export class CountedAsker implements Asker {
  readonly name: string;
  readonly model: string | null;
  private readonly asker: Asker;
  private readonly rules: AskRules;
  private readonly spends: Spend[] = [];

  constructor(asker: Asker, rules: AskRules) {
    this.asker = asker;
    this.rules = rules;
    this.name = asker.name;
    this.model = asker.model;
  }

  get spend(): Spend {
    return sumOf(this.spends);
  }

  async ask(question: Question, signal: AbortSignal): Promise<Said> {
    const { roomUsd, prices, redact, onSpend, cost = unsaid } = this.rules;
    if (roomUsd !== null && (this.spend.amountUsd ?? 0) >= roomUsd) throw usedUp(roomUsd);
    const said = await this.asker.ask(redacted(question, redact), signal);
    const spend = costOf(said.usage, { ...cost, model: this.model, ownPrices: prices });
    this.spends.push(spend);
    await onSpend(spend);
    return { ...said, text: redact(said.text) };
  }
}

function redacted({ turns, ...rest }: Question, redact: AskRules["redact"]): Question {
  return { ...rest, turns: turns.map(({ role, text }) => ({ role, text: redact(text) })) };
}

function usedUp(roomUsd: number): OperationalError {
  return new OperationalError({
    code: "over-budget",
    what: "No model is asked for a plan: the budget is used up",
    why: `${roomUsd} USD are left for it by the caps on an attempt, a run and a day`,
    next: "raise the caps (`budget:` in nightcrew.yaml), or have the text done as one task: --as-tasks",
    exitCode: 3,
  });
}
