import { statedTasks, type DraftTask, type RoadmapReading } from "../../domain/roadmap.ts";

/** One task per line, `title` or `title|description`; blank lines and lines that begin with `#` do not count. */
export function readTaskFile(text: string): RoadmapReading {
  const tasks: DraftTask[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const bar = content.indexOf("|");
    const title = fold(bar === -1 ? content : content.slice(0, bar));
    const description = bar === -1 ? "" : content.slice(bar + 1).trim();
    tasks.push(plainTask({ id: String(tasks.length + 1), title, description, line: index + 1 }));
  }
  return statedTasks(tasks);
}

/** A task of which only words are known. */
export function plainTask(facts: {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly line: number;
}): DraftTask {
  return {
    statedId: null,
    number: null,
    positionalId: facts.id,
    title: facts.title || "(untitled)",
    done: false,
    left: null,
    sure: "stated",
    description: facts.description,
    priority: "medium",
    phase: null,
    section: null,
    files: [],
    acceptance: [],
    subtasks: [],
    dependsOn: null,
    agent: null,
    type: null,
    capabilities: [],
    estimateMinutes: null,
    allow: [],
    mark: null,
    line: facts.line,
  };
}

function fold(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
