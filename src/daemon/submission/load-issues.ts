import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { Git, nulSeparated } from "../../adapters/git/git.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import { plainTask } from "../../adapters/sources/task-file.ts";
import { seedsFiles, seedsFolder, SeedsTracker } from "../../adapters/trackers/seeds.ts";
import type { Tracker } from "../../adapters/trackers/tracker.ts";
import { chooseIssues, type Issue, type IssueChoice, type IssueWish } from "../../domain/issue-choice.ts";
import type { IssueRef, TrackerKind } from "../../domain/issue.ts";
import type { PlanInput } from "../../domain/plan-input.ts";
import { statedTasks, type DraftTask } from "../../domain/roadmap.ts";
import type { RunSource, Sync } from "../../domain/run.ts";
import { idPart, isTaskId } from "../../domain/task-id.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import type { IssueWord } from "./issue-words.ts";

export interface LoadedIssues {
  readonly inputs: readonly PlanInput[];
  readonly sources: readonly RunSource[];
  readonly notes: readonly string[];
}

/** How many are wanted where none is named. */
export interface IssueAsk {
  /** Absent: two. */
  readonly next?: number | undefined;
  readonly all?: boolean | undefined;
}

export interface IssuePlace {
  readonly repository: FoundRepository;
  readonly sync: Sync;
  readonly ask: IssueAsk;
  /** Tells which run that is not finished has an issue to do; null: none. */
  readonly runsWithIssues: () => (issue: IssueRef) => string | null;
}

/** As many as source 001's dispatch takes. */
const defaultNext = 2;

/** Reads the issues that are named, or the next ones that can be begun. Nothing is written. */
export async function loadIssues(words: readonly IssueWord[], place: IssuePlace): Promise<LoadedIssues> {
  const loaded: LoadedIssues[] = [];
  for (const wanted of together(words)) loaded.push(await loadFrom(wanted, place));
  return {
    inputs: loaded.flatMap(({ inputs }) => inputs),
    sources: loaded.flatMap(({ sources }) => sources),
    notes: loaded.flatMap(({ notes }) => notes),
  };
}

interface Wanted {
  readonly tracker: TrackerKind;
  readonly ids: readonly string[];
  /** Also those that nobody named. */
  readonly others: boolean;
}

/** A tracker that is named twice is one source: its issues are done once. */
function together(words: readonly IssueWord[]): Wanted[] {
  const trackers = [...new Set(words.map(({ tracker }) => tracker))];
  return trackers.map((tracker) => {
    const own = words.filter((word) => word.tracker === tracker);
    return { tracker, ids: own.flatMap(({ ids }) => ids), others: own.some(({ ids }) => ids.length === 0) };
  });
}

async function loadFrom(wanted: Wanted, place: IssuePlace): Promise<LoadedIssues> {
  const { repository, sync } = place;
  const folder = seedsIn(repository);
  const name = `${wanted.tracker}:`;
  const tracker: Tracker = new SeedsTracker(folder, () => new Date());
  const { issues, notes } = await tracker.list();
  const { chosen, leftOut, missing } = choose(issues.map(withRun(place)), wanted, place.ask);
  if (missing.length > 0) throw unknownIssues(name, missing, issues);
  if (chosen.length === 0) throw nothingReady(name, leftOut);
  return {
    inputs: [{ kind: "tracker", name, path: name, reading: statedTasks(draftsOf(chosen)) }],
    sources: await filesOf(name, folder, repository),
    notes: [...notes, ...leftOutNotes(name, leftOut), writingNote(name, sync)],
  };
}

/** What a run has to do is not chosen for another one, which would only find it taken. */
function withRun({ runsWithIssues }: IssuePlace): (issue: Issue) => Issue {
  const runWith = runsWithIssues();
  return (issue) => {
    const run = issue.status === "open" ? runWith(issue) : null;
    return run === null ? issue : { ...issue, status: "in_progress", holder: `run ${run}` };
  };
}

