import { CountedAsker } from "../../adapters/models/counted-asker.ts";
import { EndpointAsker } from "../../adapters/models/endpoint-asker.ts";
import type { Asker } from "../../adapters/models/asker.ts";
import type { Manner } from "../../adapters/models/chat-body.ts";
import { recordedTransport } from "../../adapters/models/recorded-transport.ts";
import { usualRetries, type Transport } from "../../adapters/models/transport.ts";
import { leftToVerify, type Budget } from "../../domain/budget.ts";
import type { Environment } from "../../domain/environment.ts";
import { spendText } from "../../domain/present/money-text.ts";
import type { OwnPrices, Spend } from "../../domain/prices.ts";
import { makeRedactor } from "../../domain/redact.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { plannerKeys, type Planner } from "./planner.ts";
import { PlanningFolder, type Asked } from "./planning-folder.ts";
import { PlanningLedger } from "./planning-ledger.ts";
import type { SharedAsking } from "./shared-asking.ts";

export interface AskMeans {
  readonly planner: Planner;
  readonly settings: Environment;
  /** What an agent that is asked runs in. */
  readonly rules: SandboxRules;
  /** The value of a variable that the submitting client, the home or the daemon has. */
  readonly keyOf: (name: string) => Promise<string | undefined>;
  readonly manners: Map<string, Manner>;
  /** By which endpoints are asked. */
  readonly transport: Transport;
  /** For one question; as is usual where it is not said. */
  readonly timeoutMs: number | undefined;
  readonly budget: Budget;
  readonly prices: OwnPrices | undefined;
  readonly spentTodayUsd: number;
  /** NIGHTCREW_HOME. */
  readonly home: string;
  /** Of the submission: what was made under it is not made again. */
  readonly key: string;
  readonly now: number;
  /** What is being asked at the moment. */
  readonly shared: SharedAsking;
  /** Aborts when whoever submitted does not wait any more. */
  readonly signal: AbortSignal;
}

const usualTimeoutMs = 180_000;

type Make<T> = (asker: Asker, signal: AbortSignal) => Promise<T>;

/** Has something made by asking a model, once for each submission: `of` says of what it is made. */
export async function askedOnce<T extends object>(of: string, means: AskMeans, make: Make<T>): Promise<T & Asked> {
  return means.shared.join(`${means.key} ${of}`, means.signal, (signal) => keptOrAsked(of, { ...means, signal }, make));
}

async function keptOrAsked<T extends object>(of: string, means: AskMeans, make: Make<T>): Promise<T & Asked> {
  const folder = await PlanningFolder.open(means.home, means.key, means.now);
  const before = await folder.made<T>(of);
  if (before !== null) return before;
  const asker = await askerFor(means, folder);
  const made = await make(asker, means.signal).catch((error: unknown) => {
    throw error instanceof OperationalError ? withSpend(error, asker.spend) : error;
  });
  const asked = { ...made, spend: asker.spend, by: asker.name };
  await folder.keep(of, asked);
  return asked;
}

/** What was paid for nothing is said where it was. */
function withSpend(error: OperationalError, spend: Spend): OperationalError {
  if ((spend.amountUsd ?? 0) === 0) return error;
  const { code, message: what, why, next, exitCode } = error;
  const cost = `what was answered until then cost ${spendText(spend)}`;
  const facts = { code, what, why: why === null ? cost : `${why}\n${cost}`, exitCode, cause: error };
  return new OperationalError(next === null ? facts : { ...facts, next });
}

async function askerFor(means: AskMeans, folder: PlanningFolder): Promise<CountedAsker> {
  const { planner, manners, timeoutMs = usualTimeoutMs, budget, prices, spentTodayUsd } = means;
  const keys = await keysOf(planner, means.keyOf);
  const { redact } = makeRedactor({ values: Object.entries(keys).map(([name, value]) => ({ name, value })) });
  const ledger = new PlanningLedger(means.home);
  const onSpend = (spend: Spend): Promise<void> => ledger.add(means.key, spend, means.now);
  const rules = { roomUsd: leftToVerify(budget, { run: 0, day: spentTodayUsd }), prices, redact, onSpend };
  const recorded = (transport: Transport): Transport => recordedTransport(transport, folder.exchanges, redact);
  if (planner.kind === "agent") {
    const { askAgent } = await import("./ask-agent.ts");
    return new CountedAsker(
      askAgent(planner, { ...means, keys, timeoutMs, maxCostUsd: rules.roomUsd, recorded, redact }),
      {
        ...rules,
        cost: planner.agent.cost,
      },
    );
  }
  const { endpoint } = planner;
  const key = endpoint.keyName === null ? null : (keys[endpoint.keyName] ?? "");
  if (key === "") throw keyMissing(endpoint.keyName ?? "");
  const transport = recorded(means.transport);
  return new CountedAsker(
    new EndpointAsker({ endpoint, key, transport, retries: usualRetries, manners, timeoutMs, redact }),
    rules,
  );
}

async function keysOf(planner: Planner, keyOf: AskMeans["keyOf"]): Promise<Environment> {
  const found: Record<string, string> = {};
  for (const name of plannerKeys(planner)) {
    const value = await keyOf(name);
    if (value !== undefined && value !== "") found[name] = value;
  }
  return found;
}

function keyMissing(name: string): OperationalError {
  return new OperationalError({
    code: "planning-key-missing",
    what: `The key to ask a model for a plan is not there: ${name}`,
    next: `set ${name}, or have the text done as one task: --as-tasks`,
  });
}
