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

const span = { lines: { type: "array", items: { type: "integer" } } } as const;

/** JSON Schema of an answer. All is required and nothing else allowed, as endpoints that hold to a schema want it. */
export const answerSchema = schemaOf(task);

/** The same, with the lines of the source that each task stands in. */
export const restSchema = schemaOf({ ...task, ...span });

function schemaOf(properties: Readonly<Record<string, object>>): object {
  const items = { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
  return {
    type: "object",
    properties: { tasks: { type: "array", items } },
    required: ["tasks"],
    additionalProperties: false,
  };
}
