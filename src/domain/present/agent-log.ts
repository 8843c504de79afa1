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
      return [];
    default:
      return [line];
  }
}
