import { describe, expect, it } from "vitest";
import type { DraftTask } from "../../domain/roadmap.ts";
import { countBoxes, readRoadmap } from "./markdown.ts";

function lines(...text: string[]): string {
  return `${text.join("\n")}\n`;
}

function only(...text: string[]): DraftTask {
  const { tasks } = readRoadmap(lines(...text));
  expect(tasks).toHaveLength(1);
  return tasks[0] as DraftTask;
}

function ids(text: string): string[] {
  return readRoadmap(text).tasks.map((task) => task.positionalId);
}

function titles(text: string): string[] {
  return readRoadmap(text).tasks.map((task) => task.title);
}

const documented = lines(
  "# Project ROADMAP",
  "",
  "This document tracks development progress.",
  "",
  "---",
  "",
  "## Phase 0: Foundation",
  "",
  "> **Goal**: Establish core infrastructure",
  "> **Priority**: HIGH",
  "> **Effort**: 1 week",
  "",
  "Build the foundational components.",
  "",
  "### 0.1 Project Setup",
  "",
  "**Files**: `pyproject.toml`, `src/__init__.py`",
  "",
  "- [x] **Initialize Poetry project**",
  "  Set up pyproject.toml with dependencies.",
  "",
  "- [x] **Configure linting**",
  "",
  "### 0.2 Core Models",
  "",
  "**File**: `src/models.py`",
  "",
  "- [ ] **Define data models**",
  "  Create Pydantic models.",
  "",
  "  ```python",
  "  class User(BaseModel):",
  "      id: str",
  "  # - [ ] not a box",
  "  ```",
  "",
  "  - [ ] Add User model",
  "  - [x] Add Project model",
  "",
  "- [ ] **Add serialization helpers**",
  "",
  "---",
  "",
  "## Phase 1: Core Features",
  "",
  "> **Priority**: LOW",
  "> **Prerequisite**: Phase 0 complete",
  "",
  "### 1.1 API",
  "",
  "- [ ] **Create FastAPI app**",
);

describe("the documented format", () => {
  const { phases, tasks, marks } = readRoadmap(documented);

  it("reads phases with their metadata", () => {
    expect(phases).toEqual([
      { id: "0", name: "Foundation", goal: "Establish core infrastructure", effort: "1 week", prerequisites: null },
      { id: "1", name: "Core Features", goal: "", effort: "", prerequisites: [0] },
    ]);
  });

  it("numbers tasks by phase, section and place", () => {
    expect(tasks.map((task) => [task.positionalId, task.title, task.done])).toEqual([
      ["0.1.1", "Initialize Poetry project", true],
      ["0.1.2", "Configure linting", true],
      ["0.2.1", "Define data models", false],
      ["0.2.2", "Add serialization helpers", false],
      ["1.1.1", "Create FastAPI app", false],
    ]);
  });

  it("gives tasks the section, its files and the phase's priority", () => {
    expect(tasks.map((task) => [task.section, task.files, task.priority])).toEqual([
      ["Project Setup", ["pyproject.toml", "src/__init__.py"], "high"],
      ["Project Setup", ["pyproject.toml", "src/__init__.py"], "high"],
      ["Core Models", ["src/models.py"], "high"],
      ["Core Models", ["src/models.py"], "high"],
      ["API", [], "low"],
    ]);
  });

  it("keeps the context verbatim and rolls nested boxes up into sub-tasks", () => {
    expect(tasks[2]?.subtasks).toEqual([
      { title: "Add User model", done: false },
      { title: "Add Project model", done: true },
    ]);
    expect(tasks[2]?.description).toBe(
      [
        "Create Pydantic models.",
        "",
        "```python",
        "class User(BaseModel):",
        "    id: str",
        "# - [ ] not a box",
        "```",
        "",
        "- [ ] Add User model",
        "- [x] Add Project model",
      ].join("\n"),
    );
  });

  it("lists every box in order, with its line", () => {
    expect(marks.map(({ label, state, line }) => [label, state === "done", line])).toEqual([
      ["Initialize Poetry project", true, 19],
      ["Configure linting", true, 22],
      ["Define data models", false, 28],
      ["Add User model", false, 37],
      ["Add Project model", true, 38],
      ["Add serialization helpers", false, 40],
      ["Create FastAPI app", false, 51],
    ]);
    expect(countBoxes({ marks })).toEqual({ open: 4, done: 3 });
  });
});

