import { isUtf8 } from "node:buffer";
import type { BigIntStats } from "node:fs";
import { lstat, readFile, realpath } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { IssueLoss } from "../../domain/issue.ts";
import { TrackerAway, type Changes, type Versions } from "./tracker.ts";

const maxBytes = 50 * 1024 * 1024;
const mostTries = 3;
/** Shown, and told to a tracker: nothing in it turns, hides or ends what stands around it. */
const plainId = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;

/** One object of a file of JSON lines. */
export interface IssueLine {
  readonly id: string;
  /** From 1. */
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A file of JSON lines, one issue each. Of several with one id the last one counts. */
export interface IssueLines {
  readonly issues: ReadonlyMap<string, IssueLine>;
  /** Lines that cannot be read, which stay as they are. */
  readonly unreadable: readonly number[];
  /** Every line with what ends it, a character for each byte: what is no UTF-8 stays what it is. */
  readonly lines: readonly string[];
  /** Of the file as it was read. */
  readonly version: string;
}

const conflict = /^(?:<{7}|={7}|>{7}|\|{7})(?: |\r?\n|$)/;

/** Null where there is no such file. */
export async function readIssueLines(file: string): Promise<IssueLines | null> {
  const read = await readBounded(file);
  if (read === null) return null;
  const lines = read.bytes.toString("latin1").match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const issues = new Map<string, IssueLine>();
  const unreadable: number[] = [];
  for (const [index, bytes] of lines.entries()) {
    if (conflict.test(bytes)) throw inConflict(file, index + 1);
    const content = decoded(bytes);
    if (content?.trim() === "") continue;
    const value = content === null ? null : parseJsonObject(content);
    const id = value?.["id"];
    if (value !== null && typeof id === "string" && plainId.test(id)) issues.set(id, { id, line: index + 1, value });
    else unreadable.push(index + 1);
  }
  return { issues, unreadable, lines, version: read.version };
}

/** Null: that is no UTF-8. */
function decoded(bytes: string): string | null {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, "latin1");
  return isUtf8(buffer) ? buffer.toString("utf8") : null;
}

async function readBounded(file: string): Promise<{ readonly bytes: Buffer; readonly version: string } | null> {
  try {
    await mustBeInside(file);
    const found = await lstat(file, { bigint: true });
    if (!found.isFile()) throw unusable(file, "it is not a file");
    if (found.size > maxBytes) throw unusable(file, `it has ${found.size} bytes; at most ${maxBytes} are read`);
    return { bytes: await readFile(file), version: versionOf(found) };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** A link of the repository may lead to anything on this machine. */
async function mustBeInside(file: string): Promise<void> {
  const folder = dirname(file);
  const [real, root] = [await realpath(folder), await realpath(dirname(folder))];
  if (!real.startsWith(`${root}${sep}`)) throw unusable(file, `${folder} leads out of the repository, to ${real}`);
}

function versionOf({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs}`;
}

async function versionNow(file: string): Promise<string> {
  const found = await lstat(file, { bigint: true }).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  });
  return found === null ? "" : versionOf(found);
}

/** What is not in a file that is only half there may be in its other half. */
export function mustBeWhole(file: string, lines: IssueLines): void {
  const why = whyNotWhole(lines);
  if (why !== null) throw new TrackerAway(`${file}${why}`);
}

function whyNotWhole({ lines, unreadable: [first] }: IssueLines): string | null {
  if (lines.length === 0) return " is empty";
  return first === undefined ? null : `:${first} cannot be read: nobody can tell what is gone from it`;
}

/** A file that is as it was has its issues as they were. */
export async function changesOfFile(file: string, before: Versions | null): Promise<Changes> {
  const version = await versionNow(file);
  return { now: new Map([[file, version]]), ids: before?.get(file) === version ? [] : null };
}

/** What is not there is only gone from a file that is whole. */
export function lossesOf<T>(
  lines: IssueLines,
  holders: ReadonlyMap<string, string>,
  {
    at,
    lossOf,
  }: {
    readonly at: (id: string) => T | null;
    readonly lossOf: (found: T | null, holder: string) => IssueLoss | null;
  },
): Map<string, IssueLoss> {
  const isWhole = whyNotWhole(lines) === null;
  const losses = [...holders].map(([id, holder]) => {
    const found = at(id);
    return [id, found === null && !isWhole ? null : lossOf(found, holder)] as const;
  });
  return new Map(losses.flatMap(([id, loss]) => (loss === null ? [] : [[id, loss] as const])));
}

/** Writes some issues anew; every other line stays as it is, byte for byte. Not where somebody else wrote meanwhile. */
export async function writeIssueLines(
  file: string,
  { issues, lines, version }: IssueLines,
  changed: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Promise<void> {
  const next = [...lines];
  for (const [id, value] of changed) {
    const at = issues.get(id);
    if (at === undefined) continue;
    const end = /\r?\n$/.exec(next[at.line - 1] ?? "")?.[0] ?? "";
    next[at.line - 1] = `${Buffer.from(JSON.stringify(value)).toString("latin1")}${end}`;
  }
  const { mode } = await lstat(file);
  // An editor, git or `bd` takes no lock of ours.
  const stillWanted = async (): Promise<boolean> => (await versionNow(file)) === version;
  const isWritten = await replaceFile(file, Buffer.from(next.join(""), "latin1"), { mode: mode & 0o777, stillWanted });
  if (!isWritten) throw new ChangedMeanwhile(file);
}

class ChangedMeanwhile extends TrackerAway {
  constructor(file: string) {
    super(`${file} was changed by somebody else just then`);
  }
}

/** Reads and writes once more where somebody else wrote between. */
export async function inSpiteOfOthers<T>(work: () => Promise<T>): Promise<T> {
  for (let left = mostTries - 1; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || left === 0) throw error;
    }
  }
}

export function unreadableNotes(name: string, { unreadable }: IssueLines): string[] {
  const [first] = unreadable;
  if (first === undefined) return [];
  const more = unreadable.length > 1 ? ` and ${unreadable.length - 1} more` : "";
  return [`${name}:${first}${more} cannot be read as an issue: it is passed over, and stays as it is`];
}

function inConflict(file: string, line: number): OperationalError {
  return new OperationalError({
    code: "tracker-conflict",
    what: `${file}:${line} has conflict markers`,
    why: "a merge of it was not brought to its end",
    next: "keep the lines of both sides, without the markers, then try again",
  });
}

function unusable(file: string, why: string): OperationalError {
  return new OperationalError({
    code: "tracker-unreadable",
    what: `${file} cannot be read as issues`,
    why,
    next: "look at it, then try again",
  });
}
