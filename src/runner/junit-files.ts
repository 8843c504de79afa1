import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { entriesOf } from "../adapters/files/entries-of.ts";
import type { Moment } from "../adapters/workspace/rewind.ts";
import { addReports, readJunit, type JunitReading } from "../domain/junit.ts";
import type { TestCount } from "../domain/test-count.ts";
import { errnoOf } from "../std/operational-error.ts";

const maxFiles = 2_000;
const maxFileBytes = 16 * 1024 ** 2;
const maxAllBytes = 128 * 1024 ** 2;
/** Names that are looked at on the way to them. */
const maxNames = 100_000;

export interface JunitCount {
  /** Null: nothing was found that tells of this check. */
  readonly tests: TestCount | null;
  /** What was wrong, for people. */
  readonly notes: readonly string[];
}

/**
 * What a check wrote of its tests: JUnit files of its work tree that are newer than its start. Whoever wrote them is not
 * trusted: no link is followed, no more is read than is reasonable, and one file that cannot be read spoils them all.
 */
export async function countJunit(tree: string, pattern: string, since: Moment): Promise<JunitCount> {
  const found = await filesIn(tree, pattern.split("/"));
  const fresh = found === null ? null : await newerThan(tree, found, since);
  if (fresh === null || fresh.length > maxFiles)
    return { tests: null, notes: [`${pattern} stands for too many files`] };
  if (fresh.length === 0) return { tests: null, notes: [`no JUnit file ${pattern} was written`] };
  const tallies = [];
  let left = maxAllBytes;
  for (const name of fresh) {
    const { reading, bytes } = await readOne(join(tree, name), Math.min(left, maxFileBytes));
    if (reading.kind === "refused") return { tests: null, notes: [`${name} is no JUnit file: ${reading.why}`] };
    tallies.push(reading.tally);
    left -= bytes;
  }
  return { tests: { runner: "JUnit", ...addReports(tallies) }, notes: [] };
}

/** Paths of plain files below real folders that fit the pattern, sorted; null: too much to look at. */
async function filesIn(tree: string, segments: readonly string[]): Promise<string[] | null> {
  const left = { names: maxNames };
  const found = new Set<string>();
  async function walk(folder: string, rest: readonly string[]): Promise<void> {
    const [segment, ...further] = rest;
    if (segment === undefined || left.names < 0) return;
    if (segment === "**") await walk(folder, further);
    for (const entry of await entriesOf(join(tree, folder))) {
      if (--left.names < 0) return;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const last = further.length === 0;
      if (entry.isDirectory() && segment === "**") await walk(path, rest);
      else if (entry.isDirectory() && !last && fits(segment, entry.name)) await walk(path, further);
      else if (entry.isFile() && last && segment !== "**" && fits(segment, entry.name)) found.add(path);
    }
  }
  await walk("", segments);
  return left.names < 0 ? null : [...found].sort();
}

/** `*` and `?` within a name. Patterns are the configuration's, names are not: no star is tried twice at one place. */
function fits(segment: string, name: string): boolean {
  const [first = "", ...rest] = segment.split("*");
  if (rest.length === 0) return matchesAt(first, name, 0) && first.length === name.length;
  if (!matchesAt(first, name, 0)) return false;
  let at = first.length;
  const last = rest.pop() ?? "";
  for (const piece of rest) {
    while (at + piece.length <= name.length && !matchesAt(piece, name, at)) at++;
    if (at + piece.length > name.length) return false;
    at += piece.length;
  }
  return name.length - last.length >= at && matchesAt(last, name, name.length - last.length);
}

function matchesAt(piece: string, name: string, at: number): boolean {
  if (at + piece.length > name.length) return false;
  return piece.split("").every((character, index) => character === "?" || character === name[at + index]);
}

async function newerThan(tree: string, paths: readonly string[], since: Moment): Promise<string[]> {
  const fresh: string[] = [];
  for (const path of paths) {
    const found = await lstat(join(tree, path), { bigint: true });
    if (found.isFile() && found.ctimeNs >= since) fresh.push(path);
  }
  return fresh;
}

async function readOne(path: string, maxBytes: number): Promise<{ reading: JunitReading; bytes: number }> {
  const refused = (why: string): { reading: JunitReading; bytes: number } => ({
    reading: { kind: "refused", why },
    bytes: 0,
  });
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size: bytes } = await file.stat();
      return bytes > maxBytes ? refused("it is too large") : { reading: readJunit(await file.readFile("utf8")), bytes };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = errnoOf(error);
    if (code === null) throw error;
    return refused(`it cannot be read (${code})`);
  }
}
