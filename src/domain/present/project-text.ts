import { bytesText, plural } from "../../std/text.ts";
import type { ProjectFacts } from "../project-facts.ts";
import { treeText } from "./tree-text.ts";

/** A project as a model or a person reads it, in at most `maxChars` characters: the tree has what the rest leaves. */
export function projectText(facts: ProjectFacts, maxChars: number): string {
  const sections = [
    ...section("Languages", facts.languages.map(languageLine)),
    ...section(
      "Checks, as its files suggest",
      facts.checks.map(({ name, run }) => `${name}: ${run}`),
    ),
    ...section(
      "Changed most often of late",
      facts.busy.map(({ path, commits }) => `${path} (${plural(commits, "commit")})`),
    ),
    ...section("Last commits", facts.recent),
    ...section("Environment variables", facts.variables.length === 0 ? [] : [facts.variables.join(" ")]),
    ...facts.guides.map(({ path, head }) => guideText(path, head)),
    ...section("Not looked at", facts.notes),
  ];
  const head = `${plural(facts.files, "file")} on ${facts.branch} (${facts.commit.slice(0, 10)})`;
  let text = head.slice(0, maxChars);
  // Half of the room is the tree's, which says what there is.
  for (const each of sections) text = appended(text, each, Math.floor((maxChars - text.length) / 4));
  const room = maxChars - text.length - treeHead.length;
  const tree = room > 0 ? treeText(facts.paths, facts.files, room) : "";
  return tree === "" ? text : `${text}${treeHead}${tree}`;
}

const treeHead = "\n\nFiles:\n";
/** Less of a section says nothing. */
const leastChars = 40;

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:\n${lines.map((line) => `  ${line}`).join("\n")}`];
}

/** Every line is marked: what stands in a file cannot be taken for a section of ours. */
function guideText(path: string, head: string): string {
  return `${path} says:\n${head
    .split("\n")
    .map((line) => `  | ${line}`.trimEnd())
    .join("\n")}`;
}

/** Cut to whole lines where it is longer than `room`. */
function appended(text: string, more: string, room: number): string {
  if (more.length + 2 <= room) return `${text}\n\n${more}`;
  if (room < leastChars) return text;
  const lines = more.slice(0, room - 6).split("\n");
  return lines.length < 2 ? text : `${text}\n\n${lines.slice(0, -1).join("\n")}\n  …`;
}

function languageLine({ name, files, bytes }: ProjectFacts["languages"][number]): string {
  return `${name}: ${plural(files, "file")}, ${bytesText(bytes)}`;
}
