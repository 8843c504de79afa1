import { z } from "zod";
import { ruleNames } from "../../domain/diff-policy/rules.ts";
import { trackerKinds } from "../../domain/issue.ts";
import { markKinds, priorities, taskTypes } from "../../domain/plan.ts";

/** YAML reads `1.10` as a number, and writes it back as 1.1. */
const idText = z.string({ error: "put it in quotes" }).min(1).max(500);
// No less than a roadmap may have: what is written down has to be read again.
const line = z.string().trim().min(1).max(4_000);
const text = z.string().max(1_000_000);
const path = z.string().min(1).max(4_000);
const mostItems = 20_000;

const mark = z
  .strictObject({
    path: path.describe("Its file, relative to the plan file"),
    kind: z.enum(markKinds).optional().describe("box where it is left out"),
    label: z.string().max(4_000).describe("Text of its line, without it"),
    ordinal: z.int().min(0).describe("Which one of the marks of its kind with this text, from 0"),
    of: z.int().min(1).optional().describe("How many of them there were, where that is more than one"),
    under: z
      .string()
      .max(4_000)
      .optional()
      .describe("The heading above it, which tells them apart when one was put in"),
    line: z.int().min(1).describe("Where it was, for people"),
    open: z.string().max(200).optional().describe("What stood there before it was ticked, where that is no blank"),
  })
  .describe("What of a roadmap is ticked when the task lands: a box, or another mark");

const issue = z
  .strictObject({
    tracker: z.enum(trackerKinds),
    place: z
      .string()
      .regex(/^[\w-][\w.-]{0,99}\/(?!\.\.?$)[\w.-]{1,100}$/, "not owner/name")
      .optional()
      .describe("Of github: owner/name"),
    id: z.string().regex(/^[^\p{C}]{1,200}$/u, { error: "not the id of an issue; put numbers in quotes" }),
  })
  .describe("The issue that is claimed before work begins, and closed when the task lands");

const task = z.strictObject({
  id: idText.optional().describe("Short and unique; by its place where it is left out"),
  title: line,
  description: text.optional().describe("What the agent is told, besides the title"),
  type: z.enum(taskTypes).optional().describe("code-generation where it is left out"),
  priority: z.enum(priorities).optional().describe("medium where it is left out"),
  phase: line.optional(),
  section: line.optional(),
  dependsOn: z.array(idText).max(mostItems).optional().describe("Ids of tasks that must have landed first"),
  estimateMinutes: z.number().min(0).max(100_000).optional().describe("A guess of the working time of one agent"),
  files: z
    .array(path)
    .max(mostItems)
    .optional()
    .describe("What it is likely to touch, relative to the repository's root"),
  filesGuessed: z.literal(true).optional().describe("A model expects those files: one that is missing is no fault"),
  acceptance: z.array(text).max(mostItems).optional().describe("How one sees that it is done"),
  subtasks: z
    .array(z.strictObject({ title: line, done: z.boolean().optional() }))
    .max(mostItems)
    .optional(),
  agent: line.optional(),
  capabilities: z.array(line).max(mostItems).optional().describe("What its agent must be good at"),
  allow: z.array(z.enum(ruleNames)).max(ruleNames.length).optional().describe("Rules of the diff policy it may break"),
  mark: mark.optional(),
  issue: issue.optional(),
});

/** A plan as a file: what `nightcrew plan -o plan.yaml` writes, and a person may edit. */
export const planFileSchema = z.strictObject({
  version: z.literal(1),
  tasks: z.array(task).max(mostItems),
});

export type PlanFile = z.infer<typeof planFileSchema>;
export type PlanFileTask = PlanFile["tasks"][number];

/** For messages about misspelt names. */
export function planFileKeys(at: readonly string[]): readonly string[] {
  if (at.length === 0) return Object.keys(planFileSchema.shape);
  return at.length === 2 && at[0] === "tasks" ? Object.keys(task.shape) : [];
}