describe("what is a box", () => {
  it.each([
    ["a code fence", "```\n- [ ] a\n```\n"],
    ["a fence that is never closed", "~~~\n- [ ] a\n"],
    ["a fence closed with an info string", "```\n- [ ] a\n```js\n- [ ] b\n"],
    ["indented code", "text\n\n    - [ ] a\n"],
    ["an HTML comment", "<!--\n- [ ] a\n\n- [ ] b\n-->\n"],
    ["table cells", "| a | b |\n|---|---|\n| [ ] | - [ ] x |\n"],
    ["front matter", "---\ntitle: x\ntasks:\n  - [ ] a\n- [ ] b\n---\n"],
    ["front matter behind a byte order mark", "\uFEFF---\r\ntitle: x\r\n- [ ] a\r\n---\r\n"],
    ["a heading or a paragraph", "# [ ] a\n\n[ ] b\n"],
    ["an unknown mark", "- [@] a\n- [] c\n- [  ] d\n"],
    ["a box without text", "- [ ]\n- [ ] \n"],
    ["a link", "- [x](url)\n"],
    ["brackets over two lines", "## About\n\n- [\n  ] a\n"],
  ])("nothing in %s", (_, text) => {
    expect(readRoadmap(text).marks).toEqual([]);
    expect(readRoadmap(text).tasks).toEqual([]);
  });

  it.each([
    ["every bullet and number", "- [ ] a\n\n* [ ] a\n\n+ [ ] a\n\n1. [ ] a\n\n2) [ ] a\n", 5],
    ["upper case", "- [X] a\n", 1],
    ["a tab in the brackets or behind them", "- [\t] a\n- [ ]\ta\n", 2],
    ["quotes", "> - [ ] a\n> > - [x] a\n", 2],
    ["the first lines of a document that begins with a rule", "---\n\n- [ ] a\n\n---\n", 1],
    ["a rule that only looks like front matter", "---\nAbout: this\nis prose.\n- [ ] a\n---\n", 1],
    ["text on the line below the box", "- [ ]\n  a\n", 1],
    ["HTML blocks that have ended", "<details>\n\n- [ ] a\n\n</details>\n", 1],
  ])("boxes in %s", (_, text, count) => {
    const { marks } = readRoadmap(text);
    expect(marks.map((mark) => mark.label)).toEqual(Array.from({ length: count }, () => "a"));
    for (const { offset } of marks) expect(text.slice(offset - 1, offset + 2)).toMatch(/^\[[ \txX]\]$/);
  });
});

