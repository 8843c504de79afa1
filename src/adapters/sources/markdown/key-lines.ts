import { fold } from "./plain-text.ts";

export type Key =
  | "acceptance"
  | "agent"
  | "allow"
  | "capabilities"
  | "depends-on"
  | "effort"
  | "files"
  | "goal"
  | "id"
  | "prerequisite"
  | "priority"
  | "type";

export interface KeyLine {
  readonly key: Key;
  /** Markdown; empty where a list is to follow. */
  readonly value: string;
}

const keys: Readonly<Record<string, Key>> = {
  acceptance: "acceptance",
  "acceptance criteria": "acceptance",
  "acceptance criterion": "acceptance",
  agent: "agent",
  allow: "allow",
  allowed: "allow",
  capabilities: "capabilities",
  capability: "capabilities",
  "blocked by": "depends-on",
  dependencies: "depends-on",
  dependency: "depends-on",
  depends: "depends-on",
  "depends on": "depends-on",
  "done when": "acceptance",
  effort: "effort",
  file: "files",
  files: "files",
  goal: "goal",
  id: "id",
  prerequisite: "prerequisite",
  prerequisites: "prerequisite",
  priority: "priority",
  type: "type",
};

/** `Key: v`, `**Key**: v`, `**Key:** v`, `_Key_: v`. */
const keyLine = /^([*_]{0,3})([A-Za-z][A-Za-z _-]{0,30}?)\s*(?:\1\s*[:：]|[:：]\s*\1)(?!\/\/)\s*(.*)$/;

export interface KeyLines {
  readonly found: readonly KeyLine[];
  /** The last line is a key with nothing behind it: a list right below is its value. */
  readonly opens: Key | null;
}

/** Reads a paragraph's lines. Prose values run on over line breaks; lists of words do so behind a comma. */
export function readKeyLines(lines: readonly string[]): KeyLines {
  const found: { key: Key; value: string }[] = [];
  let current: { key: Key; value: string } | null = null;
  for (const line of lines) {
    const match = keyLine.exec(line.trim());
    const key = match === null ? null : keyOf(match[2] ?? "");
    if (match !== null && key !== null) {
      current = { key, value: fold(match[3] ?? "").replace(/\s*\\$/, "") };
      found.push(current);
    } else if (current !== null && runsOn(current) && (match?.[1] ?? "") === "") {
      current.value = `${current.value} ${fold(line)}`;
    } else {
      current = null;
    }
  }
  return { found, opens: current?.value === "" ? current.key : null };
}

function keyOf(words: string): Key | null {
  const name = words.toLowerCase().replace(/[\s_-]+/g, " ");
  return Object.hasOwn(keys, name) ? (keys[name] ?? null) : null;
}

function runsOn(line: KeyLine): boolean {
  if (line.key === "depends-on" || line.key === "files") return /[,;]$/.test(line.value);
  return (line.key === "acceptance" || line.key === "goal") && line.value !== "";
}
