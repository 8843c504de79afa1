import type { Priority } from "../../../domain/plan.ts";
import { readPriority } from "./values.ts";

export interface Title {
  readonly title: string;
  readonly statedId: string | null;
  readonly number: string | null;
  /** Of a leading `P1:` or `[P1]`, which is never an id. */
  readonly priority: Priority | null;
}

const untitled = "(untitled)";

const bracketed = /^\[([A-Z]+(?:-[A-Z]+)*-?\d+(?:\.\d+)*)\]:?\s*/;
const separated = /^([A-Z]+(?:-[A-Z]+)*-?\d+(?:\.\d+)*)(?:[:：]|\s+[-–—](?=\s))\s*/;
const dashed = /^([A-Z]+)-(\d+)(?=\s|$)\s*/;
const lowered = /^([tp]\d{3,}(?:\.\d+)*):?(?=\s)\s*/;
const emphasised = /^\s*(\*\*|__|`)\[?([A-Z]+(?:-[A-Z]+)*-?\d+(?:\.\d+)*)\]?[:：]?\1/;
const numbered =
  /^(?:(?:(?:task|tâche|aufgabe|tarea|tarefa|задача|任务|タスク|작업)\s*)?(\d+(?:\.\d+)+)|(?:task|tâche|aufgabe|tarea|tarefa|задача|任务|タスク|작업)\s*(\d+)(?=[.:：)]|\s+[-–—]\s))[.:：)]?(?=\s|$)\s*(?:[-–—:]\s+)?/i;
const lettered = /^([A-Z](?:\.\d+)+)[.:：)]?(?=\s|$)\s*(?:[-–—:]\s+)?/;
/** Of several tasks at once. */
const version = /^V\d+\.\d/;
const priorityMark = /^P[0-4]$/;
const priorityInFront = /^P[0-4]\s+(?=\p{L})/u;

/** Names with a dash and a number that begin ordinary sentences (`UTF-8 file names`). */
const terms = new Set([
  "AES",
  "BASE",
  "ES",
  "GPT",
  "HTTP",
  "IEEE",
  "ISO",
  "MD",
  "PEP",
  "RFC",
  "RSA",
  "SHA",
  "TLS",
  "UTF",
]);

/** A box's label as the title of a task: the id, number or priority in front taken off. */
export function readTitle(line: string, label: string): Title {
  const mark = leadingMark(line, label);
  if (mark !== null && priorityMark.test(mark.text)) {
    return { title: cleanTitle(label), statedId: null, number: null, priority: readPriority(mark.text) };
  }
  const afterId = mark === null ? label : label.slice(mark.length).replace(/^[-–—:]\s+/, "");
  const number = numbered.exec(afterId) ?? lettered.exec(afterId);
  return {
    title: cleanTitle(number === null ? afterId : afterId.slice(number[0].length)),
    statedId: mark?.text ?? null,
    number: number === null ? null : (number[1] ?? number[2] ?? null),
    priority: signedPriority(label),
  };
}

/** Signs of a task's priority as note-taking programs write them behind its words. */
const prioritySigns: readonly (readonly [string, Priority])[] = [
  ["🔺", "critical"],
  ["⏫", "high"],
  ["🔼", "medium"],
  ["🔽", "low"],
  ["⏬", "background"],
];

function signedPriority(label: string): Priority | null {
  return prioritySigns.find(([sign]) => label.includes(sign))?.[1] ?? null;
}

/** `P0 Title`: beside a box it may be a name. */
export function readUnboxedTitle(line: string, label: string): Title {
  const front = priorityInFront.exec(label)?.[0];
  if (front === undefined) return readTitle(line, label);
  return { ...readTitle("", label.slice(front.length)), priority: readPriority(front) };
}

/** Trailing punctuation leads to what followed in the document, and here nothing follows. */
export function cleanTitle(text: string): string {
  return (
    text
      .trim()
      .replace(/(?:[:;,.]|\s[-–—])+$/, "")
      .trim() || untitled
  );
}

function leadingMark(line: string, label: string): { readonly text: string; readonly length: number } | null {
  const plain = bracketed.exec(label) ?? separated.exec(label) ?? lowered.exec(label);
  if (plain?.[1] !== undefined && !version.test(plain[1])) return { text: plain[1], length: plain[0].length };
  const bold = emphasised.exec(line)?.[2];
  if (bold !== undefined && label.startsWith(bold)) return { text: bold, length: lengthWithSpace(label, bold.length) };
  const issue = dashed.exec(label);
  if (issue?.[1] === undefined || terms.has(issue[1])) return null;
  return { text: `${issue[1]}-${issue[2]}`, length: issue[0].length };
}

function lengthWithSpace(label: string, from: number): number {
  return from + (/^:?\s*/.exec(label.slice(from))?.[0].length ?? 0);
}