describe("labels and titles", () => {
  it.each([
    ["**Task**", "Task"],
    ["**Do:**", "Do"],
    ["Use `a*b` and **c**:", "Use a*b and c"],
    ["a   *b*\t__c__ ~~d~~", "a b c d"],
    ["see [the docs](https://x.y/z) and ![alt](i.png)", "see the docs and alt"],
    ["<b>Bold</b> <!-- note --> x", "Bold x"],
    ["GET `/users/{id}` or /users/<id>", "GET /users/{id} or /users/<id>"],
    ["snake_case_name stays, 2 * 3 too, *.ts as well", "snake_case_name stays, 2 * 3 too, *.ts as well"],
    ["\\*not bold\\*", "*not bold*"],
    ["**starts bold and goes on", "starts bold and goes on"],
    ["日本語 🚀 émoji.", "日本語 🚀 émoji"],
    ["<!-- only a comment -->", "(untitled)"],
    ["**:**", "(untitled)"],
  ])("%s", (source, title) => {
    expect(only(`- [ ] ${source}`).title).toBe(title);
  });

  it.each([
    ["Ship it (depends on T3, T4)", ["T3", "T4"]],
    ["Ship it [blocked by #12]", ["#12"]],
    ["Ship it (after phase 2)", ["phase 2"]],
    ["Ship it blocked-by:t001,t002 ~2h", ["t001", "t002"]],
    ["公開する 依存: T3、T4", ["T3", "T4"]],
    ["Выпуск (зависит от T3)", ["T3"]],
    ["Look after the servers", []],
    ["Depend on nothing: less is more", []],
  ])("mentions in %j what it may wait for", (title, mentions) => {
    expect(only(`- [ ] ${title}`)).toMatchObject({ mentions, title, dependsOn: null });
  });

  it("takes the first line of the item only", () => {
    expect(only("- [ ] first", "  second", "lazy").title).toBe("first");
    expect(only("- [ ]", "  below", "  rest")).toMatchObject({ title: "below", description: "rest" });
  });

  it("does not let another line change a label", () => {
    const box = "- [ ] see [the spec] and **this";
    const before = readRoadmap(lines(box)).marks[0]?.label;
    expect(readRoadmap(lines(box, "  end** [x]", "", "[the spec]: u")).marks[0]?.label).toBe(before);
  });
});

describe("ids and numbers in titles", () => {
  it.each([
    ["**T12**: Do it", "T12", null, "Do it"],
    ["T12: Do it", "T12", null, "Do it"],
    ["T12 — Do it", "T12", null, "Do it"],
    ["**T12** Do it", "T12", null, "Do it"],
    ["**T12: Do it**", "T12", null, "Do it"],
    ["[GH-7] Do it", "GH-7", null, "Do it"],
    ["**[GH-7]** Do it", "GH-7", null, "Do it"],
    ["GH-7 Do it", "GH-7", null, "Do it"],
    ["**TASK-3** Do it", "TASK-3", null, "Do it"],
    ["**TASK-3**", "TASK-3", null, "(untitled)"],
    ["T1: 1.2 Do it", "T1", "1.2", "Do it"],
    ["1.2.3 Do it", null, "1.2.3", "Do it"],
    ["**1.1** Do it", null, "1.1", "Do it"],
    ["1.1. Do it", null, "1.1", "Do it"],
    ["1.1: Do it", null, "1.1", "Do it"],
    ["**Task 1.1.1**: Do it", null, "1.1.1", "Do it"],
    ["Task 4 - Do it", null, "4", "Do it"],
    ["Task 4 runs too long", null, null, "Task 4 runs too long"],
    ["3 apples", null, null, "3 apples"],
    ["1.5x faster", null, null, "1.5x faster"],
    ["S3 upload", null, null, "S3 upload"],
    ["UTF-8 file names", null, null, "UTF-8 file names"],
    ["t12: Do it", null, null, "t12: Do it"],
    ["Note: T12 matters", null, null, "Note: T12 matters"],
    ["**TASK-7.4**: Do it", "TASK-7.4", null, "Do it"],
    ["API-DOC-01: Do it", "API-DOC-01", null, "Do it"],
    ["t0012 Do it", "t0012", null, "Do it"],
    ["t12 Do it", null, null, "t12 Do it"],
    ["B.2 — Do it", null, "B.2", "Do it"],
    ["任务 4.1 - Do it", null, "4.1", "Do it"],
    ["Aufgabe 3: Do it", null, "3", "Do it"],
    ["V1.2: Do it", null, null, "V1.2: Do it"],
  ])("%s", (source, statedId, number, title) => {
    expect(only(`- [ ] ${source}`)).toMatchObject({ statedId, number, title });
  });

  it("takes a leading P1 for a priority", () => {
    expect(only("- [ ] **P0**: Fix it")).toMatchObject({ statedId: null, priority: "critical", title: "P0: Fix it" });
  });

  it.each([
    ["a key line", "- [ ] Do it", "  ID: parser-core"],
    ["a bold key", "- [ ] Do it", "  **Id**: `parser-core`"],
    ["a nested item", "- [ ] Do it", "  - id: parser-core"],
    ["a comment behind the title", "- [ ] Do it <!-- id: parser-core -->", ""],
    ["a comment below", "- [ ] Do it", "  <!-- id: parser-core -->"],
    ["a comment block", "- [ ] Do it", "", "  <!-- id: parser-core -->"],
  ])("takes a stated id from %s", (_, ...text) => {
    expect(only(...text)).toMatchObject({ statedId: "parser-core", title: "Do it" });
  });

  it("leaves a comment in code alone", () => {
    expect(only("- [ ] Write `<!-- id: x -->`").statedId).toBeNull();
  });

  it("keeps an unfit stated id as it is, for the plan to refuse", () => {
    expect(only("- [ ] Do it", "  ID: two words").statedId).toBe("two words");
  });
});

