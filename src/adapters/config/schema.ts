import { groupings } from "../../domain/plan.ts";
import { z } from "zod";
import { collisionModes } from "../../domain/collisions/collision-mode.ts";
import { driverNames } from "../../domain/agent.ts";
import { leaseName, leaseNameText } from "../../domain/lease.ts";
import { policyLevels, ruleNames } from "../../domain/diff-policy/rules.ts";
import { predictions } from "../../domain/foreseen.ts";
import { histories, strategies } from "../../domain/queue/strategy.ts";
import { conflictPolicies } from "../../domain/run.ts";
import { parseBytes, parseDuration } from "../../std/text.ts";

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

const words = z.array(z.string().min(1)).default([]);
const usd = z.number().min(0).max(1_000_000);
/** USD for a million tokens. */
const tokens = z.strictObject({ input: usd, output: usd, cached: usd.optional() });

const endpoint = z.url({ protocol: /^https?$/, error: "not an http or https URL" });

const host = z
  .string()
  .regex(/^(?:\*\.)?[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/, "not a host, *.host or host:port");

const leases = z.array(z.string().regex(leaseName, leaseNameText)).max(20).optional();

/** A model's name, or the beginning of one: `*` only stands for what is behind it. */
const modelPattern = /^(?:[^\s*]{1,200}\*?|\*)$/;

const ownPrices = z.record(z.string(), tokens).superRefine((prices, context) => {
  for (const name of Object.keys(prices).filter((key) => !modelPattern.test(key))) {
    const message = "not the name of a model, or the beginning of one with * behind it";
    context.addIssue({ code: "custom", path: [name], message });
  }
});

const agent = z.strictObject({
  /** Where it is left out: the agent's own name where that is a driver's, else `command`. */
  driver: z.enum(driverNames).optional(),
  /** Program and arguments; run without a shell. */
  command: z.array(z.string()).min(1).optional(),
  /** Behind those that the driver gives. */
  args: z.array(z.string()).default([]),
  model: z.string().min(1).optional(),
  /** Base URL of the model's endpoint. */
  endpoint: endpoint.optional(),
  /** Names of environment variables to hand on. */
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "not a variable name")).default([]),
  limits: z
    .strictObject({
      firstOutput: duration.optional(),
      silence: duration.optional(),
      total: duration.optional(),
      turns: z.int().min(1).optional(),
      repeats: z.int().min(2).optional(),
    })
    .default({}),
  capabilities: words,
  /** Path patterns that it may change. */
  files: words,
  /** Named leases that it holds while it works. */
  leases,
  maxConcurrent: z.int().min(1).max(64).optional(),
  backups: z.array(agentName).default([]),
  /** The account whose quota it uses. */
  provider: z.string().min(1).optional(),
  cost: z.strictObject({ perAttempt: usd.optional(), tokens: tokens.optional() }).default({}),
  hosts: z.array(host).default([]),
  permissions: z.enum(["allow", "deny", "ask"]).optional(),
  /** Of driver `command`: it reads lines on its stdin while it works. */
  converses: z.boolean().optional(),
});

const cap = z.union([usd, z.literal("none").transform(() => null)]).optional();

const check = z
  .strictObject({
    name: z.string().min(1).max(80).optional(),
    /** A line for the shell. */
    run: z.string().min(1).optional(),
    timeout: duration.optional(),
    kind: z.enum(["test", "command", "agent"]).optional(),
    /** Who verifies; the agent of tasks that name none where it is left out. */
    agent: agentName.optional(),
    /** What it is told besides. */
    prompt: z.string().min(1).max(20_000).optional(),
    /** Files of its tests, in the work tree. */
    junit: z
      .string()
      .max(300)
      .regex(/^(?!\/)(?!(?:.*\/)?\.\.?(?:\/|$))[^\0\\]+[^/]$/, "not a path in the work tree, such as reports/*.xml")
      .optional(),
    /** Run and told of, but what it says does not count. */
    quarantined: z.boolean().optional(),
    /** Named leases that it holds while it runs. */
    leases,
  })
  .refine(({ kind, run }) => (kind === "agent") === (run === undefined), {
    path: ["run"],
    error: "a check has either a command to run, or `kind: agent`",
  })
  .refine(({ kind, agent: who, prompt }) => kind === "agent" || (who === undefined && prompt === undefined), {
    path: ["kind"],
    error: "`agent` and `prompt` are for `kind: agent`",
  })
  .refine(({ kind, junit }) => kind !== "agent" || junit === undefined, {
    path: ["junit"],
    error: "an agent writes no JUnit files that count",
  });

