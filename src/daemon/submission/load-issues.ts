import { statedTasks, type DraftTask } from "../../domain/roadmap.ts";
import { plainTask } from "../../adapters/sources/task-file.ts";
import { chooseIssues, type Issue, type IssueChoice, type IssueWish } from "../../domain/issue-choice.ts";
import type { IssueRef } from "../../domain/issue.ts";
import type { Environment } from "../../domain/environment.ts";
import type { IssueWord } from "../../domain/issue-word.ts";
import type { PlanInput } from "../../domain/plan-input.ts";
import type { RunSource, Sync } from "../../domain/run.ts";
import { idPart, isTaskId } from "../../domain/task-id.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import { TrackerAway, type IssueQuery, type Listing } from "../../adapters/trackers/tracker.ts";
import type { IssueMeans, IssueSource } from "./issue-source.ts";

export interface LoadedIssues {
  readonly inputs: readonly PlanInput[];
  readonly sources: readonly RunSource[];
  readonly notes: readonly string[];
  /** By which trackers are reached; never written down. */
  readonly secrets: Environment;
}

/** How many are wanted where none is named. */
export interface IssueAsk {
  /** Absent: two. */
  readonly next?: number | undefined;
  readonly all?: boolean | undefined;
}

export interface IssuePlace extends IssueMeans {
  readonly ask: IssueAsk;
  /** Tells which run that is not finished has an issue to do; null: none. */
  readonly runsWithIssues: () => (issue: IssueRef) => string | null;
}

/** As many as source 001's dispatch takes. */
const defaultNext = 2;

/** Reads the issues that are named, or the next ones that can be begun. Nothing is written. */
export async function loadIssues(words: readonly IssueWord[], place: IssuePlace): Promise<LoadedIssues> {
  const loaded: LoadedIssues[] = [];
  const wanted = together(words);
  for (const one of wanted) {
    const beside = wanted.filter((other) => other !== one && isGitHub(other)).map((other) => other.place);
    loaded.push(await loadFrom(one, beside, place));
  }
  return {
    inputs: loaded.flatMap(({ inputs }) => inputs),
    sources: loaded.flatMap(({ sources }) => sources),
    notes: loaded.flatMap(({ notes }) => notes),
    secrets: secretsOf(loaded),
  };
}

/**
 * Issues that plan files name, as they are now: what is closed is done, and of what is not there nobody is told. Null: they name
 * none.
 */
export async function issuesOfPlans(inputs: readonly PlanInput[], place: IssuePlace): Promise<LoadedIssues | null> {
  const named = inputs.flatMap(({ reading }) => reading.tasks.flatMap(({ issue }) => issue ?? []));
  if (named.length === 0) return null;
  const words = named.map(({ tracker, place: at, id }) => ({ tracker, place: at === "" ? null : at, ids: [id] }));
  const wanted = together(words);
  const found = new Map<string, Issue>();
  const sources: IssueSource[] = [];
  for (const one of wanted) {
    const source = await sourceOf(one, [], place);
    sources.push(source);
    const { issues } = await listed(source, { ids: one.ids, others: false });
    for (const issue of issues) found.set(keyOf(one, issue.id), issue);
  }
  const notes: string[] = [];
  const tasksNow = (tasks: readonly DraftTask[]): DraftTask[] =>
    tasks.map((task) => {
      if (task.issue === undefined) return task;
      const { tracker, place: at, id } = task.issue;
      return withIssue(task, found.get(keyOf({ tracker, place: at === "" ? null : at }, id)), notes);
    });
  return {
    inputs: inputs.map((input) => ({ ...input, reading: { ...input.reading, tasks: tasksNow(input.reading.tasks) } })),
    sources: sources.flatMap((source) => source.sources),
    notes: [...notes, ...sources.map((source) => writingNote(source, place.sync))],
    secrets: secretsOf(sources),
  };
}

