import { CountedAsker } from "../../adapters/models/counted-asker.ts";
import { EndpointAsker } from "../../adapters/models/endpoint-asker.ts";
import type { Manner } from "../../adapters/models/chat-body.ts";
import { readTasks } from "../../adapters/models/read-tasks.ts";
import { recordedTransport } from "../../adapters/models/recorded-transport.ts";
import { structuredAnswer } from "../../adapters/models/structured-answer.ts";
import { usualRetries, type Transport } from "../../adapters/models/transport.ts";
import { assemblePlan } from "../../domain/assemble.ts";
import { leftToVerify, type Budget } from "../../domain/budget.ts";
import { answerSchema } from "../../domain/decompose/answer-schema.ts";
import type { AnsweredTask } from "../../domain/decompose/answered-task.ts";
import { draftTasks } from "../../domain/decompose/draft-tasks.ts";
import {
  requestQuestion,
  reviewQuestion,
  shorterText,
  systemText,
  type Asked,
  type ContextBlock,
} from "../../domain/decompose/question-text.ts";
import type { Environment } from "../../domain/environment.ts";
import { findCycle } from "../../domain/graph.ts";
import type { Plan } from "../../domain/plan.ts";
import type { OwnPrices } from "../../domain/prices.ts";
import { makeRedactor } from "../../domain/redact.ts";
import type { RoadmapReading } from "../../domain/roadmap.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { problemText } from "./plan-errors.ts";
import { plannerKeys, type Planner } from "./planner.ts";
import { PlanningFolder, type Decomposed } from "./planning-folder.ts";
import { requestInput } from "./words.ts";

export interface RequestMeans {
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
  /** What is found in a plan that is one, each in a line. */
  readonly check: (plan: Plan) => Promise<readonly string[]>;
  /** NIGHTCREW_HOME. */
  readonly home: string;
  /** Of the submission: what was made under it is not made again. */
  readonly key: string;
  readonly now: number;
  readonly signal: AbortSignal;
}

export type RequestAsked = Omit<Asked, "context"> & {
  /** Only asked for where a model is. */
  readonly context: () => Promise<readonly ContextBlock[]>;
};

const usualTimeoutMs = 180_000;

/** Has a model make tasks of a request, once for each submission. What it made is only a draft: the plan is checked like any other. */
export async function decompose(asked: RequestAsked, means: RequestMeans): Promise<Decomposed> {
  const folder = await PlanningFolder.open(means.home, means.key, means.now);
  const before = await folder.made(asked.request);
  if (before !== null) return before;
  const asker = await askerFor(means, folder);
  const made = await planned({ ...asked, context: await asked.context() }, asker, means);
  const decomposed = { ...made, spend: asker.spend, by: asker.name };
  await folder.keep(asked.request, decomposed);
  return decomposed;
}

async function askerFor(means: RequestMeans, folder: PlanningFolder): Promise<CountedAsker> {
  const { planner, manners, timeoutMs = usualTimeoutMs, budget, prices, spentTodayUsd } = means;
  const keys = await keysOf(planner, means.keyOf);
  const { redact } = makeRedactor({ values: Object.entries(keys).map(([name, value]) => ({ name, value })) });
  const rules = { roomUsd: leftToVerify(budget, { run: 0, day: spentTodayUsd }), prices, redact };
  const recorded = (transport: Transport): Transport => recordedTransport(transport, folder.exchanges, redact);
  if (planner.kind === "agent") {
    const { askAgent } = await import("./ask-agent.ts");
    return new CountedAsker(askAgent(planner, { ...means, keys, timeoutMs, recorded }), {
      ...rules,
      cost: planner.agent.cost,
    });
  }
  const { endpoint } = planner;
  const key = endpoint.keyName === null ? null : (keys[endpoint.keyName] ?? "");
  if (key === "") throw keyMissing(endpoint.keyName ?? "");
  const transport = recorded(means.transport);
  return new CountedAsker(
    new EndpointAsker({ endpoint, key, transport, retries: usualRetries, manners, timeoutMs }),
    rules,
  );
}

async function keysOf(planner: Planner, keyOf: RequestMeans["keyOf"]): Promise<Environment> {
  const found: Record<string, string> = {};
  for (const name of plannerKeys(planner)) {
    const value = await keyOf(name);
    if (value !== undefined && value !== "") found[name] = value;
  }
  return found;
}

type Planned = Pick<Decomposed, "reading" | "notes">;

/** A plan with which something is wrong is shown to the model once more. What is still wrong then the checks behind tell of. */
async function planned(asked: Asked, asker: CountedAsker, { check, signal }: RequestMeans): Promise<Planned> {
  const known = new Set(asked.capabilities);
  const ask = async (text: string): Promise<readonly AnsweredTask[]> =>
    structuredAnswer({
      asker,
      question: {
        system: systemText,
        turns: [{ role: "user", text }],
        form: { name: "plan", schema: answerSchema },
      },
      understand: (value) => readTasks(value, asked.maxTasks),
      shorter: `${text}\n\n${shorterText(asked.maxTasks)}`,
      signal,
    });
  const answer = await ask(requestQuestion(asked));
  const first = draftTasks(answer, known);
  const findings = [...first.findings, ...(await findingsIn(first.reading, check))];
  if (findings.length === 0) return { reading: first.reading, notes: [] };
  const plan = JSON.stringify({ tasks: answer }, null, 1);
  try {
    const second = draftTasks(await ask(reviewQuestion(asked, plan, findings)), known);
    return { reading: second.reading, notes: second.findings };
  } catch (error) {
    // The first plan is there, and is told of as what it is.
    if (!(error instanceof OperationalError)) throw error;
    return { reading: first.reading, notes: [...first.findings, `it was not looked over again: ${error.message}`] };
  }
}

async function findingsIn(reading: RoadmapReading, check: RequestMeans["check"]): Promise<readonly string[]> {
  const assembled = assemblePlan([requestInput(reading)]);
  if (!assembled.ok) return assembled.problems.map(problemText);
  const cycle = findCycle(assembled.plan.tasks);
  if (cycle !== null) return [`the tasks wait for each other in a circle: ${cycle.join(" → ")}`];
  return check(assembled.plan);
}

function keyMissing(name: string): OperationalError {
  return new OperationalError({
    code: "planning-key-missing",
    what: `The key to ask a model for a plan is not there: ${name}`,
    next: `set ${name}, or have the text done as one task: --as-tasks`,
  });
}