function choose(issues: readonly Issue[], { ids, others }: Wanted, { next, all }: IssueAsk): IssueChoice {
  const named = chooseIssues(issues, { kind: "named", ids });
  if (!others) return named;
  const wish: IssueWish = all === true ? { kind: "all" } : { kind: "next", count: next ?? defaultNext };
  const rest = chooseIssues(issues, wish);
  const there = new Set(named.chosen.map(({ id }) => id));
  return {
    chosen: [...named.chosen, ...rest.chosen.filter(({ id }) => !there.has(id))],
    leftOut: [...named.leftOut, ...rest.leftOut],
    missing: named.missing,
  };
}

function draftsOf(issues: readonly Issue[]): DraftTask[] {
  const names = new Map(issues.map((issue, index) => [issue.id, taskIdOf(issue, index)]));
  return issues.map((issue) => {
    const { tracker, place, id, url, line, title, body, priority } = issue;
    const name = names.get(id) ?? "";
    const needs = issue.blockedBy.flatMap((blocker) => names.get(blocker) ?? []);
    const draft = plainTask({ id: name, title, description: body.trim(), line });
    const stated = isTaskId(id) ? { statedId: id } : {};
    return { ...draft, ...stated, priority, dependsOn: needs, issue: { tracker, place, id, url } };
  });
}

function taskIdOf({ id }: Issue, index: number): string {
  return isTaskId(id) ? id : idPart(id) || `issue-${index + 1}`;
}

/** In the main work tree, where `sd` looks for them from any other one. */
function seedsIn({ checkout, place: { commonDir } }: FoundRepository): string {
  const main = join(basename(commonDir) === ".git" ? dirname(commonDir) : checkout, seedsFolder);
  return existsSync(main) ? main : join(checkout, seedsFolder);
}

async function filesOf(name: string, folder: string, { checkout }: FoundRepository): Promise<RunSource[]> {
  const paths = seedsFiles.map((file) => relative(dirname(folder), join(folder, file)));
  const specs = paths.map((path) => `:(literal)${path}`);
  const tracked = new Set(nulSeparated(await new Git({ cwd: checkout }).text(["ls-files", "-z", "--", ...specs])));
  const none = { name, boxes: { open: 0, done: 0 }, file: null, tracker: "seeds" } as const;
  const own = paths.filter((path) => tracked.has(path)).map((path) => ({ ...none, tracked: path }));
  return own.length > 0 ? own : [{ ...none, tracked: null }];
}

function writingNote(name: string, sync: Sync): string {
  const file = `${seedsFolder}/${seedsFiles[0]}`;
  if (sync !== "landing") return `${name} is only read (--sync ${sync}): no issue of it is claimed or closed`;
  return `${name} issues are claimed, closed and given back in ${file} of your checkout, as sd does it; commit it with sd sync`;
}

const shown = 5;

function leftOutNotes(name: string, leftOut: IssueChoice["leftOut"]): string[] {
  const notes = leftOut
    .slice(0, shown)
    .map(({ id, why }) => `${name} ${singleLine(id)} is left out: ${singleLine(why)}`);
  const more = leftOut.length - notes.length;
  return more > 0 ? [...notes, `${name} ${more} more are left out`] : notes;
}

function unknownIssues(name: string, missing: readonly string[], issues: readonly Issue[]): OperationalError {
  const open = issues.filter(({ status }) => status === "open").map(({ id }) => singleLine(id, 80));
  return new OperationalError({
    code: "unknown-issue",
    what: `${name} has no issue ${missing.join(", ")}`,
    why: open.length === 0 ? "none is open" : `open are ${open.slice(0, 8).join(", ")}${open.length > 8 ? ", …" : ""}`,
    next: "name one of them, or none to have the next ones done",
  });
}

function nothingReady(name: string, leftOut: IssueChoice["leftOut"]): OperationalError {
  const why = leftOut.slice(0, shown).map(({ id, why: because }) => `${singleLine(id)}: ${singleLine(because)}`);
  return new OperationalError({
    code: "no-issue",
    what: `${name} has no issue that can be begun`,
    why: why.length === 0 ? "none is open that does not wait for another one" : why.join("\n"),
    next: name === "seeds:" ? "look at them: sd list" : "look at them there",
  });
}