function withIssue({ issue, ...task }: DraftTask, found: Issue | undefined, notes: string[]): DraftTask {
  const called = task.statedId ?? task.title;
  if (found === undefined) {
    notes.push(`${called}: there is no issue ${singleLine(issue?.id ?? "")}, so that no tracker is told of it`);
    return task;
  }
  const { tracker, place, id, url, status } = found;
  if (status === "closed") notes.push(`${called}: its issue ${singleLine(id)} is closed, so that it is left out`);
  return { ...task, issue: { tracker, place, id, url }, done: status === "closed" };
}

function secretsOf(sources: readonly Pick<IssueSource, "secrets">[]): Environment {
  return Object.assign({}, ...sources.map(({ secrets }) => secrets)) as Environment;
}

interface Wanted extends IssueWord {
  /** Also those that nobody named. */
  readonly others: boolean;
}

function isGitHub({ tracker }: IssueWord): boolean {
  return tracker === "github";
}

/** A tracker that is named twice is one source: its issues are done once. `GH-1` is of the repository that is named beside it. */
function together(words: readonly IssueWord[]): Wanted[] {
  const named = [...new Set(words.filter(isGitHub).flatMap(({ place }) => place ?? []))];
  const only = named.length === 1 ? (named[0] ?? null) : null;
  const placed = words.map((word) => (isGitHub(word) ? { ...word, place: word.place ?? only } : word));
  return [...new Map(placed.map((word) => [keyOf(word), word]))].map(([key, word]) => {
    const own = placed.filter((one) => keyOf(one) === key);
    return { ...word, ids: own.flatMap(({ ids }) => ids), others: own.some(({ ids }) => ids.length === 0) };
  });
}

function keyOf({ tracker, place }: Pick<IssueWord, "tracker" | "place">, id = ""): string {
  return `${tracker} ${place?.toLowerCase() ?? ""} ${id}`;
}

async function sourceOf(
  { tracker, place }: Wanted,
  beside: readonly (string | null)[],
  means: IssueMeans,
): Promise<IssueSource> {
  switch (tracker) {
    case "seeds":
      return (await import("./file-issue-sources.ts")).seedsSource(means);
    case "beads":
      return (await import("./file-issue-sources.ts")).beadsSource(means);
    case "github":
      return (await import("./github-source.ts")).githubSource(place, beside, means);
  }
}

async function loadFrom(wanted: Wanted, beside: readonly (string | null)[], place: IssuePlace): Promise<LoadedIssues> {
  const source = await sourceOf(wanted, beside, place);
  const { name, sources, secrets } = source;
  const { issues: all, notes } = await listed(source, wanted);
  const issues = all.map(withRun(place));
  const choice = choose(issues, wanted, place.ask);
  const { chosen, leftOut, missing } = choice;
  if (missing.length > 0) throw unknownIssues(source, missing, issues);
  const besides = wanted.others ? besidesText(issues, choice) : null;
  if (chosen.length === 0) throw nothingReady(source, leftOut, { besides, labels: place.labels });
  const reading = statedTasks(draftsOf(chosen, source));
  return {
    inputs: [{ kind: "tracker", name, path: name, reading }],
    sources,
    notes: [
      ...notes,
      ...leftOutNotes(name, leftOut),
      ...(besides === null ? [] : [`${name} besides: ${besides}`]),
      writingNote(source, place.sync),
    ],
    secrets,
  };
}

