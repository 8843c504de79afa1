import type { Heading, Root } from "mdast";
import type { DraftTask, Mark, RoadmapReading } from "../../domain/roadmap.ts";
import { paragraphLines, readBlock, readLooseLines } from "./markdown/items.ts";
import type { ItemReader, Label, ListValue, TaskDraft } from "./markdown/items.ts";
import { readKeyLines } from "./markdown/key-lines.ts";
import { enterHeading, startOutline } from "./markdown/outline.ts";
import { parseMarkdown } from "./markdown/parse.ts";
import type { FoundBox, ParsedMarkdown } from "./markdown/parse.ts";
import { applyMetadata, finishPhases } from "./markdown/phases.ts";
import type { PhaseDraft } from "./markdown/phases.ts";
import { fold, plainText } from "./markdown/plain-text.ts";
import { sourceLines } from "./markdown/source-lines.ts";
import { readTitle } from "./markdown/title.ts";
import type { Title } from "./markdown/title.ts";
import { splitReferences } from "./markdown/values.ts";

type Block = Root["children"][number];

export { countBoxes } from "../../domain/roadmap.ts";

/** Reads every box, phase and task of a Markdown document. Takes any text; in the worst case it finds nothing. */
export function readRoadmap(text: string): RoadmapReading {
  const markdown = parseMarkdown(text);
  const labels = markdown.boxes.map((box) => labelOf(box, markdown.lines));
  const reader: ItemReader = { markdown, labels, outline: startOutline(), tasks: [] };
  readBlocks(reader);
  return {
    form: "boxes",
    marks: markdown.boxes.map((box, index) => boxMark(box, labels[index]?.text ?? "", markdown)),
    phases: finishPhases(reader.outline.phases),
    tasks: finishTasks(reader),
    unread: [],
  };
}

function boxMark({ offset, checked, line }: FoundBox, label: string, { text, shift }: ParsedMarkdown): Mark {
  const state = checked ? "done" : "open";
  return { kind: "box", offset: offset + shift, text: text.charAt(offset), state, done: "x", label, line };
}

/** An item's first line. Where the box stands alone on its line, the text below is meant. */
function labelOf({ line, column }: FoundBox, lines: readonly string[]): Label {
  const behind = (lines[line - 1] ?? "").slice(column + 1);
  if (behind.trim() !== "") return { source: behind, text: plainText(behind), line };
  const below = (lines[line] ?? "").replace(/^[\s>]+/, "");
  return { source: below, text: plainText(below), line: line + 1 };
}

function readBlocks(reader: ItemReader): void {
  const { markdown, outline } = reader;
  let phase: PhaseDraft | null = null;
  let opened: ListValue | null = null;
  for (const block of markdown.root.children) {
    if (block.type === "heading") {
      phase = enterHeading(outline, block.depth, headingText(block));
      opened = null;
      continue;
    }
    // Metadata stands right below the heading; a comment in between does not count.
    if (phase !== null && !readMetadata(markdown, block, phase) && block.type !== "html") phase = null;
    if (block.type === "paragraph") {
      opened = readLooseLines(outline, paragraphLines(markdown, block));
    } else {
      readBlock(reader, block, block.type === "list" ? opened : null);
      opened = null;
    }
  }
}

/** The parser was told to leave lines alone, so a heading holds its source. */
function headingText(heading: Heading): string {
  return plainText(heading.children.map((child) => ("value" in child ? child.value : " ")).join(""));
}

function readMetadata(markdown: ParsedMarkdown, block: Block, phase: PhaseDraft): boolean {
  const parts = block.type === "blockquote" ? block.children : [block];
  if (block.type !== "blockquote" && block.type !== "paragraph") return false;
  for (const part of parts) {
    if (part.type === "paragraph") applyMetadata(phase, readKeyLines(paragraphLines(markdown, part)).found);
  }
  return true;
}

function finishTasks(reader: ItemReader): DraftTask[] {
  const titled = reader.tasks.map((task) => {
    const label = reader.labels[task.box];
    return { task, heading: readTitle(label?.source ?? "", label?.text ?? "") };
  });
  const known = new Set(
    titled.flatMap(({ task, heading }) => [foldCase(heading.title), foldCase(reader.labels[task.box]?.text ?? "")]),
  );
  const isTitle = (text: string): boolean => known.has(foldCase(text));
  return titled.map((entry) => finishTask(reader, entry, isTitle));
}

function finishTask(
  { markdown, labels, outline }: ItemReader,
  { task, heading }: { readonly task: TaskDraft; readonly heading: Title },
  isTitle: (text: string) => boolean,
): DraftTask {
  const { place } = task;
  const phase = place.phase === null ? undefined : outline.phases[place.phase];
  return {
    statedId: task.id ?? heading.statedId,
    number: heading.number,
    positionalId: place.positionalId,
    title: heading.title,
    done: task.done,
    left: null,
    sure: "stated",
    description: sourceLines(markdown.lines, {
      after: labels[task.box]?.line ?? 0,
      through: task.item.position?.end.line ?? 0,
      quotes: task.quotes,
    }),
    priority: task.priority ?? heading.priority ?? phase?.priority ?? "medium",
    phase: place.phase,
    section: place.section,
    files: unique(task.files.length > 0 ? task.files : place.files),
    acceptance: task.acceptance,
    subtasks: task.subtasks,
    dependsOn: task.dependsOn.length === 0 ? null : unique(task.dependsOn.flatMap((v) => splitReferences(v, isTitle))),
    agent: task.agent,
    type: task.type,
    capabilities: unique(task.capabilities),
    estimateMinutes: null,
    allow: unique(task.allow),
    mark: task.box,
    line: markdown.boxes[task.box]?.line ?? 0,
  };
}

function foldCase(text: string): string {
  return fold(text).toLowerCase();
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
