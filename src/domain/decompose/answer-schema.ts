import { priorities, taskTypes } from "../plan.ts";

const text = { type: "string" } as const;
const texts = { type: "array", items: text } as const;

const task = {
  id: text,
  title: text,
  description: text,
  type: { type: "string", enum: taskTypes },
  priority: { type: "string", enum: priorities },
  dependencies: texts,
  estimatedTime: { type: "integer" },
  acceptanceCriteria: texts,
  files: texts,
  capabilities: texts,
} as const;

/** JSON Schema of an answer. All is required and nothing else allowed, as endpoints that hold to a schema want it. */
export const answerSchema = {
  type: "object",
  properties: {
    tasks: {
      type: "array",
      items: { type: "object", properties: task, required: Object.keys(task), additionalProperties: false },
    },
  },
  required: ["tasks"],
  additionalProperties: false,
} as const;