describe("tasks and sub-tasks", () => {
  it("makes a nested box a sub-task of the nearest task, at any depth", () => {
    const task = only("- [ ] a", "  - [ ] b", "    - [x] c", "  - plain", "    - [ ] d:");
    expect(task.subtasks.map((sub) => [sub.title, sub.done])).toEqual([
      ["b", false],
      ["c", true],
      ["d", false],
    ]);
  });

  it("keeps open boxes below a done task as its sub-tasks: the tick of a task says that all of it is done", () => {
    const { tasks } = readRoadmap(lines("- [x] a", "  - [x] b", "    - [ ] c", "- [ ] f", "  - [x] g", "    - [ ] h"));
    expect(tasks.map((task) => [task.title, task.done, task.subtasks.map((sub) => [sub.title, sub.done])])).toEqual([
      [
        "a",
        true,
        [
          ["b", true],
          ["c", false],
        ],
      ],
      [
        "f",
        false,
        [
          ["g", true],
          ["h", false],
        ],
      ],
    ]);
  });

  it("makes a box below a plain item a task", () => {
    expect(titles(lines("- group", "  - [ ] a", "  - [ ] b", "- [@] odd", "  - [ ] c"))).toEqual(["a", "b", "c"]);
  });

  it("strips quote markers from a quoted task's context", () => {
    const task = only("> - [ ] a", ">   one", ">", ">   - two", "> > odd");
    expect(task.description.split("\n").slice(0, 3)).toEqual(["  one", "", "  - two"]);
  });

  it("joins lines with LF and drops common indentation, also of tabs", () => {
    const task = only("- [ ] a\r", "\tone\r", "\t\ttwo\r", "\r", "\tthree\r");
    expect(task.description).toBe("one\n\ttwo\n\nthree");
  });
});

