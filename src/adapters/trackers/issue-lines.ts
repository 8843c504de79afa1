import { lstat, readFile } from "node:fs/promises";
import { parseJsonObject } from "../../std/json-lines.ts";
import { errnoOf, OperationalError } from "../../std/operational-error.ts";
import { replaceFile } from "../files/replace-file.ts";
import type { IssueLoss } from "../../domain/issue.ts";
import type { Changes, Versions } from "./tracker.ts";

const maxBytes = 50 * 1024 * 1024;

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
  /** Every line, with what ends it. */
  readonly lines: readonly string[];
}

const conflict = /^(?:<{7}|={7}|>{7}|\|{7})(?: |\r?\n|$)/;

/** Null where there is no such file. */
export async function readIssueLines(file: string): Promise<IssueLines | null> {
  const text = await readBounded(file);
  if (text === null) return null;
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const issues = new Map<string, IssueLine>();
  const unreadable: number[] = [];
  for (const [index, content] of lines.entries()) {
    if (conflict.test(content)) throw inConflict(file, index + 1);
    if (content.trim() === "") continue;
    const value = parseJsonObject(content);
    const id = value?.["id"];
    if (value !== null && typeof id === "string" && id !== "") issues.set(id, { id, line: index + 1, value });
    else unreadable.push(index + 1);
  }
  return { issues, unreadable, lines };
}

async function readBounded(file: string): Promise<string | null> {
  try {
    const found = await lstat(file);
    if (!found.isFile()) throw unusable(file, "it is not a file");
    if (found.size > maxBytes) throw unusable(file, `it has ${found.size} bytes; at most ${maxBytes} are read`);
    return await readFile(file, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** A file that is as it was has its issues as they were. */
export async function changesOfFile(file: string, before: Versions | null): Promise<Changes> {
  const found = await lstat(file, { bigint: true }).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  });
  const version = found === null ? "" : `${found.ino} ${found.size} ${found.mtimeNs}`;
  return { now: new Map([[file, version]]), ids: before?.get(file) === version ? [] : null };
}

export function lossesOf(
  holders: ReadonlyMap<string, string>,
  lossOf: (id: string, holder: string) => IssueLoss | null,
): Map<string, IssueLoss> {
  const losses = [...holders].map(([id, holder]) => [id, lossOf(id, holder)] as const);
  return new Map(losses.flatMap(([id, loss]) => (loss === null ? [] : [[id, loss] as const])));
}

/** Writes some issues anew; every other line stays as it is, byte for byte. */
export async function writeIssueLines(
  file: string,
  { issues, lines }: IssueLines,
  changed: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Promise<void> {
  const next = [...lines];
  for (const [id, value] of changed) {
    const at = issues.get(id);
    if (at === undefined) continue;
    const end = /\r?\n$/.exec(next[at.line - 1] ?? "")?.[0] ?? "";
    next[at.line - 1] = `${JSON.stringify(value)}${end}`;
  }
  const { mode } = await lstat(file);
  await replaceFile(file, next.join(""), { mode: mode & 0o777 });
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
