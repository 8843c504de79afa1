import { collisionsOf } from "../../src/domain/collisions/collisions.ts";
import { estimatePlan, type PastWork } from "../../src/domain/estimate.ts";
import { findCycle } from "../../src/domain/graph.ts";
import type { PlannedTask } from "../../src/domain/plan.ts";
import { checkPlan } from "../../src/domain/plan-check.ts";

/**
 * Checks and estimates a plan as large as told. Each task waits for two earlier ones, and names two files that others name,
 * too. Prints one JSON object of medians, milliseconds.
 * Usage: node check.cjs TASKS
 */
const rounds = 5;
const filesOfAll = 700;
const lists = { acceptance: ["it works"], subtasks: [], capabilities: [], allow: [] };
const plain = { description: "", priority: "medium", phase: null, section: null, agent: null, box: null } as const;

function planOf(count: number): PlannedTask[] {
  const name = (index: number): string => `src/part-${index % filesOfAll}.ts`;
  return Array.from({ length: count }, (_, index) => ({
    id: `t${index}`,
    title: `Task ${index}`,
    ...lists,
    ...plain,
    type: "code-generation",
    files: [name(index), name(index * 7)],
    dependsOn: index < 50 ? [] : [`t${index - 17}`, `t${index - 50}`],
  }));
}

const past = Array.from({ length: 500 }, (_, index): PastWork => {
  const times = { workMs: 60_000 + index * 100, landMs: 5_000, costUsd: index / 100 };
  return { type: "code-generation", size: "medium", agent: "a", ...times };
});

function medianOf(work: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[rounds >> 1] ?? 0;
}

const tasks = planOf(Number(process.argv[2]));
const paths = new Set(Array.from({ length: filesOfAll / 2 }, (_, index) => `src/part-${index}.ts`));
const checkMs = medianOf(() => {
  if (findCycle(tasks) !== null) throw new Error("the plan has a circle");
  checkPlan(tasks, { paths, kindOf: () => "plan-file" });
});
const { shares } = collisionsOf(tasks, [...paths], "declared");
const estimateMs = medianOf(() => void estimatePlan(tasks, { workers: 4, defaultAgent: "a", shares }, past));
const copyMs = medianOf(() => void JSON.parse(JSON.stringify(tasks)));
process.stdout.write(`${JSON.stringify({ checkMs, estimateMs, copyMs })}\n`);
