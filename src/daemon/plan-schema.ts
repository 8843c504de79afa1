import { z } from "zod";
import type { PlanSchemaView } from "../api/views.ts";
import { planFileSchema } from "../adapters/sources/plan-file-schema.ts";

/** For editors, which tell of a wrong name while it is typed. */
export function planSchema(): PlanSchemaView {
  return { version: 1, schema: { title: "A plan of nightcrew", ...z.toJSONSchema(planFileSchema) } };
}
