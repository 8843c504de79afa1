import { parseJsonObject } from "../../std/json-lines.ts";

/** An agent's output for people: its protocol lines as words, everything else as it is. */
export function readableLog(text: string): string {
  return text.split("\n").flatMap(readableLine).join("\n");
}

function readableLine(line: string): string[] {
  const object = line.startsWith("{") ? parseJsonObject(line) : null;
  const word = (name: string): string => (typeof object?.[name] === "string" ? object[name] : "");
  switch (object?.["type"]) {
    case "progress": {
      const percent = typeof object["percent"] === "number" ? `${Math.round(object["percent"])} % ` : "";
      return [`… ${percent}${word("message")}`.trimEnd()];
    }
    case "message":
      return [`» ${word("text") || word("message")}`];
    case "usage":
    case "turn":
      return [];
    default:
      return doneText(object?.["type"], word) ?? [line];
  }
}

/** What an agent did, asked, and came to; null for a line of no such type, or without what it is about. */
function doneText(type: unknown, word: (name: string) => string): string[] | null {
  const state = word("state");
  if (type === "tool" && word("name") !== "")
    return state === "done"
      ? []
      : [`· ${`${word("name")} ${word("detail")}`.trimEnd()}${state === "failed" ? " (failed)" : ""}`];
  if (type === "file" && word("path") !== "") return [`· wrote ${word("path")}`];
  if (type === "permission" && word("asked") !== "") return [`? ${word("asked")} (${word("answer")})`];
  if (type === "final") return word("message") === "" ? [] : [`= ${word("message")}`];
  return type === "session" || type === "told" ? [] : null;
}
