import { singleLine } from "../../std/text.ts";
import type { EventBody } from "../event.ts";
import type { IssueLoss, IssueNews, IssueStatus, ReleaseReason, IssueNow } from "../issue.ts";
import type { IssueReport } from "../report.ts";
import { makeRedactor } from "../redact.ts";
import { failureText } from "./failure-text.ts";

/** Agents and checks have a part in these words, and others may read the tracker. */
const reasonChars = 500;
const { redact } = makeRedactor({ values: [] });

export function lossText(loss: IssueLoss): string {
  switch (loss.reason) {
    case "closed":
      return "its issue is closed";
    case "taken":
      return `its issue is taken by ${singleLine(loss.by, 100)}`;
    case "gone":
      return "its issue is not there any more";
  }
}

/** What is said to the tracker. No log goes there: it may hold what is nobody's business. */
export function issueNote(news: IssueNews, { run, task }: { readonly run: string; readonly task: string }): string {
  const by = `nightcrew, run ${run}, task ${task}`;
  if (news.kind === "released") return `Not done (${by}): ${releaseText(news.why)}`;
  if (news.commit === null) return `Done (${by}): nothing had to be changed`;
  return `Landed as ${news.commit} on ${news.target} (${by})`;
}

export function releaseText(why: ReleaseReason): string {
  switch (why.reason) {
    case "failed":
      return redact(singleLine(failureText(why.failure), reasonChars));
    case "cancelled":
      return "the task was cancelled";
    case "lost":
      return lossText(why.loss);
    case "run-ended":
      return "the run ended before it was done";
  }
}

/** What a person does where the tracker could not be told. */
export function untoldText(issue: string, news: IssueNews | null, problem: string): string {
  const what =
    news === null
      ? `${issue} could not be claimed, and is worked on all the same`
      : `${issue} could not be ${madeOf(news)}`;
  return `${what}: ${problem}`;
}

function madeOf(news: IssueNews): string {
  if (news.kind === "landed") return "closed";
  return news.why.reason === "lost" ? "let go" : "opened again";
}

/** Where an issue was left. */
export function issueStatusText({ name, status, problem }: IssueReport): string {
  if (problem !== null) return `${name}: its tracker was not told that it is ${statusWords[status]}: ${problem}`;
  return `${name} is ${statusWords[status]}`;
}

const statusWords: Readonly<Record<IssueStatus, string>> = {
  untouched: "as it was",
  claimed: "claimed",
  closed: "closed",
  open: "open again",
  left: "left for a person: it was tried too often",
};

const nowWords: Readonly<Record<IssueNow, string>> = {
  closed: "is closed",
  open: "is open again",
  left: "was tried so often that it is left for a person",
  kept: "is let go: it stays as it is there",
};

type IssueEvent = Extract<EventBody, { type: `issue.${string}` }>;

export function issueEventText(body: IssueEvent): string {
  switch (body.type) {
    case "issue.claimed":
      return `${body.issue} is claimed`;
    case "issue.untold":
      return untoldText(body.issue, body.news, body.problem);
    case "issue.told":
      return `${body.issue} ${nowWords[body.now]}`;
  }
}
