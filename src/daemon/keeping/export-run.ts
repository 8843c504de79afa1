import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import type { ExportView } from "../../api/keeping-views.ts";
import { branchTips, commitFacts, writePatch } from "../../adapters/git/exported-commits.ts";
import { Git, isRepository } from "../../adapters/git/git.ts";
import type { Event } from "../../domain/event.ts";
import { readIfThere } from "../../adapters/files/read-if-there.ts";
import type { Report } from "../../domain/report.ts";
import type { RunRow } from "../../domain/run.ts";
import { allPassing, exportFiles, landings, type ExportFacts } from "../../domain/run-export.ts";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf, messageOf, OperationalError } from "../../std/operational-error.ts";
import { shellQuoted } from "../../std/text.ts";
import type { KeepingPlace } from "./place.ts";

export interface ExportRequest {
  readonly run: RunRow;
  readonly report: Report;
  /** Absolute; null: in the run's checkout. */
  readonly to: string | null;
}

const manifestName = ".nightcrew-export.json";
const eventsAtOnce = 1_000;
/** What is above it is in the store. */
const maxEvents = 200_000;

/** Writes what a run leaves into a folder: whole, or not at all. */
export async function exportRun(place: KeepingPlace, { run, report, to }: ExportRequest): Promise<ExportView> {
  const folder = to ?? join(checkoutOf(run), "docs", "status", "runs", run.id);
  if (!isAbsolute(folder)) throw notAbsolute(folder);
  const temporary = join(dirname(folder), `.${basename(folder)}.${randomBytes(4).toString("hex")}.tmp`);
  try {
    await refuseOthers(folder, run.id);
    await startFolder(temporary);
    const facts = await gather(place, { run, report, patches: join(temporary, "patches") });
    for (const { name, content } of exportFiles(facts)) await writeFile(join(temporary, name), content);
    const files = await writeManifest(temporary, run.id);
    await replaceFolder(folder, temporary, run.id);
    return { version: 1, run: run.id, folder, files, allPassing: allPassing(report) };
  } catch (error) {
    throw isBelow(error, dirname(folder)) ? notMade(folder, error) : error;
  } finally {
    // Where it could not be made there is nothing to remove, and what kept it from being made is told.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** It takes the place of the other when it is whole. */
async function startFolder(folder: string): Promise<void> {
  await makeFolders(dirname(folder));
  for (const name of [".", "patches", "test_results"]) await mkdir(join(folder, name));
}

/** What cannot be written there is no trouble of the home, and no bug. */
function isBelow(error: unknown, folder: string): boolean {
  if (!(error instanceof Error) || !("path" in error) || typeof error.path !== "string") return false;
  return !relative(folder, error.path).startsWith("..") || !relative(error.path, folder).startsWith("..");
}

/** Not the recursive mkdir of Node: in a folder where the system makes none, such as /proc, it never ends. */
async function makeFolders(folder: string): Promise<void> {
  if ((await lstatIfThere(folder)) !== null) return;
  await makeFolders(dirname(folder));
  await mkdir(folder).catch((error: unknown) => {
    // Somebody else was faster.
    if (errnoOf(error) !== "EEXIST") throw error;
  });
}

function notMade(folder: string, cause: unknown): OperationalError {
  return new OperationalError({
    code: "export-not-made",
    what: `${folder} could not be made`,
    why: messageOf(cause),
    next: "name another folder: nightcrew export --to FOLDER",
    cause,
  });
}

function checkoutOf({ id, checkout }: RunRow): string {
  if (existsSync(checkout)) return checkout;
  throw new OperationalError({
    code: "checkout-gone",
    what: `The checkout of run ${id} is not there: ${checkout}`,
    next: `name a folder: nightcrew export ${id} --to DIR`,
  });
}

function notAbsolute(folder: string): OperationalError {
  return new OperationalError({ code: "invalid-request", what: `${folder} is not an absolute path`, next: "--to DIR" });
}

async function gather(
  { store }: KeepingPlace,
  { run, report, patches: folder }: { readonly run: RunRow; readonly report: Report; readonly patches: string },
): Promise<ExportFacts> {
  const rows = { tasks: store.tasks(run.id), attempts: store.attempts(run.id), events: allEvents(store, run) };
  const merged = landings(store.changes(run.id));
  const known = { run, report, ...rows, merged };
  const landed = report.tasks.flatMap(({ id, commit }) => (commit === null ? [] : [{ id, commit }]));
  if (!isRepository(run.repository)) return { ...known, commits: new Map(), branches: null, patches: new Map() };
  const git = new Git({ gitDir: run.repository });
  const commits = await commitFacts(
    git,
    landed.map(({ commit }) => commit),
  );
  const patches = new Map<string, string>();
  for (const { id, commit } of landed) {
    // Where the target had it already there is nothing that this task brought.
    if (!commits.has(commit) || !merged.has(commit)) continue;
    await writePatch(git, commit, join(folder, `${id}.patch`));
    patches.set(id, `patches/${id}.patch`);
  }
  return { ...known, commits, branches: await branchTips(git), patches };
}

function allEvents(store: KeepingPlace["store"], run: RunRow): Event[] {
  const all: Event[] = [];
  for (;;) {
    const some = store.events(run.id, all.at(-1)?.seq ?? 0, eventsAtOnce);
    all.push(...some);
    if (some.length < eventsAtOnce || all.length >= maxEvents) return all;
  }
}

/** What was written, so that what a person adds or changes is known. */
async function writeManifest(folder: string, run: string): Promise<string[]> {
  const hashes: Record<string, string> = {};
  for (const name of await filesBelow(folder)) hashes[name] = await hashOf(join(folder, name));
  await writeFile(join(folder, manifestName), `${JSON.stringify({ version: 1, run, files: hashes }, null, 2)}\n`);
  return Object.keys(hashes);
}

async function hashOf(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}

/** Only an export of the same run is written over, and only as long as nobody changed it. */
async function refuseOthers(folder: string, run: string): Promise<void> {
  const there = await lstatIfThere(folder);
  if (there === null) return;
  const whose = there.isDirectory() ? parseJsonObject((await readIfThere(join(folder, manifestName))) ?? "") : null;
  if (whose === null || whose["run"] !== run) {
    const why = whose === null ? "it is not an export of nightcrew" : `it is the export of run ${String(whose["run"])}`;
    throw refused(folder, run, why);
  }
  const hashes = (whose["files"] ?? {}) as Record<string, unknown>;
  for (const name of await filesBelow(folder)) {
    if (name === manifestName) continue;
    if (!Object.hasOwn(hashes, name)) throw refused(folder, run, `${name} in it is not nightcrew's`);
    if (hashes[name] !== (await hashOf(join(folder, name)))) throw refused(folder, run, `${name} in it was changed`);
  }
}

async function lstatIfThere(path: string): Promise<Awaited<ReturnType<typeof lstat>> | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

function refused(folder: string, run: string, why: string): OperationalError {
  return new OperationalError({
    code: "export-exists",
    what: `${folder} is there already`,
    why: `${why}; nothing is written over`,
    next: `move it away, or choose another folder: nightcrew export ${run} --to ${shellQuoted(`${folder}-2`)}`,
  });
}

async function replaceFolder(folder: string, temporary: string, run: string): Promise<void> {
  if ((await lstatIfThere(folder)) === null) return rename(temporary, folder);
  // What was exported before is not in the way, and comes back where the new one cannot take its place.
  await refuseOthers(folder, run);
  const before = `${temporary}.before`;
  await rename(folder, before);
  try {
    await rename(temporary, folder);
  } catch (error) {
    await rename(before, folder);
    throw error;
  }
  await rm(before, { recursive: true, force: true });
}
