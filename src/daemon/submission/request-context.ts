import { scanProject, type ScanPlace } from "../../adapters/code/scan-project.ts";
import type { ContextBlock } from "../../domain/decompose/question-text.ts";
import { projectText } from "../../domain/present/project-text.ts";
import { makeRedactor } from "../../domain/redact.ts";
import { ellipsis, printable } from "../../std/text.ts";

/** Characters; four are about a token. */
const maxProject = 30_000;
const maxReadme = 6_000;
const { redact } = makeRedactor({ values: [] });

/** What a model is told of a repository, as it is committed: what a scan says, and the beginning of its README. */
export async function requestContext(place: ScanPlace): Promise<readonly ContextBlock[]> {
  const project = projectText(await scanProject(place), maxProject);
  const readme = await place.objects.find(`${place.commit}:README.md`);
  // Redacted before it is cut: half of a secret is not known for one.
  const start = readme === null ? "" : readme.content.subarray(0, 8 * maxReadme).toString("utf8");
  const head = ellipsis(redact(printable(start.trim())), maxReadme);
  return [{ label: "project", text: redact(project) }, ...(head === "" ? [] : [{ label: "README.md", text: head }])];
}