const size = z.string().transform((value, context) => {
  const bytes = parseBytes(value);
  if (bytes !== null && bytes >= minMemoryBytes) return bytes;
  context.addIssue({ code: "custom", message: `not a size from 64m on: ${JSON.stringify(value)}; write 512m, 4g` });
  return z.NEVER;
});

/** Less starts no runtime. */
const minMemoryBytes = 64 * 1024 ** 2;

const gate = z
  .strictObject({
    checks: z
      .array(check)
      .min(1)
      .refine(
        (checks) => checks.some(({ quarantined }) => quarantined !== true),
        "all are quarantined: nothing would be checked",
      )
      .optional(),
    /** The checks side by side, instead of in order. */
    parallel: z.boolean().optional(),
    /** What all processes of a check may use together, in a sandbox. */
    limits: z
      .strictObject({ memory: size.optional(), processes: z.int().min(16).max(1_000_000).optional() })
      .default({}),
    /** What is done about checks that fail: how often they are run again at most. */
    flaky: z.strictObject({ reruns: z.int().min(0).max(5).optional() }).default({}),
  })
  .refine(({ checks, parallel }) => parallel !== true || checks !== undefined, {
    path: ["parallel"],
    error: "name the checks: those that are detected have to run in order",
  })
  .refine(({ checks = [], parallel }) => parallel !== true || checks.every(({ kind }) => kind !== "agent"), {
    path: ["parallel"],
    error: "an agent that verifies needs the workspace for itself: leave `parallel` out",
  });

const bytes = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = parseBytes(String(value));
  if (parsed === null || parsed <= 0) {
    context.addIssue({ code: "custom", message: `not a size: ${JSON.stringify(value)}; write 500kB, 5MB` });
    return z.NEVER;
  }
  return parsed;
});

/** A level alone stands for a setting with it. Not a union: of that an error could not say what is wrong. */
const rule = z.preprocess(
  (value) => (typeof value === "string" ? { level: value } : value),
  z.strictObject({ level: z.enum(policyLevels).optional(), except: words.optional() }),
);

const treePath = z
  .string()
  .max(300)
  .regex(/^(?!\/)(?!(?:.*\/)?\.\.?(?:\/|$))[^\0\\]+$/, "not a path in the work tree, such as node_modules");

/** What is installed beforehand, once for the same lock files. */
const setup = z.strictObject({
  /** A line for the shell. */
  run: z.string().min(1),
  /** Files that decide what comes of it. */
  key: z.array(treePath).min(1).max(100).optional(),
  /** Folders of it that are kept. */
  keep: z.array(treePath).min(1).max(100).optional(),
  timeout: duration.optional(),
  /** Of what is kept for one repository. */
  limits: z.strictObject({ sets: z.int().min(1).max(1_000).optional(), bytes: bytes.optional() }).default({}),
});

const rulesOff = Object.fromEntries(ruleNames.map((name) => [name, "off"]));

/** What agents' work must not do. */
const policySettings = z.strictObject({
  rules: z.partialRecord(z.enum(ruleNames), rule).default({}),
  limits: z
    .strictObject({
      file: bytes.optional(),
      lines: z.int().min(1).optional(),
      files: z.int().min(1).optional(),
    })
    .default({}),
});

const policy = z.preprocess((value) => (value === "off" ? { rules: rulesOff } : value), policySettings);

/** How words become a plan; `off`: they are titles, and no model is asked. */
const planning = z.preprocess(
  (value) => (value === "off" ? { off: true } : value),
  z
    .strictObject({
      off: z.boolean().default(false),
      model: z.string().min(1).max(200).optional(),
      /** Base URL of the model's endpoint. */
      endpoint: endpoint.optional(),
      protocol: z.enum(["openai", "anthropic"]).optional(),
      /** The agent that is asked, without working, instead of an endpoint. */
      agent: agentName.optional(),
      /** Name of the variable that holds its key. */
      apiKeyEnv: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "not a variable name")
        .optional(),
      /** For one question to a model. */
      timeout: duration.optional(),
    })
    .refine(({ agent: who, endpoint: url }) => who === undefined || url === undefined, {
      path: ["agent"],
      error: "name an agent or an endpoint",
    })
    .refine(({ endpoint: url, protocol }) => url !== undefined || protocol === undefined, {
      path: ["protocol"],
      error: "`protocol` is for an `endpoint`",
    }),
);

