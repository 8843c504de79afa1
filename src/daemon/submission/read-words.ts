import { randomBytes } from "node:crypto";
import type { PlanRequest } from "../../api/contract.ts";
import type { ScanPlace } from "../../adapters/code/scan-project.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import type { ObjectServer } from "../../adapters/git/object-server.ts";
import { branchRef } from "../../adapters/git/target.ts";
import { assertDefined } from "../../std/assert.ts";
import type { Config } from "../../adapters/config/schema.ts";
import { fetchTransport } from "../../adapters/models/transport.ts";
import type { Manner } from "../../adapters/models/chat-body.ts";
import { usualMaxTasks } from "../../domain/decompose/bounds.ts";
import type { Environment } from "../../domain/environment.ts";
import type { PlanFinding } from "../../domain/plan-check.ts";
import { planFindingText } from "../../domain/present/plan-finding-text.ts";
import type { SandboxRules } from "../../domain/run.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { moneyRules } from "./budget.ts";
import { findPlanner } from "./planner.ts";
import { findingsOf } from "./check-plan.ts";
import { defaultAgentOf, type FoundTarget } from "./preflight.ts";
import { rosterOf } from "./roster.ts";
import { chooseSandbox } from "./sandbox.ts";
import { sandboxChoice } from "../sandbox-choice.ts";
import { readRequest, readTitles, type ReadWords } from "./words.ts";

/** What the daemon has for asking a model. */
export interface PlanningMeans {
  readonly manners: Map<string, Manner>;
  /** Names of the variables that the client, the home or the daemon has. */
  readonly variables: () => Promise<ReadonlySet<string>>;
  readonly keyOf: (name: string) => Promise<string | undefined>;
  readonly spentTodayUsd: () => number;
  readonly signal: AbortSignal;
}

export interface WordsPlace {
  readonly config: Config;
  readonly checkout: string;
  readonly repository: FoundRepository;
  readonly objects: ObjectServer;
  readonly settings: Environment;
  /** NIGHTCREW_HOME. */
  readonly home: string;
  readonly planning: PlanningMeans;
  readonly targeting: Promise<FoundTarget>;
  readonly now: number;
}

/** Reads words as they are meant: one text as a request, where a model can be had to make a plan of it; else as titles. */
export function wordsReader(
  request: PlanRequest,
  place: WordsPlace,
): (texts: readonly string[], isRequest: boolean) => Promise<ReadWords> {
  const { config, settings, planning } = place;
  return async (texts, isRequest) => {
    const [text = ""] = texts;
    if (!isRequest || request.asTasks === true || text.trim() === "") return readTitles(texts);
    const variables = await planning.variables();
    const planner = findPlanner(config, { checkout: place.checkout, settings, variables, model: request.model });
    if (planner !== null) return made(text, request, { ...place, planner, variables });
    if (request.model !== undefined) throw noModel(request.model);
    return { ...readTitles(texts), notes: config.planning.off ? [] : [asOneTask] };
  };
}

const asOneTask =
  "the text is taken as one task: to have a plan made of it set a model's key (OPENAI_API_KEY, ANTHROPIC_API_KEY, OPENROUTER_API_KEY), LITELLM_API_BASE, or planning: endpoint in nightcrew.yaml";

type Chosen = WordsPlace & {
  readonly planner: NonNullable<ReturnType<typeof findPlanner>>;
  readonly variables: ReadonlySet<string>;
};

async function made(text: string, request: PlanRequest, place: Chosen): Promise<ReadWords> {
  const { config, checkout, settings, planning, variables, now, home, planner } = place;
  const [{ decompose }, { requestContext }] = await Promise.all([
    import("./request.ts"),
    import("./request-context.ts"),
  ]);
  const agents = rosterOf(config, { checkout, settings, variables });
  // Nobody pays for a plan that nobody could work on, or that could land nowhere.
  defaultAgentOf(agents, request.agent, config);
  const found = await place.targeting;
  const { budget, prices } = await moneyRules(config, settings, checkout);
  const decomposed = await decompose(
    {
      request: text,
      context: async () => requestContext(await scanPlaceOf(place)),
      maxTasks: request.maxTasks ?? usualMaxTasks,
      capabilities: [...new Set(agents.flatMap(({ capabilities }) => capabilities))],
    },
    {
      planner,
      settings,
      rules: await askingRules(request, place),
      keyOf: planning.keyOf,
      manners: planning.manners,
      transport: fetchTransport,
      timeoutMs: config.planning.timeout,
      budget,
      prices,
      check: async (plan) => (await findingsOf(plan, checkout, found)).filter(isForModel).map(planFindingText),
      spentTodayUsd: planning.spentTodayUsd(),
      home,
      key: request.key ?? randomBytes(4).toString("hex"),
      now,
      signal: planning.signal,
    },
  );
  return readRequest(decomposed);
}

/** What an agent that is asked is in; where there is no sandbox and nobody allowed to do without, it is not started. */
async function askingRules(request: PlanRequest, { config, settings, home, planner }: Chosen): Promise<SandboxRules> {
  if (planner.kind === "endpoint") return { name: "none", hosts: [], readable: [] };
  const { rules, refusal } = await chooseSandbox(config, {
    path: settings["PATH"] ?? "",
    home: settings["HOME"] ?? "",
    choice: await sandboxChoice(home, settings["NIGHTCREW_SANDBOX"]),
    allowUnsandboxed: request.allowUnsandboxed === true,
  });
  if (refusal !== null) throw refusal;
  return rules;
}

/** A file that is not there yet may well be made. */
function isForModel({ kind }: PlanFinding): boolean {
  return kind !== "new-file";
}

/** The commit that is checked out: what it is planned on is what its author sees. */
async function scanPlaceOf({ repository, objects }: WordsPlace): Promise<ScanPlace> {
  const { branch, place } = repository;
  const [commit] = await objects.commits([branch === null ? "HEAD" : branchRef(branch)]);
  // It has been opened, so there is one.
  return {
    gitDir: place.commonDir,
    objects,
    commit: assertDefined(commit ?? undefined, "a commit"),
    branch: branch ?? "",
  };
}

function noModel(model: string): OperationalError {
  return new OperationalError({
    code: "no-planning-model",
    what: `Nobody is there to ask ${model}`,
    why: "no endpoint is configured, and no key of one is set",
    next: "set OPENAI_API_KEY, ANTHROPIC_API_KEY, OPENROUTER_API_KEY or LITELLM_API_BASE, or name one: planning: endpoint in nightcrew.yaml",
  });
}
