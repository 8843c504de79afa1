import { loadPlanFile, type LoadedRoadmap } from "./load-plan-file.ts";
import { realpath } from "node:fs/promises";
import { basename, dirname, extname, relative, resolve } from "node:path";
import type { PlanInput } from "../../domain/plan-input.ts";
import type { Environment } from "../../domain/environment.ts";
import type { RunSource, Sync } from "../../domain/run.ts";
import { countBoxes, type DraftTask, type RoadmapReading } from "../../domain/roadmap.ts";
import { namesIfThere } from "../../adapters/files/names-if-there.ts";
import { Git } from "../../adapters/git/git.ts";
import type { ObjectServer } from "../../adapters/git/object-server.ts";
import type { FoundRepository } from "../../adapters/git/open-repository.ts";
import { branchRef } from "../../adapters/git/target.ts";
import { blobId } from "../../adapters/git/write-object.ts";
import type { RoadmapReader } from "../../adapters/sources/roadmap-reader.ts";
import { readTaskFile } from "../../adapters/sources/task-file.ts";
import { issueWord, meantTracker, type IssueWord } from "../../domain/issue-word.ts";
import type { IssuePlace, LoadedIssues } from "./load-issues.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { readText, saidIn } from "./source-text.ts";
import { nearest, shellQuoted } from "../../std/text.ts";
import { askedInAll, type Asked } from "./planning-folder.ts";
import type { ReadRest } from "./read-rest.ts";
import type { ReadWords } from "./words.ts";

export interface LoadedSources {
  readonly inputs: readonly PlanInput[];
  readonly sources: readonly RunSource[];
  /** What was asked of a model; null: none was. */
  readonly made: Asked | null;
  /** What a person should know of them. */
  readonly notes: readonly string[];
  /** By which trackers are reached; never written down. */
  readonly secrets: Environment;
  /** Why a plan of them may be shown, but not be run. */
  readonly refusal: OperationalError | null;
}

export interface SourcePlace extends Omit<IssuePlace, "sync"> {
  readonly cwd: string;
  readonly repository: FoundRepository;
  readonly objects: ObjectServer;
  readonly reader: RoadmapReader;
  /** Null: nobody said when marks are to be set. */
  readonly sync: Sync | null;
  /** It is about to be run, and not only looked at. */
  readonly begins: boolean;
  /** Words are titles, whatever they look like. */
  readonly asTasks: boolean;
  /** What was said on standard input; null: nothing. */
  readonly request: string | null;
  /** `isRequest`: it is one text, of which a plan may be made. */
  readonly readWords: (texts: readonly string[], isRequest: boolean) => Promise<ReadWords>;
  /** Reads what the reader of roadmaps could not, where that is asked for. */
  readonly readRest: (word: string, reading: RoadmapReading) => Promise<ReadRest>;
}

interface SourceFile {
  readonly file: string;
  readonly text: string;
}

/** Reads everything named on the command line: files as they are in the checkout, other words as a request or as titles. */
export async function loadSources(words: readonly string[], place: SourcePlace): Promise<LoadedSources> {
  if (words.length === 0 && place.request === null) {
    throw new OperationalError({
      code: "no-source",
      what: "Nothing to do was named",
      next: 'nightcrew run ROADMAP.md, or: nightcrew run "Fix the login form"',
    });
  }
  const inputs: PlanInput[] = [];
  const sources: RunSource[] = [];
  const notes: string[] = [];
  const into: Loading = { inputs, sources, notes, asked: [], refusals: [] };
  const titles: string[] = [];
  const issues: IssueWord[] = [];
  const seen = new Set<string>();
  for (const word of words) {
    const issue = issueWord(word);
    if (issue !== null) issues.push(issue);
    if (issue !== null) continue;
    const found = word.trim() === "" ? null : await fileAt(word, place.cwd);
    if (found === null) titles.push(titleOf(word, place));
    // One file under two names is one source: its tasks are done once.
    else if (!seen.has(found)) await loadFile(word, found, place, into);
    if (found !== null) seen.add(found);
  }
  if (issues.length === 0) refuseChoice(place);
  const read = [
    ...(titles.length === 0 ? [] : [await place.readWords(titles, words.length === 1 && place.request === null)]),
    ...(place.request === null ? [] : [await place.readWords([place.request], true)]),
  ];
  const asking = { ...place, sync: place.sync ?? "landing" };
  const tracked = await readIssues(issues, inputs, asking);
  const others = [...tracked.planned, ...read.map(({ input }) => input)];
  return {
    inputs: [...withIssueIds(others, tracked.inputs), ...tracked.inputs],
    sources: [...sources, ...read.map(({ source }) => source), ...tracked.sources],
    made: askedInAll([...into.asked, ...read.flatMap(({ made }) => made ?? [])]),
    notes: [
      ...into.refusals.map(({ message }) => `it cannot begin: ${message}`),
      ...notes,
      ...read.flatMap((one) => one.notes),
      ...tracked.notes,
    ],
    secrets: tracked.secrets,
    refusal: into.refusals[0] ?? null,
  };
}