const branchName = z.string().min(1).max(200);

const settings = z.strictObject({
  target: branchName.optional(),
  /** Runs land on a branch of their own, which is promoted to the main one by command. */
  staging: z.strictObject({ branch: branchName.optional(), main: branchName.optional() }).optional(),
  /** Name of a remote to which what lands is pushed. */
  remote: z.string().min(1).max(200).optional(),
  workers: z.int().min(1).max(64).optional(),
  attempts: z.int().min(1).max(10).optional(),
  sync: z.enum(["landing", "request", "none"]).optional(),
  /** Agent of tasks that name none. */
  agent: agentName.optional(),
  agents: z.record(agentName, agent).default({}),
  planning: planning.default({ off: false }),
  /** Most that may be spent, in USD; `none`: no cap. */
  budget: z.strictObject({ attempt: cap, task: cap, run: cap, day: cap }).default({}),
  /** What models cost, whoever uses them. */
  prices: ownPrices.optional(),
  /** What agents and checks may reach besides what each agent needs. */
  sandbox: z
    .strictObject({ hosts: z.array(host).default([]), readable: z.array(z.string().min(1)).default([]) })
    .default({
      hosts: [],
      readable: [],
    }),
  /** What becomes of a change that conflicts with what landed meanwhile. */
  onConflict: z.enum(conflictPolicies).optional(),
  /** What is done about tasks of one plan that may change the same files. */
  collisions: z.enum(collisionModes).optional(),
  /** What is done about conflicts that are seen while agents still work. */
  conflicts: z.strictObject({ predict: z.enum(predictions).optional() }).default({}),
  /** Files that their tool makes anew where a change and the target both changed them. */
  lockFiles: z
    .array(z.strictObject({ path: treePath, run: z.string().min(1), timeout: duration.optional() }))
    .max(50)
    .default([]),
  /** Where issues come from. `retries`: how often one is opened again when its task failed. */
  trackers: z
    .strictObject({
      retries: z.int().min(0).max(1_000).optional(),
      /** `authors`: logins whose issues count; those who belong to the repository where it is left out. */
      github: z
        .strictObject({
          authors: z.array(z.string().min(1).max(200)).max(1_000).optional(),
          /** On which cards are moved to In Progress and Done. */
          board: z
            .string()
            .max(500)
            .regex(/^https:\/\/[\w.-]+\/(?:orgs|users)\/[\w.-]+\/projects\/\d+$/, "not https://…/orgs/NAME/projects/1")
            .optional(),
        })
        .default({}),
    })
    .default({ github: {} }),
  /** What is done when an agent's provider takes no more work, or is out of order: wait for it, or fail the attempt. */
  onLimit: z.enum(["wait", "fail"]).optional(),
  /** What the target must pass after each landing. */
  validate: z
    .strictObject({
      run: z.string().min(1),
      timeout: duration.optional(),
      kind: z.enum(["test", "command"]).optional(),
      /** False: what breaks it is told, and not taken back. */
      rollback: z.boolean().optional(),
    })
    .optional(),
  /** Small tasks that one agent does together. */
  grouping: z.strictObject({ by: z.enum(groupings).optional(), most: z.int().min(2).max(20).optional() }).default({}),
  /** How changes that are ready come into the target. */
  queue: z
    .strictObject({
      history: z.enum(histories).optional(),
      /** Gates that may run side by side. */
      slots: z.int().min(1).max(16).optional(),
      strategy: z.enum(["auto", ...strategies]).optional(),
    })
    .default({}),
  gate: gate.optional(),
  setup: setup.optional(),
  /** What workspaces of agents and checks have of the tree. */
  workspace: z.strictObject({ sparse: z.array(treePath).min(1).max(1_000).optional() }).default({}),
  /** `off`: agents' work is not looked at. */
  policy: policy.optional(),
});

export const configSchema = settings.refine(({ target, staging }) => target === undefined || staging === undefined, {
  path: ["target"],
  error: "with `staging:` runs land on its branch: name one of the two",
});

export type Config = z.infer<typeof configSchema>;
