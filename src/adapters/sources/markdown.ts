import type { Heading, Root } from "mdast";
import { isBoxKind, type DraftTask, type RoadmapReading } from "../../domain/roadmap.ts";
import { chooseTasks } from "./markdown/choose.ts";
import { marksWithDone } from "./markdown/done-marks.ts";
import type { FoundMark } from "./markdown/found-mark.ts";
import { paragraphLines, readBlock, readInside, readLooseLines, startTask } from "./markdown/items.ts";
import type { ItemReader, ListValue, TaskDraft } from "./markdown/items.ts";
import { readKeyLines } from "./markdown/key-lines.ts";
import { enterHeading, enterTaskHeading, startOutline } from "./markdown/outline.ts";
import { mentionsIn } from "./markdown/mentions.ts";
import { parseMarkdown } from "./markdown/parse.ts";
import type { ParsedMarkdown } from "./markdown/parse.ts";
import { partsOf, type Part } from "./markdown/parts.ts";
import { applyMetadata, finishPhases } from "./markdown/phases.ts";
import type { PhaseDraft } from "./markdown/phases.ts";
import { fold } from "./markdown/plain-text.ts";
import { sourceLines } from "./markdown/source-lines.ts";
import type { Start } from "./markdown/start.ts";
import { readTitle, readUnboxedTitle } from "./markdown/title.ts";
import type { Title } from "./markdown/title.ts";
import { withText } from "./markdown/unread.ts";
import { splitReferences } from "./markdown/values.ts";

type Block = Root["children"][number];

export { countBoxes } from "../../domain/roadmap.ts";

/** Reads every mark, phase and task of a Markdown document. Takes any text; in the worst case it finds nothing. */
export function readRoadmap(text: string): RoadmapReading {
  const markdown = parseMarkdown(text);
  const parts = partsOf(markdown);
  const choice = chooseTasks(parts, markdown);
  const { form, marks, starts, unread } = choice;
  const reader: ItemReader = { markdown, starts, outline: startOutline(), tasks: [], blocks: 0 };
  readParts(reader, parts);
  return {
    form,
    marks: marksWithDone(choice, { parts, shift: markdown.shift }),
    phases: finishPhases(reader.outline.phases),
    tasks: finishTasks(reader, marks),
    unread: unread.map((lines) => withText(lines, markdown)),
  };
}

/** A heading that is a task, with everything below it. */
interface OwnerHeading {
  readonly task: TaskDraft;
  readonly depth: number;
}

function readParts(reader: ItemReader, parts: readonly Part[]): void {
  let owner: OwnerHeading | null = null;
  for (const [index, part] of parts.entries()) {
    const { heading, depth, title, blocks } = part;
    const start = heading === null ? undefined : reader.starts.get(heading);
    if (owner !== null && depth <= owner.depth) owner = null;
    if (heading !== null && start !== undefined) {
      enterTaskHeading(reader.outline, depth, start.label.text);
      owner = { task: startHeading(reader, heading, start, lastLineOf(parts, index)), depth };
    }
    if (owner !== null) readInside(reader, blocks, owner.task);
    else readBlocks(reader, blocks, heading === null ? null : enterHeading(reader.outline, depth, title));
  }
}

function startHeading(reader: ItemReader, heading: Heading, start: Start, through: number): TaskDraft {
  const after = heading.position?.end.line ?? start.label.line;
  return startTask(reader, start, { after, through, quotes: 0 });
}

/** Of what a heading is above. */
function lastLineOf(parts: readonly Part[], index: number): number {
  let last = 0;
  for (let at = index; at < parts.length && (at === index || parts[at]?.path.includes(index) === true); at++) {
    const end = parts[at]?.blocks.at(-1) ?? parts[at]?.heading;
    last = end?.position?.end.line ?? last;
  }
  return last;
}

function readBlocks(reader: ItemReader, blocks: readonly Block[], begun: PhaseDraft | null): void {
  const { markdown, outline } = reader;
  let phase = begun;
  let opened: ListValue | null = null;
  for (const block of blocks) {
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

function readMetadata(markdown: ParsedMarkdown, block: Block, phase: PhaseDraft): boolean {
  const parts = block.type === "blockquote" ? block.children : [block];
  if (block.type !== "blockquote" && block.type !== "paragraph") return false;
  for (const part of parts) {
    if (part.type === "paragraph") applyMetadata(phase, readKeyLines(paragraphLines(markdown, part)).found);
  }
  return true;
}

function finishTasks(reader: ItemReader, marks: readonly FoundMark[]): DraftTask[] {
  const indexes = new Map(marks.map((mark, index) => [mark, index]));
  const titled = reader.tasks.map((task) => ({ task, heading: titleOf(task.start) }));
  const known = new Set(
    titled.flatMap(({ task, heading }) => [foldCase(heading.title), foldCase(task.start.label.text)]),
  );
  const isTitle = (text: string): boolean => known.has(foldCase(text));
  return titled.map((entry) => finishTask(reader, entry, { isTitle, indexes }));
}

function titleOf({ label, mark }: Start): Title {
  const boxed = mark !== null && isBoxKind(mark.kind);
  return boxed ? readTitle(label.source, label.text) : readUnboxedTitle(label.source, label.text);
}

interface Known {
  readonly isTitle: (text: string) => boolean;
  readonly indexes: ReadonlyMap<FoundMark, number>;
}

function finishTask(
  { markdown, outline }: ItemReader,
  { task, heading }: { readonly task: TaskDraft; readonly heading: Title },
  { isTitle, indexes }: Known,
): DraftTask {
  const { place, text, start } = task;
  const phase = place.phase === null ? undefined : outline.phases[place.phase];
  return {
    statedId: task.id ?? heading.statedId,
    number: task.number ?? heading.number,
    positionalId: place.positionalId,
    title: heading.title,
    done: start.state === "done",
    left: start.state === "dropped" || start.state === "held" ? start.state : null,
    sure: start.sure,
    description: "said" in text ? text.said : sourceLines(markdown.lines, text),
    priority: task.priority ?? heading.priority ?? place.priority ?? phase?.priority ?? "medium",
    phase: place.phase,
    section: place.section,
    list: task.list,
    files: unique(task.files.length > 0 ? task.files : place.files),
    acceptance: task.acceptance,
    subtasks: task.subtasks,
    dependsOn: task.dependsOn.length === 0 ? null : unique(task.dependsOn.flatMap((v) => splitReferences(v, isTitle))),
    mentions: mentionsIn(start.label.text, isTitle),
    agent: task.agent,
    type: task.type,
    capabilities: unique(task.capabilities),
    estimateMinutes: null,
    allow: unique(task.allow),
    mark: start.mark === null ? null : (indexes.get(start.mark) ?? null),
    line: start.mark === null || hasMarkBelow(start) ? start.label.line : start.mark.line,
  };
}

/** Of a box that stands alone the text is below it; of headings and of items with a line for their status it is the other way. */
function hasMarkBelow({ node, mark }: Start): boolean {
  return node.type === "heading" || (node.type === "listItem" && mark?.kind === "word");
}

function foldCase(text: string): string {
  return fold(text).normalize("NFC").toLowerCase();
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