/** Issues that were named, and those that plan files name. `planned`: what was read already, with its issues as they are now. */
async function readIssues(
  words: readonly IssueWord[],
  before: readonly PlanInput[],
  place: IssuePlace,
): Promise<LoadedIssues & { readonly planned: readonly PlanInput[] }> {
  const none = { inputs: [], sources: [], notes: [], secrets: {}, planned: before };
  const inPlans = before.some(({ reading }) => reading.tasks.some(({ issue }) => issue !== undefined));
  if (words.length === 0 && !inPlans) return none;
  const { issuesOfPlans, loadIssues } = await import("./load-issues.ts");
  const planned = await issuesOfPlans(before, place);
  const named = words.length === 0 ? none : await loadIssues(words, place);
  return {
    inputs: named.inputs,
    sources: [...named.sources, ...(planned?.sources ?? [])],
    notes: [...named.notes, ...(planned?.notes ?? [])],
    secrets: { ...named.secrets, ...planned?.secrets },
    planned: planned?.inputs ?? before,
  };
}

/** A task whose title begins with the id of an issue that is named, too, is that issue: two of one id make no plan. */
function withIssueIds(inputs: readonly PlanInput[], tracked: readonly PlanInput[]): readonly PlanInput[] {
  const ids = new Set(tracked.flatMap(({ reading }) => reading.tasks.map(({ statedId }) => statedId)));
  if (ids.size === 0) return inputs;
  const named = (task: DraftTask): DraftTask => {
    const [, id = null] = /^\W*([\w.-]*\w)(?![\w.-])/.exec(task.title) ?? [];
    return task.statedId === null && ids.has(id) ? { ...task, statedId: id } : task;
  };
  return inputs.map((input) => ({ ...input, reading: { ...input.reading, tasks: input.reading.tasks.map(named) } }));
}

/** Nobody means the bare name of a tracker as what is to be done. */
function titleOf(word: string, { asTasks }: Pick<SourcePlace, "asTasks">): string {
  const meant = asTasks ? null : meantTracker(word);
  if (meant === null) return word;
  throw new OperationalError({
    code: "which-source",
    what: `${JSON.stringify(word)} is no source`,
    why: "there is no such file, and issues are named with a colon",
    next: `name them: ${meant}; or take it as a title: --as-tasks`,
  });
}

/** Which issues are wanted means nothing where none are. */
function refuseChoice({ ask: { next, all }, labels }: Pick<SourcePlace, "ask" | "labels">): void {
  const stated = [
    ...(next === undefined ? [] : ["--next"]),
    ...(all === true ? ["--all"] : []),
    ...(labels.length === 0 ? [] : ["--label"]),
  ];
  if (stated.length === 0) return;
  throw new OperationalError({
    code: "usage",
    what: `${stated.join(", ")}: no tracker is named`,
    why: "it says which issues of one are done",
    next: "name one: seeds:, beads: or github:owner/name",
  });
}

/** The real path of a file or folder; null for words. Something that can only be meant as a file must be there. */
async function fileAt(word: string, cwd: string): Promise<string | null> {
  try {
    return await realpath(resolve(cwd, word));
  } catch (error) {
    if (!["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"].includes(errnoOf(error) ?? "")) throw error;
  }
  if (!/^\S*[\\/]\S*$|^\S+\.(md|markdown|txt|ya?ml|json)$/i.test(word)) return null;
  const siblings = await namesIfThere(dirname(resolve(cwd, word)));
  const near = nearest(
    basename(word),
    siblings.filter((name) => /\.(md|markdown|txt|ya?ml|json)$/i.test(name)),
  );
  throw new OperationalError({
    code: "source-not-found",
    what: `There is no file ${word}`,
    ...(near.length > 0 ? { why: `there is: ${near.join(", ")}` } : {}),
    next: "check the name; several words are taken as what is to be done",
  });
}

interface Loading {
  readonly inputs: PlanInput[];
  readonly sources: RunSource[];
  readonly notes: string[];
  readonly asked: Asked[];
  readonly refusals: OperationalError[];
}