/** A tracker that cannot be read now makes no plan, and is no bug. */
async function listed({ name, tracker }: IssueSource, query: IssueQuery): Promise<Listing> {
  try {
    return await tracker.list(query);
  } catch (error) {
    if (!(error instanceof TrackerAway)) throw error;
    throw new OperationalError({
      code: "tracker-away",
      what: `Issues of ${name} cannot be read now`,
      why: error.message,
      next: "try again when it is there",
      cause: error,
    });
  }
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

function draftsOf(issues: readonly Issue[], { prefix }: IssueSource): DraftTask[] {
  const names = new Map(issues.map((issue, index) => [issue.id, taskIdOf(issue, index, prefix ?? "")]));
  return issues.map((issue) => {
    const { tracker, place, id, url, line, title, body, priority } = issue;
    const name = names.get(id) ?? "";
    const needs = issue.blockedBy.flatMap((blocker) => names.get(blocker) ?? []);
    const draft = plainTask({ id: name, title, description: body.trim(), line });
    const stated = isTaskId(`${prefix ?? ""}${id}`) ? { statedId: name } : {};
    return { ...draft, ...stated, priority, dependsOn: needs, issue: { tracker, place, id, url } };
  });
}

function taskIdOf({ id }: Issue, index: number, prefix: string): string {
  const name = `${prefix}${id}`;
  return isTaskId(name) ? name : idPart(name) || `issue-${index + 1}`;
}

function writingNote({ name, writes }: IssueSource, sync: Sync): string {
  if (sync !== "landing") return `${name} is only read (--sync ${sync}): no issue of it is changed`;
  return `${name} issues are ${writes}`;
}

/** What else is not closed, of which nobody has to be told one by one. Null: nothing is. */
function besidesText(issues: readonly Issue[], { chosen, leftOut }: IssueChoice): string | null {
  const told = new Set([...chosen, ...leftOut].map(({ id }) => id));
  const others = issues.filter(({ id, status }) => status !== "closed" && !told.has(id));
  const closed = new Set(issues.filter(({ status }) => status === "closed").map(({ id }) => id));
  const taken = others.filter(({ status }) => status === "in_progress").length;
  const waiting = others.filter(
    ({ status, blockedBy }) => status === "open" && !blockedBy.every((id) => closed.has(id)),
  );
  const later = others.length - taken - waiting.length;
  const parts = [
    later > 0 ? `${later} for a later turn (--next, --all)` : "",
    waiting.length > 0 ? `${waiting.length} that ${waiting.length === 1 ? "waits" : "wait"} for others (--all)` : "",
    taken > 0 ? `${taken} in progress` : "",
  ];
  return others.length === 0 ? null : parts.filter((part) => part !== "").join(", ");
}

const shown = 5;

function leftOutNotes(name: string, leftOut: IssueChoice["leftOut"]): string[] {
  const notes = leftOut
    .slice(0, shown)
    .map(({ id, why }) => `${name}${name.endsWith(":") ? " " : "#"}${singleLine(id)} is left out: ${singleLine(why)}`);
  const more = leftOut.length - notes.length;
  return more > 0 ? [...notes, `${name} ${more} more are left out`] : notes;
}

function unknownIssues({ name }: IssueSource, missing: readonly string[], issues: readonly Issue[]): OperationalError {
  const open = issues.filter(({ status }) => status === "open").map(({ id }) => singleLine(id, 80));
  return new OperationalError({
    code: "unknown-issue",
    what: `${name} has no issue ${missing.join(", ")}`,
    why: open.length === 0 ? "none is open" : `open are ${open.slice(0, 8).join(", ")}${open.length > 8 ? ", …" : ""}`,
    next: "name one of them, or none to have the next ones done",
  });
}

interface Seen {
  readonly besides: string | null;
  readonly labels: readonly string[];
}

function nothingReady(
  { name, look }: IssueSource,
  leftOut: IssueChoice["leftOut"],
  { besides, labels }: Seen,
): OperationalError {
  const out = leftOut.slice(0, shown).map(({ id, why: because }) => `${singleLine(id)}: ${singleLine(because)}`);
  const why = [...out, ...(besides === null ? [] : [besides])];
  const wanted =
    labels.length === 0
      ? ""
      : ` with the ${labels.length === 1 ? "label" : "labels"} ${labels.map((label) => singleLine(label)).join(", ")}`;
  return new OperationalError({
    code: "no-issue",
    what: `${name} has no issue${wanted} that can be begun`,
    why: why.length === 0 ? "none is open" : why.join("\n"),
    next: look,
  });
}
