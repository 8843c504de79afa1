import type { PlanRequest } from "../../api/contract.ts";
import type { ScanPlace } from "../../adapters/code/scan-project.ts";
import { branchRef } from "../../adapters/git/target.ts";
import { usualMaxTasks } from "../../domain/decompose/bounds.ts";
import type { PlanFinding } from "../../domain/plan-check.ts";
import { planFindingText } from "../../domain/present/plan-finding-text.ts";
import { assertDefined } from "../../std/assert.ts";
import { findingsOf } from "./check-plan.ts";
import { askingOf, type Asking, type PlanningPlace } from "./planning-means.ts";
import { readRequest, readTitles, type ReadWords } from "./words.ts";

/** Reads words as they are meant: one text as a request, where a model can be had to make a plan of it; else as titles. */
export function wordsReader(
  request: PlanRequest,
  place: PlanningPlace,
): (texts: readonly string[], isRequest: boolean) => Promise<ReadWords> {
  return async (texts, isRequest) => {
    const [text = ""] = texts;
    if (!isRequest || request.asTasks === true || text.trim() === "") return readTitles(texts);
    const asking = await askingOf(request, place);
    if (asking !== null) return made(text, request, place, asking);
    return { ...readTitles(texts), notes: place.config.planning.off ? [] : [asOneTask] };
  };
}

const asOneTask =
  "the text is taken as one task: to have a plan made of it set a model's key (OPENAI_API_KEY, ANTHROPIC_API_KEY, OPENROUTER_API_KEY), LITELLM_API_BASE, or planning: endpoint in nightcrew.yaml";

async function made(
  text: string,
  request: PlanRequest,
  place: PlanningPlace,
  { means, agents }: Asking,
): Promise<ReadWords> {
  const [{ decompose }, { requestContext }] = await Promise.all([
    import("./request.ts"),
    import("./request-context.ts"),
  ]);
  const decomposed = await decompose(
    {
      request: text,
      context: async () => requestContext(await scanPlaceOf(place)),
      maxTasks: request.maxTasks ?? usualMaxTasks,
      capabilities: [...new Set(agents.flatMap(({ capabilities }) => capabilities))],
    },
    {
      ...means,
      check: async (plan) => (await findingsOf(plan, place.treeOf)).filter(isForModel).map(planFindingText),
    },
  );
  return readRequest(decomposed);
}

/** A file that is not there yet may well be made. */
function isForModel({ kind }: PlanFinding): boolean {
  return kind !== "new-file";
}

/** The commit that is checked out: what it is planned on is what its author sees. */
async function scanPlaceOf({ repository, objects }: PlanningPlace): Promise<ScanPlace> {
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