describe("phases and sections", () => {
  it.each([
    ["## Phase 1: Core", "1", "Core"],
    ["# PHASE 2.5 — Fixes", "2.5", "Fixes"],
    ["### phase A - Try", "A", "Try"],
    ["## 🚀 Phase 1: Core", "1", "Core"],
    ["## Phase 1 🚀 Core", "1", "Core"],
    ["## **Phase 1: Core**", "1", "Core"],
    ["## Phase 0", "0", ""],
    ["## Phase 3 Core", "3", "Core"],
    ["## Phase IV Core", "IV", "Core"],
    ["## Phase MVP: Core", "MVP", "Core"],
    ["## Phase é1: Core", "e1", "Core"],
    ["## Phase 一: Core", "p1", "Core"],
    ["Phase 1: Core\n---", "1", "Core"],
  ])("%s", (heading, id, name) => {
    const { phases, tasks } = readRoadmap(lines(heading, "", "- [ ] a"));
    expect(phases).toMatchObject([{ id, name }]);
    expect(tasks[0]).toMatchObject({ phase: 0, positionalId: `${id}.1` });
  });

  it.each(["## Phase Numbering", "## Phases", "## Phased rollout: x", "#### Phase 1: x", "> ## Phase 1: x"])(
    "%s is none",
    (heading) => {
      expect(readRoadmap(lines(heading, "", "- [ ] a")).phases).toEqual([]);
    },
  );

  it("ends a phase at a heading of its level, and counts tasks outside of phases through", () => {
    const text = lines(
      "- [ ] a",
      "## Phase 1: x",
      "- [ ] b",
      "### First",
      "- [ ] c",
      "#### Deeper",
      "- [ ] d",
      "### Second",
      "- [ ] e",
      "## Notes",
      "- [ ] f",
      "## Phase 2: y",
      "- [ ] g",
      "# Appendix",
      "- [ ] h",
    );
    expect(ids(text)).toEqual(["1", "1.1", "1.1.1", "1.1.2", "1.2.1", "2", "2.1", "3"]);
    expect(readRoadmap(text).tasks.map((task) => [task.phase, task.section])).toEqual([
      [null, null],
      [0, null],
      [0, "First"],
      [0, "First"],
      [0, "Second"],
      [null, "Notes"],
      [1, null],
      [null, "Appendix"],
    ]);
  });

  it("takes the section's own number where it belongs to the phase", () => {
    const text = lines(
      "## Phase 2: x",
      "### 2.3 a",
      "- [ ] a",
      "### b",
      "- [ ] b",
      "### 9.9 c",
      "- [ ] c",
      "### 2.1.1 d",
      "- [ ] d",
    );
    expect(ids(text)).toEqual(["2.3.1", "2.4.1", "2.5.1", "2.1.1.1"]);
    expect(readRoadmap(text).tasks.map((task) => task.section)).toEqual(["a", "b", "c", "d"]);
  });

  it("keeps positional ids unique", () => {
    const phase = ["## Phase 1: x", "### 1.1 a", "- [ ] a", "### 1.1 b", "- [ ] b"];
    expect(ids(lines(...phase, ...phase))).toEqual(["1.1.1", "1.1.1-2", "1.1.1-3", "1.1.1-4"]);
    expect(
      ids(lines("## Phase 1: x", "- [ ] a", "## Phase 1.1: y", "- [ ] b", "## Phase 1: z", "### q", "- [ ] c")),
    ).toEqual(["1.1", "1.1.1", "1.1.1-2"]);
  });

  it("names the top title of a document to no task", () => {
    expect(readRoadmap("# Plan\n\n- [ ] a\n\n# Other\n\n- [ ] b\n").tasks.map((task) => task.section)).toEqual([
      null,
      "Other",
    ]);
  });

  it("reads metadata in paragraphs, and only right below the heading", () => {
    const { phases } = readRoadmap(
      lines("## Phase 1: x", "", "**Goal:** one", "two", "", "- [ ] a", "", "> **Effort**: 1 d"),
    );
    expect(phases[0]).toMatchObject({ goal: "one two", effort: "" });
  });

  it.each([
    ["HIGH", "high"],
    ["critical", "critical"],
    ["HIGH | MEDIUM | LOW", "high"],
    ["🔥 **Background**", "background"],
    ["P0", "critical"],
    ["P1", "high"],
    ["P2", "medium"],
    ["P3 (later)", "low"],
    ["P4", "background"],
    ["Future", "medium"],
    ["constructor", "medium"],
  ])("priority %s", (value, priority) => {
    const { tasks } = readRoadmap(lines("## Phase 1: x", `> **Priority**: ${value}`, "", "- [ ] a"));
    expect(tasks[0]?.priority).toBe(priority);
  });

  it.each([
    ["Phase 0", [0]],
    ["Phase 0 complete, and a review", [0]],
    ["phase 00", [0]],
    ["Phases 0 and 1", [0, 1]],
    ["Phases 0, 1 & 2.5", [0, 1, 2]],
    ["Phases 0-2.5", [0, 1, 2]],
    ["Phases 0 to 1", [0, 1]],
    ["Phase 0 - Foundation", [0]],
    ["Phase 0, Phase 2.5", [0, 2]],
    ["Core Features done", [1]],
    ["`foundation`", [0]],
    ["None", []],
    ["none.", []],
    ["-", []],
    ["Nothing (first phase)", []],
    ["A signed contract", null],
    ["Phase 9", null],
    ["Phase Z", null],
  ])("prerequisite %s", (value, prerequisites) => {
    const text = lines(
      "## Phase 0: Foundation",
      "## Phase 1: Core Features",
      "## Phase 2.5: Fixes",
      "## Phase Z: Last",
      `> **Prerequisite**: ${value}`,
    );
    expect(readRoadmap(text).phases[3]?.prerequisites).toEqual(prerequisites);
  });
});

