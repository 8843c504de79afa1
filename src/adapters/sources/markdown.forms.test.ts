import { describe, expect, it } from "vitest";
import type { DraftTask, RoadmapReading } from "../../domain/roadmap.ts";
import { countBoxes, readRoadmap } from "./markdown.ts";

function read(...text: string[]): RoadmapReading {
  return readRoadmap(`${text.join("\n")}\n`);
}

/** `title`, and what is said of it where it is not simply open and stated. */
function told({ title, done, left, sure }: DraftTask): string {
  const state = done ? ["done"] : left === null ? [] : [left];
  return [title, ...state, ...(sure === "stated" ? [] : [sure])].join(": ");
}

function tasks(...text: string[]): string[] {
  return read(...text).tasks.map(told);
}

/** What stands in place of each mark, and what would when its task is done. */
function ticks(...text: string[]): string[] {
  return read(...text).marks.map(({ text: now, done }) => `${now} → ${done}`);
}

function unread(...text: string[]): string[] {
  return read(...text).unread.map(({ from, to, reason }) => `${from}-${to} ${reason}`);
}

describe("markers between brackets", () => {
  const text = [
    "- [x] a",
    "- [~] b",
    "- [/] c",
    "- [-] d",
    "- [>] e",
    "- [!] f",
    "- [?] g",
    "- [*] h",
    "1. [ ] i",
    "2. [~] j",
  ];

  it("say whether their task is to be done, and are not counted as boxes", () => {
    expect(tasks(...text)).toEqual([
      "a: done",
      "b",
      "c",
      "d: dropped",
      "e: held",
      "f: guess",
      "g: held: likely",
      "h: likely",
      "i",
      "j",
    ]);
    expect(read(...text).form).toBe("boxes");
    expect(countBoxes(read(...text))).toEqual({ open: 1, done: 1 });
  });

  it("mean what the document says of them", () => {
    const legend = ["| Marker | Meaning |", "|---|---|", "| `[!]` | Blocked |", "| `[o]` | Done - with tests |", ""];
    expect(tasks(...legend, "- [!] a", "- [o] b")).toEqual(["a: held", "b: done"]);
  });

  it("become an x, as a box does", () => expect(ticks("- [~] a", "- [ ] b")).toEqual(["~ → x", "  → x"]));

  it("make sub-tasks of the boxes below them", () => {
    expect(read("- [~] a", "  - [x] b", "  - [ ] c").tasks.map(({ subtasks }) => subtasks)).toEqual([
      [
        { title: "b", done: true },
        { title: "c", done: false },
      ],
    ]);
  });
});

