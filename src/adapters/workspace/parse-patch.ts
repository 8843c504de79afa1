import type { DiffLine, FileDiff } from "../../domain/diff-policy/diff.ts";

/** Longer lines are cut: nobody wrote them by hand. */
const maxLineChars = 10_000;
const absent = "000000";

interface Entry extends Omit<FileDiff, "added" | "removed"> {
  readonly added: DiffLine[];
  readonly removed: DiffLine[];
}

/**
 * Reads what `git diff-tree -r -z --raw -p -U0` says: NUL-terminated records, then the patches of the same files in the same
 * order. Of a patch that was cut off, the files from there on are `unread`.
 */
export function parsePatch(output: string, cut: boolean): FileDiff[] {
  const { entries, rest } = readRecords(output);
  let current: Entry | undefined;
  let before = "";
  const order = entries.values();
  for (const patch of patches(rest)) {
    const header = patch[0] ?? "";
    // A file that became a link, or the other way round, has two patches.
    if (header !== before) current = nextNamed(order, header);
    before = header;
    if (current === undefined) break;
    readPatch(current, patch);
  }
  if (!cut) return entries;
  const last = current === undefined ? -1 : entries.indexOf(current);
  return entries.map((entry, index) => (index < last ? entry : { ...entry, added: [], removed: [], unread: true }));
}

/** All that is known where there is no patch. */
export function withoutPatch(output: string): FileDiff[] {
  return readRecords(output).entries.map((entry) => ({ ...entry, unread: true }));
}

function readRecords(output: string): { entries: Entry[]; rest: string } {
  const entries: Entry[] = [];
  let at = 0;
  while (output[at] === ":") {
    const end = output.indexOf("\0", at);
    const next = output.indexOf("\0", end + 1);
    if (end === -1 || next === -1) return { entries, rest: "" };
    const [oldMode = "", newMode = "", oldObject = "", newObject = "", status = ""] = output
      .slice(at + 1, end)
      .split(" ");
    entries.push({
      path: output.slice(end + 1, next),
      status: status.startsWith("A") ? "added" : status.startsWith("D") ? "deleted" : "modified",
      oldMode: oldMode === absent ? null : oldMode,
      newMode: newMode === absent ? null : newMode,
      oldObject: oldMode === absent ? null : oldObject,
      newObject: newMode === absent ? null : newObject,
      binary: false,
      bytes: null,
      unread: false,
      added: [],
      removed: [],
    });
    at = next + 1;
  }
  // Records and patches are parted by one more NUL.
  return { entries, rest: output.slice(output[at] === "\0" ? at + 1 : at) };
}

/** The lines of each file's patch. In a hunk a line says by its number what it is, whatever it looks like. */
function* patches(text: string): Generator<string[]> {
  let patch: string[] = [];
  let left = 0;
  for (const line of text.split("\n")) {
    const hunk = left > 0 ? null : hunkHeader.exec(line);
    if (hunk !== null) left = Number(hunk[2] ?? 1) + Number(hunk[4] ?? 1);
    else if (left > 0 && !line.startsWith("\\")) left--;
    else if (line.startsWith("diff --git ")) {
      if (patch.length > 0) yield patch;
      patch = [];
    }
    patch.push(line);
  }
  if (patch.length > 1) yield patch;
}

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

function readPatch(entry: Entry, patch: readonly string[]): void {
  let [oldLine, newLine, left] = [0, 0, 0];
  for (const line of patch) {
    const hunk = left > 0 ? null : hunkHeader.exec(line);
    if (hunk !== null) {
      [oldLine, newLine] = [Number(hunk[1]), Number(hunk[3])];
      left = Number(hunk[2] ?? 1) + Number(hunk[4] ?? 1);
    } else if (left > 0 && line.startsWith("+")) {
      entry.added.push({ line: newLine++, text: textOf(line) });
      left--;
    } else if (left > 0 && line.startsWith("-")) {
      entry.removed.push({ line: oldLine++, text: textOf(line) });
      left--;
    } else if (left === 0 && /^Binary files .* differ$/.test(line)) {
      Object.assign(entry, { binary: true });
    }
  }
}

function textOf(line: string): string {
  return line.slice(1, maxLineChars).replace(/\r$/, "");
}

/** A name that git quotes is taken for the next one in order. */
function nextNamed(order: Iterator<Entry>, header: string): Entry | undefined {
  for (let next = order.next(); next.done !== true; next = order.next()) {
    const { path } = next.value;
    if (header.includes('"') || header === `diff --git a/${path} b/${path}`) return next.value;
  }
  return undefined;
}