async function loadFile(word: string, file: string, place: SourcePlace, into: Loading): Promise<void> {
  const text = await readText(word, file);
  const extension = extname(file).toLowerCase();
  if (extension === ".md" || extension === ".markdown") {
    const { reading, source } = await loadRoadmap(word, { file, text }, place, into);
    const rest = await place.readRest(word, reading);
    into.inputs.push({ kind: "roadmap", name: word, path: word, reading: rest.reading });
    into.notes.push(...rest.notes);
    if (rest.made !== null) into.asked.push(rest.made);
    into.sources.push(source);
  } else if (extension === ".txt" || extension === "") {
    into.inputs.push({ kind: "task-file", name: word, path: word, reading: readTaskFile(text) });
    into.sources.push({ name: word, boxes: { open: 0, done: 0 }, file, tracked: null });
  } else if ([".yaml", ".yml", ".json"].includes(extension)) {
    const plan = await loadPlanFile(text, {
      word,
      file,
      cwd: place.cwd,
      read: async (name, at) => loadRoadmap(name, { file: at, text: await readText(name, at) }, place, into),
    });
    into.inputs.push({ kind: "plan-file", name: word, path: word, reading: plan.reading });
    into.sources.push({ name: word, boxes: { open: 0, done: 0 }, file, tracked: null }, ...plan.sources);
    into.notes.push(...plan.notes);
  } else {
    throw new OperationalError({
      code: "unsupported-source",
      what: `This version reads no ${extension} files as work: ${word}`,
      next: "use a ROADMAP.md (boxes), a tasks.txt (one title a line) or a plan.yaml (nightcrew plan -o plan.yaml)",
    });
  }
}

/** What only looks like the author's marks is not written to unasked: with a landing only boxes are. */
async function loadRoadmap(
  name: string,
  file: SourceFile,
  place: SourcePlace,
  { refusals }: Pick<Loading, "refusals">,
): Promise<LoadedRoadmap> {
  const reading = await place.reader.read(file.text);
  const { form } = reading;
  const boxed = form === null || form === "boxes";
  const sync = place.sync ?? (boxed ? "landing" : "request");
  const tracked = await trackedPath(file, place);
  if (tracked?.edited === true && sync === "landing") {
    const refusal = uncommitted(name);
    // Before a model is asked for what will not be run.
    if (place.begins) throw refusal;
    refusals.push(refusal);
  }
  const how = { ...(boxed ? {} : { form }), ...(place.sync === null && sync !== "landing" ? { sync } : {}) };
  return {
    reading,
    source: {
      name,
      boxes: countBoxes(reading),
      file: file.file,
      tracked: tracked?.path ?? null,
      ...how,
      said: saidIn(file.text, reading.marks),
    },
  };
}

interface Tracked {
  /** In the repository's tree. */
  readonly path: string;
  /** It has uncommitted edits. */
  readonly edited: boolean;
}

/** Null where git does not track the file. */
async function trackedPath(
  { file, text }: SourceFile,
  { repository, objects }: Pick<SourcePlace, "repository" | "objects">,
): Promise<Tracked | null> {
  const { checkout } = repository;
  const path = relative(await realpath(checkout), file);
  if (path.startsWith("..") || path === "") return null;
  const inTree = path.split("\\").join("/");
  if (await isAsCommitted(path, text, { repository, objects })) return { path: inTree, edited: false };
  const git = new Git({ cwd: checkout });
  const [tracked, status] = await Promise.all([
    git.maybe(["ls-files", "--error-unmatch", "-z", "--", `:(literal)${path}`]),
    git.text(["status", "--porcelain", "-z", "--", `:(literal)${path}`]),
  ]);
  return tracked === null ? null : { path: inTree, edited: status !== "" };
}

/** The tick is made on the committed version, and nobody could tell which boxes are meant. */
function uncommitted(word: string): OperationalError {
  return new OperationalError({
    code: "source-uncommitted",
    what: `${word} has uncommitted edits`,
    why: "its boxes are ticked in the committed version, together with what lands",
    next: `commit it: git commit -m ${shellQuoted(`Update ${basename(word)}`)} -- ${shellQuoted(word)}\nor leave its boxes alone: nightcrew run ${shellQuoted(word)} --sync none`,
  });
}

/** Told without a process of its own in the common case; false where it cannot be told so. */
async function isAsCommitted(
  path: string,
  text: string,
  { repository: { branch, place }, objects }: Pick<SourcePlace, "repository" | "objects">,
): Promise<boolean> {
  if (branch === null) return false;
  const committed = await objects.find(`${branchRef(branch)}:${path}`);
  return committed !== null && committed.id === blobId(Buffer.from(text), place.objectFormat);
}