describe("priorities in headings", () => {
  it.each([
    ["High Priority", "high"],
    ["🔴 Critical", "critical"],
    ["P1 — Important", "high"],
    ["Priority: low", "low"],
    ["Low-priority bugs", "low"],
    ["Niedrige Priorität", "low"],
    ["Priorité haute", "high"],
    ["Prioridade Baixa", "low"],
    ["高优先级", "high"],
    ["優先度：低", "low"],
    ["우선순위: 높음", "high"],
    ["Высокий приоритет", "high"],
    ["Priorities", "medium"],
    ["Critical path of the release", "medium"],
    ["How we set a high or low priority", "medium"],
    ["P1x", "medium"],
  ])("of %j", (heading, priority) => {
    const { tasks } = readRoadmap(lines("# All", `## ${heading}`, "### Part", "- [ ] a", "## Other", "- [ ] b"));
    expect(tasks.map((task) => task.priority)).toEqual([priority, "medium"]);
  });

  it("give way to what a task says of itself", () => {
    const { tasks } = readRoadmap(
      lines("## Low priority", "- [ ] a", "  Priority: critical", "- [ ] [P1] b", "- [ ] c ⏫"),
    );
    expect(tasks.map((task) => task.priority)).toEqual(["critical", "high", "high"]);
  });
});

