import type { Asker } from "../../adapters/models/asker.ts";
import { readTasks } from "../../adapters/models/read-tasks.ts";
import { structuredAnswer } from "../../adapters/models/structured-answer.ts";
import { assemblePlan } from "../../domain/assemble.ts";
import { answerSchema } from "../../domain/decompose/answer-schema.ts";
import { answerTokens } from "../../domain/decompose/bounds.ts";
import type { AnsweredTask } from "../../domain/decompose/answered-task.ts";
import { draftTasks } from "../../domain/decompose/draft-tasks.ts";
import {
  requestQuestion,
  reviewQuestion,
  shorterText,
  systemText,
  type Asked as AskedPlan,
  type ContextBlock,
} from "../../domain/decompose/question-text.ts";
import { findCycle } from "../../domain/graph.ts";
import type { Plan } from "../../domain/plan.ts";
import { makeRedactor } from "../../domain/redact.ts";
import type { RoadmapReading } from "../../domain/roadmap.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { askedOnce, type AskMeans } from "./asked-once.ts";
import { problemText } from "./plan-errors.ts";
import type { Asked } from "./planning-folder.ts";
import { requestInput } from "./words.ts";

export type RequestMeans = AskMeans & {
  /** What is found in a plan that is one, each in a line. */
  readonly check: (plan: Plan) => Promise<readonly string[]>;
};

/** What a model made of a request. */
export interface Decomposed {
  readonly reading: RoadmapReading;
  /** What a person should know of it. */
  readonly notes: readonly string[];
}

export type RequestAsked = Omit<AskedPlan, "context"> & {
  /** Only asked for where a model is. */
  readonly context: () => Promise<readonly ContextBlock[]>;
};

/** Has a model make tasks of a request. What it made is only a draft: the plan is checked like any other. */
export async function decompose(asked: RequestAsked, means: RequestMeans): Promise<Decomposed & Asked> {
  return askedOnce<Decomposed>(asked.request, means, async (asker, signal) =>
    planned({ ...asked, context: await asked.context() }, asker, { check: means.check, signal }),
  );
}

const { redact } = makeRedactor({ values: [] });
const heldBack = "what looks like a secret in the request was not sent: its tasks do not have it either";

/** A plan with which something is wrong is shown to the model once more. What is still wrong then the checks behind tell of. */
async function planned(
  asked: AskedPlan,
  asker: Asker,
  { check, signal }: Pick<RequestMeans, "check" | "signal">,
): Promise<Decomposed> {
  const known = new Set(asked.capabilities);
  const held = redact(asked.request) === asked.request ? [] : [heldBack];
  const ask = async (text: string): Promise<readonly AnsweredTask[]> =>
    structuredAnswer({
      asker,
      question: {
        system: systemText,
        turns: [{ role: "user", text }],
        form: { name: "plan", schema: answerSchema },
        maxTokens: answerTokens(asked.maxTasks),
      },
      understand: (value) => readTasks(value, asked.maxTasks),
      shorter: `${text}\n\n${shorterText(asked.maxTasks)}`,
      signal,
    });
  const answer = await ask(requestQuestion(asked));
  const first = draftTasks(answer, known);
  const found = await findingsIn(first.reading, check);
  const findings = [...first.findings, ...found.findings];
  if (findings.length === 0) return { reading: first.reading, notes: held };
  const plan = JSON.stringify({ tasks: answer }, null, 1);
  try {
    const second = draftTasks(await ask(reviewQuestion(asked, plan, findings)), known);
    const worse = found.isPlan ? await findingsIn(second.reading, check) : found;
    if (found.isPlan && !worse.isPlan) {
      const why = `looked over again it was no plan any more, so this is the first: ${worse.findings.join("; ")}`;
      return { reading: first.reading, notes: [...held, ...first.findings, why] };
    }
    return { reading: second.reading, notes: [...held, ...second.findings, ...leftOut(first.reading, second.reading)] };
  } catch (error) {
    // The first plan is there, and is told of as what it is.
    if (!(error instanceof OperationalError) || signal.aborted) throw error;
    const notes = [...held, ...first.findings, `it was not looked over again: ${error.message}`];
    return { reading: first.reading, notes };
  }
}

/** Who was asked to correct one task may give that one alone. */
function leftOut(first: RoadmapReading, second: RoadmapReading): readonly string[] {
  const ids = new Set(second.tasks.map(({ statedId }) => statedId));
  const gone = first.tasks.filter(({ statedId }) => !ids.has(statedId));
  if (gone.length === 0) return [];
  return [
    `looked over again it lacks what it had: ${gone.map(({ statedId, title }) => `${statedId} (${title})`).join(", ")}`,
  ];
}

interface FoundInPlan {
  /** Else nothing of it could be run. */
  readonly isPlan: boolean;
  readonly findings: readonly string[];
}

async function findingsIn(reading: RoadmapReading, check: RequestMeans["check"]): Promise<FoundInPlan> {
  const assembled = assemblePlan([requestInput(reading)]);
  if (!assembled.ok) return { isPlan: false, findings: assembled.problems.map(problemText) };
  const cycle = findCycle(assembled.plan.tasks);
  if (cycle === null) return { isPlan: true, findings: await check(assembled.plan) };
  return { isPlan: false, findings: [`the tasks wait for each other in a circle: ${cycle.join(" → ")}`] };
}
