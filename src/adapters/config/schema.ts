import { z } from "zod";
import { parseDuration } from "../../std/text.ts";

/** The shape of nightcrew.yaml. Strict: a misspelt key is an error, not a default. */

const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = parseDuration(String(value));
  if (ms === null || ms <= 0) {
    context.addIssue({ code: "custom", message: `not a duration: ${JSON.stringify(value)}; write 90s, 10m, 1h30m` });
    return z.NEVER;
  }
  return ms;
});

const agentName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, dashes and underscores only");

const agent = z.strictObject({
  driver: z.literal("command"),
  /** Program and arguments; run without a shell. */
  command: z.array(z.string()).min(1),
  /** Names of environment variables to hand on. */
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "not a variable name")).default([]),
  limits: z
    .strictObject({ firstOutput: duration.optional(), silence: duration.optional(), total: duration.optional() })
    .default({}),
});

const check = z.strictObject({
  name: z.string().min(1).max(80).optional(),
  /** A line for the shell. */
  run: z.string().min(1),
  timeout: duration.optional(),
  kind: z.enum(["test", "command"]).optional(),
});

export const configSchema = z.strictObject({
  target: z.string().min(1).optional(),
  workers: z.int().min(1).max(64).optional(),
  attempts: z.int().min(1).max(10).optional(),
  sync: z.enum(["landing", "request", "none"]).optional(),
  /** Agent of tasks that name none. */
  agent: agentName.optional(),
  agents: z.record(agentName, agent).default({}),
  gate: z.strictObject({ checks: z.array(check).min(1) }).optional(),
});

export type Config = z.infer<typeof configSchema>;