describe("key lines", () => {
  it.each([
    ["Depends on: 1.1", ["1.1"]],
    ["**Depends on**: T1, T2; T3 and T4", ["T1", "T2", "T3", "T4"]],
    ["**Depends on:** T1, and T2.", ["T1", "T2"]],
    ["_Blocked by_: `T1`", ["T1"]],
    ["DEPENDENCIES: Parse the file", ["Parse the file"]],
    ['depends: "Read, then write" and “x and y”', ["Read, then write", "x and y"]],
    ["Depends on: Phases 1, 2 and 3", ["Phase 1", "Phase 2", "Phase 3"]],
    ["Depends on: Phase 1 and T7", ["Phase 1", "T7"]],
    ["Depends on: Fetch and store", ["Fetch", "store"]],
    ["Depends on: Fetch and T7", ["Fetch", "T7"]],
    ["Depends on: T1,\n  T2", ["T1", "T2"]],
    ["Depends on: T1\n  and here goes prose", ["T1"]],
    ["Depends on:\n  - T1\n  - **T2**", ["T1", "T2"]],
    ["Depends on: T1, T1", ["T1"]],
    ["Depends on: T1 | **Effort**: 2 days | Priority: low", ["T1"]],
    ["Depends on: T1 | T2", ["T1 | T2"]],
    ["**依赖**：T1、T2，T3；T4。", ["T1", "T2", "T3", "T4"]],
    ["依存: T1（読む、書く）、別のもの", ["T1（読む、書く）", "別のもの"]],
    ["Dependências: T1 e T2", ["T1", "T2"]],
    ["Abhängig von: Lesen und Schreiben", ["Lesen und Schreiben"]],
    ["의존성: T1", ["T1"]],
    ["Depends on: (if any)", []],
    ["Depends on: none", []],
    ["Depends on: -", []],
    ["Depends on: N/A", []],
    ["Depends on:", null],
    ["It depends on: weather", null],
  ])("%s", (text, dependsOn) => {
    expect(only("- [ ] a", `  ${text}`, "", "- plain").dependsOn).toEqual(dependsOn);
  });

  it("keeps a known title with an and in it together", () => {
    const { tasks } = readRoadmap(lines("- [ ] Fetch and store", "- [ ] b", "  Depends on: fetch and store, c and d"));
    expect(tasks[1]?.dependsOn).toEqual(["fetch and store", "c", "d"]);
  });

  it.each([
    ["a value", ["  Acceptance: it `works`"], ["it works"]],
    ["a value over two lines", ["  Done when: it", "  works"], ["it works"]],
    ["a list", ["  **Acceptance criteria**:", "  - one", "    more", "  - two"], ["one more", "two"]],
    ["a list behind a blank line", ["", "  Acceptance:", "", "  1. one", "  2. two"], ["one", "two"]],
    ["boxes", ["  Acceptance:", "  - [ ] one", "    - [x] deeper", "  - two"], ["one", "deeper", "two"]],
    ["a nested item", ["  - Acceptance:", "    - [ ] one", "    - two"], ["one", "two"]],
  ])("reads acceptance from %s", (_, context, acceptance) => {
    expect(only("- [ ] a", ...context)).toMatchObject({ acceptance, subtasks: [] });
  });

  it("goes on with sub-tasks behind an acceptance list", () => {
    const task = only("- [ ] a", "  - [ ] s", "", "  Acceptance:", "  - [ ] one", "", "  Also:", "  - [ ] t");
    expect(task.acceptance).toEqual(["one"]);
    expect(task.subtasks.map((sub) => sub.title)).toEqual(["s", "t"]);
  });

  it("reads priority, agent and files of a task, from paragraphs, quotes and nested items", () => {
    const task = only(
      "- [ ] a",
      "  Priority: low",
      "  - **Agent**: `claude`",
      "  - Files: `a.ts`, `b.ts`",
      "",
      "  > Depends on: x",
    );
    expect(task).toMatchObject({ priority: "low", agent: "claude", files: ["a.ts", "b.ts"], dependsOn: ["x"] });
  });

  it("does not read keys in code, in comments, in the title or in a sub-task", () => {
    const task = only(
      "- [ ] Depends on: a",
      "  ```",
      "  Depends on: b",
      "  ```",
      "  <!-- Depends on: c -->",
      "  - [ ] s",
      "    Depends on: d",
    );
    expect(task.dependsOn).toBeNull();
  });

  it("applies a section's files until others are named, and a task's own to it alone", () => {
    const text = lines(
      "## Phase 1: x",
      "**Files**: `phase.ts`",
      "- [ ] a",
      "### 1.1 s",
      "- [ ] b",
      "",
      "**Files**: `one.ts`, `./two.ts`, `one.ts`",
      "",
      "- [ ] c",
      "- [ ] d",
      "  File: `own.ts`",
      "- [ ] e",
      "",
      "Files:",
      "- `three.ts`",
      "- src/four.ts",
      "",
      "Now:",
      "- [ ] f",
      "### 1.2 t",
      "- [ ] g",
    );
    expect(readRoadmap(text).tasks.map((task) => task.files)).toEqual([
      ["phase.ts"],
      [],
      ["one.ts", "two.ts"],
      ["own.ts"],
      ["one.ts", "two.ts"],
      ["three.ts", "src/four.ts"],
      [],
    ]);
  });

  it("takes bare words for files only where they look like paths", () => {
    expect(only("- [ ] a", "  Files: src/a.ts, README.md (top), various").files).toEqual(["src/a.ts", "README.md"]);
    expect(only("- [ ] a", "  Files: all of them, e.g. the big one").files).toEqual([]);
    expect(only("- [ ] a", "  Files: `src/a.ts:12-40`, `b.ts:7`, `c.ts#L3-L9`, `d:e`").files).toEqual([
      "src/a.ts",
      "b.ts",
      "c.ts",
      "d:e",
    ]);
    expect(only("- [ ] a", "  Files: Makefile, src/a.ts:3, Profile").files).toEqual(["Makefile", "src/a.ts"]);
  });
});
