/** What an attempt changed, compared with what it began from, as far as it was looked into. */
export interface WorkDiff {
  readonly files: readonly FileDiff[];
  /** There was more than is looked at: of the files marked `unread` the content is not known. */
  readonly truncated: boolean;
}

/** A renamed file is one that was deleted and one that was added. */
export interface FileDiff {
  readonly path: string;
  readonly status: "added" | "modified" | "deleted";
  /** As git writes them; null where the file is not there on that side. */
  readonly oldMode: string | null;
  readonly newMode: string | null;
  readonly oldObject: string | null;
  readonly newObject: string | null;
  readonly binary: boolean;
  /** Of the new content; null where it was not measured, as what has lines is small. */
  readonly bytes: number | null;
  /** Nobody knows its lines. */
  readonly unread: boolean;
  readonly added: readonly DiffLine[];
  readonly removed: readonly DiffLine[];
}

export interface DiffLine {
  /** In the new file for an added line, in the old one for a removed; from 1. */
  readonly line: number;
  /** Cut where it is very long. */
  readonly text: string;
}

/** Of lines that people write so much is looked at: patterns over hostile ones must end soon. */
const maxChars = 500;

/** The same diff with every line cut to what rules about code look at. */
export function clipped({ files, truncated }: WorkDiff): WorkDiff {
  const isLong = ({ text }: DiffLine): boolean => text.length > maxChars;
  const cut = (lines: readonly DiffLine[]): readonly DiffLine[] =>
    lines.some(isLong) ? lines.map(({ line, text }) => ({ line, text: text.slice(0, maxChars) })) : lines;
  return { files: files.map((file) => ({ ...file, added: cut(file.added), removed: cut(file.removed) })), truncated };
}

export const symlinkMode = "120000";

/** White space, and what formatters add or take away, make no difference. */
export function normalised(text: string): string {
  return text
    .replace(/['"`]/g, '"')
    .replace(/\s+/g, "")
    .replace(/[,;]+$/, "");
}
