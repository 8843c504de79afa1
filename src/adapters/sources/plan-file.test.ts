import { describe, expect, it } from "vitest";
import { assemblePlan } from "../../domain/assemble.ts";
import type { PlannedTask } from "../../domain/plan.ts";
import type { RoadmapReading } from "../../domain/roadmap.ts";
import { readRoadmap } from "./markdown.ts";
import { planFileText, readPlanFile } from "./plan-file.ts";

function planned(kind: "roadmap" | "plan-file", reading: RoadmapReading): readonly PlannedTask[] {
  const assembled = assemblePlan([{ kind, name: "R.md", path: "R.md", reading }]);
  expect(assembled).toMatchObject({ ok: true });
  return assembled.ok ? assembled.plan.tasks : [];
}

const words = "word ".repeat(200).trim();
const many = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join("");

describe("a plan that is written down", () => {
  it.each([
    ["a long title, phase and sub-task", `## Phase 1: ${words}\n- [ ] ${words}\n  - [ ] ${words}\n`],
    ["a long section and agent", `## ${words}\n- [ ] a\n  Agent: ${words}\n`],
    [
      "many criteria and sub-tasks",
      `- [ ] a\n  Acceptance:\n${many(300, () => "  - x\n")}\n${many(1_500, () => "  - [ ] s\n")}`,
    ],
    [
      "many files and capabilities",
      `- [ ] a\n  Files: ${many(1_200, (at) => `\`f${at}\`, `)}\n  Capabilities: ${many(80, (at) => `c${at}, `)}`,
    ],
    ["a path that is none", `- [ ] a\n  Files: \`${"x".repeat(5_000)}\`, \`b.ts\`\n`],
    ["a long text", `- [ ] a\n${"  some text here\n".repeat(8_000)}`],
    [
      "words that YAML takes for something else",
      "- [ ] yes\n- [ ] 1.10\n- [ ] ~\n- [ ] a: b # c\n  - *x* &y !z %q @w `v\n  ---\n",
    ],
    ["the same words below several headings", "## A\n- [ ] a\n- [~] a\n## B\n- [ ] a\r\n  more\r\n"],
  ])("is read again as it was: %s", async (_, text) => {
    const before = planned("roadmap", readRoadmap(text));
    for (const format of ["yaml", "json"] as const) {
      const read = await readPlanFile(await planFileText(before, format, (path) => path));
      expect(read.ok ? null : read.fault).toBeNull();
      const stated = before.map(({ sure: _sure, ...task }) => task);
      if (read.ok) expect(planned("plan-file", read.reading)).toEqual(stated);
    }
  });
});