describe("emoji", () => {
  const document = [
    "# Roadmap",
    "## Phase 1: Base",
    "- ✅ Set up",
    "- 🚧 **Sign in** with sessions",
    "  More of it.",
    "  **Depends on**: Set up",
    "  - ⬜ a form",
    "- 📋 Search",
    "## Phase 2: More",
    "1. ☐ Export",
    "- ⏸ Import",
    "- 🚫 Fax",
  ];

  it("in front of items are marks, with everything else an item can have", () => {
    const { form, tasks: all, phases } = read(...document);
    expect([form, phases.map(({ name }) => name)]).toEqual(["emoji", ["Base", "More"]]);
    expect(all.map(told)).toEqual([
      "Set up: done",
      "Sign in with sessions",
      "Search: likely",
      "Export",
      "Import: held",
      "Fax: dropped",
    ]);
    expect(all.map(({ positionalId }) => positionalId)).toEqual(["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]);
    expect(all[1]).toMatchObject({ dependsOn: ["Set up"], subtasks: [{ title: "a form", done: false }] });
    expect(all[1]?.description).toContain("More of it.");
  });

  it.each([
    ["- 🚧 a", "🚧 → ✅"],
    ["- ☐ a", "☐ → ☑"],
    ["- ⬜️ a", "⬜️ → ✅"],
    ["- **🚧 a**", "🚧 → ✅"],
    ["- a 🚧", "🚧 → ✅"],
    ["- a (🚧)", "🚧 → ✅"],
    ["- a — 🚧 In progress", "🚧 In progress → ✅ Done"],
    ["- a **⬜ TODO**", "⬜ TODO → ✅ DONE"],
    ["- 🚧 In progress: a", "🚧 In progress → ✅ Done"],
    ["- a 🚧 en cours", "🚧 en cours → ✅ fait"],
    ["- [🚧] a", null],
    ["- a 🚧 b", null],
  ])("%s", (line, tick) => {
    expect(ticks("## Section", line)).toEqual(tick === null ? [] : [tick]);
    if (tick !== null) expect(read("## Section", line).tasks.map(({ title }) => title)).toEqual(["a"]);
  });

  it("become what the document has where something is done", () => {
    expect(ticks("- ✔️ a", "- ✔️ b", "- ✅ c", "- ⬜ d")).toContain("⬜ → ✔️");
    expect(ticks("- a ✅ COMPLETED", "- b 🚧 WIP")).toContain("🚧 WIP → ✅ COMPLETED");
  });

  it("that are ornaments as often count beside one that is none, and not beside one that is", () => {
    expect(tasks("- ✅ a", "- 📋 b")).toEqual(["a: done", "b: likely"]);
    expect(read("## About", "- 📋 a", "- 📋 b").marks).toEqual([]);
    expect(read("## About", "- ✅ a", "- 🚀 b", "- 📋 c").tasks.map(told)).toEqual(["a: done"]);
  });

  it("of a traffic light are a guess, until the document explains them", () => {
    expect(tasks("- 🟢 a", "- 🟡 b", "- 🔴 c")).toEqual(["a: done: guess", "b: guess", "c: guess"]);
    const legend = "🔴 Blocked | 🟡 Planned | 🟢 Done";
    expect(tasks(legend, "", "- 🟢 a", "- 🟡 b", "- 🔴 c")).toEqual(["a: done", "b", "c: held"]);
    expect(tasks("- 🟢 = planned", "- 🔴 done", "", "---", "", "- 🟢 a", "- 🔴 b")).toEqual(["a", "b: done"]);
  });

  it("that cross something out leave it, likely", () =>
    expect(tasks("- ❌ a", "- ✅ b")).toEqual(["a: dropped: likely", "b: done"]));

  it("with nothing but a status behind them explain themselves, and are no task", () => {
    expect(tasks("## Legend", "- ✅ Done", "- 🚧 In progress", "## Work", "- 🚧 a")).toEqual(["a"]);
  });

  it("in code, comments and quoted words are none", () => {
    const text = ["```", "- 🚧 a", "```", "<!--", "- 🚧 b", "-->", "", "## About", "- `🚧 c`", "Say 🚧"];
    expect(read(...text).marks).toEqual([]);
  });
});

describe("headings", () => {
  it("with a box or an emoji are tasks, with everything down to the next one", () => {
    const { form, tasks: all } = read(
      "# Plan",
      "## [x] Login",
      "## [ ] Export ##",
      "Write it.",
      "**Files**: `src/export.ts`",
      "### Details",
      "- comma",
      "**Priority**: high",
      "## 🚧 Import",
      "- **Depends on**: Export",
      "- rows",
      "",
      "Other (⬜)",
      "---",
    );
    expect(form).toBe("headings");
    expect(all.map(told)).toEqual(["Login: done", "Export", "Import", "Other"]);
    expect(all[1]).toMatchObject({ files: ["src/export.ts"], priority: "high" });
    expect(all[1]?.description).toBe("Write it.\n**Files**: `src/export.ts`\n### Details\n- comma\n**Priority**: high");
    expect(all[2]?.dependsOn).toEqual(["Export"]);
  });

  it("around others with marks are their sections", () => {
    const { tasks: all } = read("## 🚧 Phase 1: One", "### ✅ a", "### ⬜ b", "## ⬜ Phase 2: Two", "text");
    expect(all.map(({ title }) => title)).toEqual(["a", "b", "Phase 2: Two"]);
    expect(all.map(({ positionalId }) => positionalId)).toEqual(["1.1", "1.2", "2.1"]);
  });

  it("beside marked ones are to be done, as a guess, if several say so", () => {
    const text = [
      "# API",
      "## 1. Schemas ✅",
      "Done.",
      "## 2. Docs ✅",
      "## 3. Jobs",
      "- cron",
      "## Overview",
      "Words.",
    ];
    expect(tasks(...text)).toEqual(["1. Schemas: done", "2. Docs: done", "3. Jobs: guess"]);
    expect(read(...text).tasks[2]).toMatchObject({ mark: null, description: "- cron" });
    expect(tasks("# API", "## ✅ Schemas", "## Install", "Words.")).toEqual(["Schemas: done"]);
  });

  it("above boxes are sections, whatever they are marked with", () => {
    expect(tasks("## [ ] Login", "- [ ] form", "## ✅ Logout", "- [ ] button")).toEqual(["form", "button"]);
  });

  it("take their state from a line below them that tells it", () => {
    const text = [
      "# All\n**Status**: Done",
      "## a\n**Status**: 🚧 In Progress | **Priority**: High",
      "## b\n> **Statut :** À faire",
      "## c\n- Status: Completed",
      "## d\n状态：进行中",
      "## e\nStatus: nobody knows",
      "## f\n- **Status**: Planned / In progress (n/m) / Blocked / Done",
      "## g\nStatus: 🔵 Open | 🚧 WIP | ✅ Done",
    ];
    expect(tasks(...text)).toEqual(["a", "b", "c: done", "d"]);
    expect(ticks(...text)).toEqual([
      "🚧 In Progress → ✅ Done",
      "À faire → Completed",
      "Completed → Completed",
      "进行中 → Completed",
    ]);
  });

  it("with ornaments only are no tasks", () => {
    expect(read("## 📋 Summary", "text", "## 🚀 Launch", "## 🏗️ Architecture", "text").tasks).toEqual([]);
  });
});

describe("what a tick may not change", () => {
  it("the meaning of a sign, which is told by nothing that is a mark itself", () => {
    expect(tasks("- Login: ✅ In progress", "- ✅ Logout")).toEqual(["Login", "Logout: done"]);
    expect(tasks("## a", "**Status**: ✅ WIP", "## b", "- ✅ c")).toEqual(["a", "c: done"]);
    expect(tasks("- [o] = planned", "- [@] In progress", "", "***", "- [o] a", "- [@] b")).toEqual(["a", "b"]);
    expect(tasks("- [o] Planning", "- [~] Testing")).toEqual(["Planning: likely", "Testing"]);
    expect(tasks("- Progress: ✅ Planned, 🚧 Done", "", "***", "- ✅ a", "- 🚧 b")).toEqual(["a", "b: done"]);
  });

  it("what a sign means in a table of tasks, which does not explain it", () => {
    const of = (head: string): string[] => tasks(head, "|-|-|-|", "| 🔴 | Planned | Login |", "", "- 🔴 a");
    expect(of("| Priority | Status | Task |")).toEqual(["Login", "a: guess"]);
    expect(of("| Symbol | Meaning | Used for |")).toEqual(["a"]);
  });

  it("which pictures are statuses, where the document explains some", () => {
    expect(tasks("🟢 Done | 🟡 Planned", "", "- 🟡 a", "- 📋 b")).toEqual(["a", "b: likely"]);
  });

  it("how far the heading above is, in an item that says it", () => {
    expect(tasks("## a", "Words.", "- **Status**: 🚧 WIP", "## b", "- Progress: ✅ Done")).toEqual(["a", "b: done"]);
    expect(tasks("- **Status**: ✅ Running", "- 📋 a")).toEqual(["a: likely"]);
  });

  it("the sign of a heading, whose words stand below it", () => {
    const text = ["## a ⏸️", "**Status**: ⏸ Pending", "## b ⏸️", "Words.", "## c ✅", "**Status**: ⏸️ Pending"];
    expect(tasks(...text)).toEqual(["a", "b: held", "c: done"]);
  });

  it("words in bold, but for what they say", () => {
    const text = ["- 🔄 **In progress**: a", "- **🔄 In progress**: b", "- 🔄 **In progress:** c", "- ✅ **Done:** d"];
    expect(tasks(...text)).toEqual(["a", "b", "c", "d: done"]);
    expect(ticks(...text)).toEqual([
      "🔄 **In progress → ✅ **Done",
      "🔄 In progress → ✅ Done",
      "🔄 **In progress → ✅ **Done",
      "✅ **Done → ✅ **Done",
    ]);
  });

  it("one of two marks of an item", () => expect(ticks("- [~] Login 🚧", "- [ ] b")).toEqual(["~ → x", "  → x"]));

  it("done into a sign that stands for something else", () => {
    expect(ticks("- ✅ = planned", "", "***", "- ✅ a")).toEqual(["✅ → ✔"]);
    expect(ticks("- [✅] = planned", "", "***", "- [✅] a")).toEqual(["✅ → ✔"]);
    expect(ticks("- a — ⏳ Done", "- 📋 Planned", "", "***", "- b — 📋 Planned")).toEqual([
      "⏳ Done → ⏳ Done",
      "📋 Planned → ⏳ Done",
    ]);
    expect(ticks("- a — ⏳ Done", "## b", "Status: 📋 Planned")).toEqual(["⏳ Done → ⏳ Done", "📋 Planned → ✅ Done"]);
  });

  it("done into a light that nobody explained, but where one is beside a word, or in a column", () => {
    expect(ticks("| Task | Status |", "|-|-|", "| a | 🟢 |", "| b | 🔴 |", "", "- ☐ c")).toEqual([
      "🟢 → 🟢",
      "🔴 → 🟢",
      "☐ → ☑",
    ]);
    expect(ticks("- a — 🔴 Not started")).toEqual(["🔴 Not started → 🟢 Done"]);
    expect(ticks("## ✅ a", "## b — 🟡 In progress")).toEqual(["✅ → ✅", "🟡 In progress → ✅ Done"]);
    const column = ["| Task | Status |", "|-|-|", "| a | 🟡 In progress |", "| b | ⏳ Planned |"];
    expect(ticks(...column)).toEqual(["🟡 In progress → ✅ Done", "⏳ Planned → ✅ Done"]);
  });
});

describe("items with a line for their status", () => {
  it("are tasks, with that line as their mark; the heading above them is none", () => {
    const text = [
      "## Phase 2",
      "1. **Login**",
      "   - **Status**: ✅ Complete",
      "2. **Logout**",
      "   - Who: Ann",
      "   - **Status**: ⏳ Not started",
      "3. Export",
      "   Status: in progress",
    ];
    expect(tasks(...text)).toEqual(["Login: done", "Logout", "Export"]);
    expect(read(...text).tasks.map(({ line }) => line)).toEqual([2, 4, 7]);
    expect(ticks(...text)).toEqual(["✅ Complete → ✅ Complete", "⏳ Not started → ✅ Complete", "in progress → done"]);
    expect(tasks("## Roadmap", "- Task: Login", "- Status: ✅ Done")).toEqual(["Task: Login: guess"]);
    expect(tasks("## 🚧 Phase 2", "- Login", "  - Status: 🚧 On hold")).toEqual(["Login: held"]);
  });
});

describe("a legend", () => {
  it("in a list below its heading explains markers, too", () => {
    const list = ["- [~] In progress", "- [!] Blocked", "- Green: 🟢 Done", "- Red: 🔴 Blocked"];
    expect(tasks("## Legend", ...list, "## Work", "- [!] a", "- [ ] b", "- [~] Testing")).toEqual([
      "a: held",
      "b",
      "Testing",
    ]);
    expect(tasks("## Key features", "- Login: 🟡 Planned")).toEqual(["Login"]);
    expect(tasks("## 图例", ...list, "## Work", "- 🔴 a", "- 🟢 b")).toEqual(["a: held", "b: done"]);
  });

  it("in a table is told by its heads, and never a table of tasks", () => {
    const of = (...rows: string[]): string[] => tasks(...rows, "", "- ❌ a");
    expect(of("| Status | Description |", "|-|-|", "| ❌ | Not started (planned) |")).toEqual(["a"]);
    const work = ["| Status | Description |", "|-|-|", "| ✅ | Log in |", "| 🚧 | Next: log out |"];
    expect(tasks(...work)).toEqual(["Log in: done", "Next: log out"]);
    expect(of("| Indicator | Status | Description |", "|-|-|-|", "| ❌ | Not started | yet |")).toEqual(["a"]);
    for (const head of ["| Icon | Status | Task |", "| 图标 | 状态 | 功能 |", "| Badge | State | Feature |"])
      expect(tasks(head, "|-|-|-|", "| ✅ | Done | a |", "| 🚧 | In progress | b |")).toEqual(["a: done", "b"]);
    expect(tasks("| Icon | Feature |", "|-|-|", "| ✅ | a |", "| 🚧 | Testing - e2e |")).toEqual([
      "a: done",
      "Testing - e2e",
    ]);
  });

  it("of some pictures makes no statuses of ornaments", () => {
    expect(tasks("✅ Done | 🚧 In progress", "", "## a", "Status: 🚧 WIP", "## Links", "- 📋 [Board](x)")).toEqual([
      "a",
    ]);
  });
});

describe("names of work that are words for a status as well", () => {
  it("are titles", () => {
    expect(tasks("- ✅ Planning", "- ✅ Design", "- 🚧 Testing")).toEqual([
      "Planning: done",
      "Design: done",
      "Testing",
    ]);
    expect(tasks("- [x] **Design**", "- [~] **Testing**", "- [/] `Planning`")).toEqual([
      "Design: done",
      "Testing",
      "Planning",
    ]);
  });
});

describe("boxes for whole phases", () => {
  const phase = ["### Phase 2: Sync", "- [ ] watch files", "- [x] read them"];

  it("are an overview where the phase has open boxes of its own", () => {
    const text = [
      "## Phases",
      "- [x] **Phase 1: Base** - all",
      "- [ ] **Phase 2: Sync** - files",
      "- [ ] Phase 3: UI",
      ...phase,
    ];
    expect(tasks(...text)).toEqual(["Phase 1: Base - all: done", "Phase 3: UI", "watch files", "read them: done"]);
    expect(read(...text).unread).toMatchObject([{ reason: "overview", text: "- [ ] **Phase 2: Sync** - files" }]);
    expect(read(...text).marks).toHaveLength(5);
  });

  it.each([
    ["where they are done", ["- [ ] Phase 2: Sync", "### Phase 2: Sync", "- [x] watch files"]],
    ["where they have boxes in them", ["- [ ] Phase 2: Sync", "  - [ ] more", ...phase]],
    ["where they are called otherwise", ["- [ ] Phase 2: Rest", ...phase]],
    ["within the phase", ["## Phase 2: Sync", "- [ ] Phase 2: Sync", "- [ ] watch files"]],
  ])("are tasks %s", (_, text) => {
    expect(tasks(...text)[0]).toMatch(/^Phase 2: (?:Sync|Rest)$/);
    expect(read(...text).unread).toEqual([]);
  });
});

describe("tables", () => {
  it("with a column of statuses are tasks, a row each", () => {
    const { form, tasks: all } = read(
      "| ID | Feature | Priority | Status | Depends on | Notes |",
      "|----|:-------:|----------|--------|------------|-------|",
      "| F-1 | **Login** | high | Done | | by `a|b` \\| c |",
      "| F-2 | Export |  low | 🚧 In progress | F-1 | |",
      "| 3 | Import | P0 | **Planned** | Export | soon |",
      "| F-4 | Fax | | Cancelled | | |",
      "| F-5 | Search | | | | |",
      "| F-6 | Odd | | Perhaps | | |",
      "| F-7 |",
    );
    expect(form).toBe("table");
    expect(all.map(told)).toEqual(["Login: done", "Export", "Import", "Fax: dropped", "Search: likely"]);
    expect(all[1]).toMatchObject({ statedId: "F-2", priority: "low", dependsOn: ["F-1"] });
    expect(all[2]).toMatchObject({
      statedId: null,
      number: "3",
      priority: "critical",
      description: "**ID**: 3\n**Priority**: P0\n**Depends on**: Export\n**Notes**: soon",
    });
  });

  it.each([
    ["Status", "Done", "Open", "Open → Done"],
    ["Status", "✅ Shipped", "🚧 WIP", "🚧 WIP → ✅ Shipped"],
    ["Status", "", "Planned", "Planned → Done"],
    ["Status", "", "**planned**", "**planned** → **done**"],
    ["Status", "", "🔲", "🔲 → ✅"],
    ["Status", "Done (2024-01-02)", "Open", "Open → Done"],
    ["État", "", "En cours", "En cours → Fait"],
    ["Statut", "Terminé", "", " → Terminé"],
    ["Stand", "", "offen", "offen → erledigt"],
    ["Estado", "", "Pendiente", "Pendiente → Hecho"],
    ["Статус", "", "В работе", "В работе → Готово"],
    ["状态", "", "进行中", "进行中 → 完成"],
    ["状態", "", "未着手", "未着手 → 完了"],
    ["상태", "", "진행 중", "진행 중 → 완료"],
    ["Situação", "", "Em andamento", "Em andamento → Concluído"],
    ["Progress", "100%", "40%", "40% → 100%"],
    ["Done?", "✅", "❌", "❌ → ✅"],
    ["Ready", "[x]", "[ ]", "  → x"],
  ])("%s: %s, %s", (head, done, open, tick) => {
    const rows = [
      ...(done === "" ? [] : [`| a | ${done} |`]),
      `| b | ${open} |`,
      `| c | ${open === "" ? "En cours" : open} |`,
    ];
    const found = read(`| Task | ${head} |`, "|---|---|", ...rows);
    expect(found.tasks.filter((task) => !task.done).map(({ title }) => title)).toEqual(["b", "c"]);
    const b = found.marks.find(({ label }) => label === "b");
    expect(`${b?.text} → ${b?.done}`).toBe(tick);
  });

  it.each([
    ["without one", ["| Risk | Impact |", "|---|---|", "| Fire | High |"]],
    [
      "in which most words are none",
      ["| Item | State |", "|---|---|", "| Licence | MIT |", "| Name | open |", "| Host | x |"],
    ],
    [
      "with a sign in several columns",
      ["| Feature | v1 | v2 |", "|---|---|---|", "| a | ✅ | ❌ |", "| b | ✅ | ✅ |"],
    ],
    ["that explain signs", ["| Sign | Status |", "|---|---|", "| ✅ | Done |", "| 🚧 | In progress |"]],
  ])("%s are none", (_, text) => {
    expect(read(...text)).toMatchObject({ tasks: [], marks: [] });
  });

  it("of what stands elsewhere in the document are read there", () => {
    const text = [
      "- [ ] **Login** page",
      "",
      "## Progress",
      "| Phase | Status |",
      "|---|---|",
      "| 1. Login page | Planned |",
    ];
    expect(tasks(...text)).toEqual(["Login page"]);
    expect(unread(...text)).toEqual(["4-6 overview"]);
  });
});

describe("items without marks", () => {
  it("below headings that speak of work are tasks, as far as those say", () => {
    const text = [
      "# App",
      "## To Do",
      "- a (P1)",
      "  - detail",
      "- P0 b",
      "## In progress",
      "- c",
      "## Done",
      "- d",
      "## Blocked",
      "- e",
      "## Notes",
      "- f",
    ];
    const { form, tasks: all } = read(...text);
    expect(form).toBe("bullets");
    expect(all.map(told)).toEqual(["a (P1): likely", "b: likely", "c: likely", "d: done: likely", "e: held: likely"]);
    expect(all.map(({ mark }) => mark)).toEqual([null, null, null, null, null]);
    expect(all[1]?.priority).toBe("critical");
    expect(all[0]?.description).toBe("- detail");
  });

  it.each([
    ["en", "Next steps", "Completed"],
    ["fr", "À faire", "Terminé"],
    ["de", "Nächste Schritte", "Erledigt"],
    ["es", "Por hacer", "Completado"],
    ["ru", "Запланировано", "Готово"],
    ["zh", "待办", "已完成"],
    ["ja", "やること", "完了"],
    ["ko", "할 일", "완료"],
    ["pt", "Próximas etapas", "Concluído"],
  ])("in %s", (_, next, done) => {
    expect(tasks("# X", `## 🚀 2. ${next} (2026)`, "- a", `## ${done}`, "- b")).toEqual([
      "a: likely",
      "b: done: likely",
    ]);
  });

  it("are a guess where only the title speaks of work", () => {
    expect(tasks("# X Roadmap", "## Overview", "- a", "## v1.2", "- b", "## Q3 2026", "- c")).toEqual([
      "b: guess",
      "c: guess",
    ]);
    expect(tasks("- a", "- b")).toEqual(["a: guess", "b: guess"]);
  });

  it("say a status at their end", () => {
    const text = ["## Planned", "- a (in progress)", "- b (done)", "- c (see below)", "- ~~d~~"];
    expect(tasks(...text)).toEqual(["a: likely", "b: done: likely", "c (see below): likely", "d: dropped: likely"]);
    expect(ticks(...text)).toEqual(["in progress → done", "done → done"]);
  });

  it("are none in a document that is about something else", () => {
    expect(tasks("# A guide", "## Install", "- a", "## Testing", "- b", "## Communication plan", "- c")).toEqual([]);
  });

  it("give way to headings where there are only sentences", () => {
    const text = [
      "# X",
      "## Planned",
      "### Dark mode",
      "Use variables.",
      "### Offline",
      "Cache it.",
      "## Usage",
      "Run it.",
    ];
    expect(read(...text).form).toBe("prose");
    expect(tasks(...text)).toEqual(["Dark mode: guess", "Offline: guess"]);
  });

  it("leave out links to sections and keys", () => {
    expect(tasks("## Next", "- [a](#a)", "- **Files**: `x`", "- b")).toEqual(["b: likely"]);
  });
});

describe("what is not read", () => {
  it("is told with its lines, word for word", () => {
    const found = readRoadmap(
      "## Next\r\n\r\n- [ ] a\r\n- b\r\n  more\r\n\r\n```md\r\n- [ ] c\r\n```\r\n## Later\r\nWe might.\r\n",
    );
    expect(found.unread).toEqual([
      { from: 4, to: 5, reason: "unmarked", text: "- b\r\n  more" },
      { from: 7, to: 9, reason: "boxes-in-code", text: "```md\r\n- [ ] c\r\n```" },
      { from: 11, to: 11, reason: "prose", text: "We might." },
    ]);
  });

  it("is boxes in HTML, which goes on until a blank line; what a comment hides is nobody's business", () => {
    const folded = ["<details>", "<summary>More</summary>", "- [ ] a", "</details>", "", "<!--", "- [ ] no", "-->"];
    expect(unread(...folded, "", "- [ ] b")).toEqual(["1-4 boxes-in-code"]);
    expect(tasks("<details>", "", "- [ ] a", "", "</details>")).toEqual(["a"]);
  });

  it("is what was meant as a box and is none, rather than a task that may be done", () => {
    const odd = ["- [x]done", "- [ ]open", "- []empty", "- [ ]\u00a0space"];
    expect(tasks(...odd, "- [x](u) link", "- plain")).toEqual(["x link: guess", "plain: guess"]);
    expect(unread(...odd)).toEqual(["1-1", "2-2", "3-3", "4-4"].map((lines) => `${lines} unknown-status`));
  });

  it("is marks in a section of boxes; one of its own is read beside them", () => {
    const text = [
      "## A",
      "- [ ] a",
      "- 🚧 b",
      "",
      "| Task | Status |",
      "|---|---|",
      "| c | open |",
      "## B",
      "- 🔲 d",
      "- 📋 e",
    ];
    expect(unread(...text)).toEqual(["3-3 beside-boxes", "5-7 beside-boxes", "10-10 unknown-status"]);
    expect(read(...text).form).toBe("mixed");
    expect(tasks(...text)).toEqual(["a", "d"]);
  });

  it("is what a title alone calls work, where marks or other headings say which it is", () => {
    const text = ["# Roadmap", "Words.", "## Tier 1", "- ✅ a", "## Tier 2", "- b", "## Risks", "- c"];
    expect(unread(...text)).toEqual(["2-2 prose", "6-6 unmarked"]);
    expect(unread("# Roadmap", "## Tier 1", "- a", "## To do", "- b")).toEqual(["3-3 unmarked"]);
    expect(unread("# Roadmap", "## Tier 1", "- [ ] a", "## Tier 2", "- b")).toEqual([]);
  });

  it("is everything where nothing was found", () => {
    expect(unread("# A guide", "Words.", "## Install", "- a", "- b", "## References", "- c")).toEqual([
      "2-2 prose",
      "4-5 unmarked",
    ]);
  });
});
