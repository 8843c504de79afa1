import { z } from "zod";
import { collisionModes } from "../domain/collisions/collision-mode.ts";
import { ruleNames } from "../domain/diff-policy/rules.ts";
import { maxMessageLength } from "../domain/message.ts";
import { groupings, priorities } from "../domain/plan.ts";
import { maxRequestLength, maxTasksAsked } from "../domain/decompose/bounds.ts";
import { conflictPolicies } from "../domain/run.ts";
import { keepingRequests, type KeepingAnswers } from "./keeping-contract.ts";
import type { LandView, PromoteView, QueueView, RevertView, ValidateView } from "./queue-views.ts";
import type {
  AgentsView,
  AlertView,
  BudgetView,
  ControlView,
  DoctorView,
  DoneView,
  EventsView,
  InitView,
  LogsView,
  PlanSchemaView,
  ReconcileView,
  PlanningView,
  PlanView,
  ReportView,
  RunsView,
  ScanView,
  StatusView,
  SubmittedView,
  TasksView,
} from "./views.ts";

/** Everything a client may ask. Parameters are untrusted and parsed here; answers are the views. */

const text = z.string().min(1).max(4_000);
const cwd = z
  .string()
  .min(1)
  .max(4_096)
  .refine((path) => !path.includes("\0"), "a path has no NUL");
const variables = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .max(200),
  z.string().max(128 * 1024),
);
const runId = z.string().min(1).max(64);

export const submitRequest = z.strictObject({
  cwd,
  sources: z.array(z.string().max(maxRequestLength)).max(500),
  /** What was said on standard input, to be made into a plan. */
  request: z.string().max(maxRequestLength).optional(),
  /** Words are titles of tasks, and no model is asked to plan. */
  asTasks: z.boolean().optional(),
  /** What of roadmaps was not understood is read by a model. */
  normalise: z.boolean().optional(),
  /** The model that is asked for a plan. */
  model: z.string().min(1).max(200).optional(),
  /** Most tasks that it may make. */
  maxTasks: z.int().min(1).max(maxTasksAsked).optional(),
  /** The key of its endpoint (`planning` says which), as the client has it. Kept in memory only. */
  keys: variables.optional(),
  target: text.optional(),
  agent: text.optional(),
  workers: z.int().min(1).max(64).optional(),
  gate: text.optional(),
  /** A line for the shell: what the target must pass after each landing; `none`: what the gate said is enough. */
  validate: text.optional(),
  sync: z.enum(["landing", "request", "none"]).optional(),
  /** Name of the remote to which what lands is pushed; `none`: nowhere. */
  remote: text.optional(),
  /** By which git logs in there (`loginNames`), and trackers let one in, as the client has it. Kept in memory only. */
  login: variables.optional(),
  /** False: what is done waits until it is landed by `land`. */
  land: z.boolean().optional(),
  onConflict: z.enum(conflictPolicies).optional(),
  collisions: z.enum(collisionModes).optional(),
  /** Of a tracker that is named without an issue: how many are done, or all. */
  next: z.int().min(1).max(1_000).optional(),
  all: z.boolean().optional(),
  /** Which small tasks one agent does together. */
  group: z.enum(groupings).optional(),
  /** And which labels they must have. */
  labels: z.array(z.string().min(1).max(200)).max(20).optional(),
  /** Ends the run's id, so that asking twice starts one run; a plan shown under it is the one that is run. */
  key: z
    .string()
    .regex(/^[0-9a-f]{8}$/)
    .optional(),
  /** What agents and checks are to see of the client's environment (`isSetting`); the daemon's own where it is missing. */
  environment: variables.optional(),
  /** Where no sandbox can be had, agents and checks may run without. */
  allowUnsandboxed: z.boolean().optional(),
  /** Names of the variables that are set there: which keys there are decides which agents can be had. */
  variables: z.array(z.string().max(200)).max(5_000).optional(),
});

const cap = z.number().min(0).max(1_000_000).nullable().optional();

const priority = z.enum(priorities);
/** Rules of the diff policy. */
const allow = z.array(z.enum(ruleNames)).max(ruleNames.length);
const taskEdit = z.strictObject({
  title: z.string().trim().min(1).max(500).optional(),
  description: z.string().max(100_000).optional(),
  dependsOn: z.array(z.string().min(1).max(200)).max(1_000).optional(),
  agent: text.optional(),
  allow: allow.optional(),
});

/** What is asked of a task or a run. */
const command = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("pause") }),
  z.strictObject({ type: z.literal("interrupt") }),
  z.strictObject({ type: z.literal("resume") }),
  z.strictObject({ type: z.literal("cancel") }),
  z.strictObject({ type: z.literal("retry"), allow: allow.optional() }),
  z.strictObject({ type: z.literal("prioritize"), priority }),
  z.strictObject({ type: z.literal("edit"), edit: taskEdit }),
  /** To a task. `id` is the client's: sent again it is said once. */
  z.strictObject({
    type: z.literal("message"),
    id: z.string().regex(/^[0-9a-f]{8,32}$/),
    text: z
      .string()
      .max(maxMessageLength)
      .refine((said) => said.trim() !== "", "nothing is said"),
  }),
  /** Caps in USD; null: none; those left out stay. */
  z.strictObject({
    type: z.literal("budget"),
    caps: z.strictObject({ attemptUsd: cap, taskUsd: cap, runUsd: cap, dayUsd: cap }),
  }),
]);

/** Of whom asks: where, the settings there (`isSetting`), and the names of all variables that are set there. */
const terminal = {
  cwd,
  environment: variables.optional(),
  variables: z.array(z.string().max(200)).max(5_000).optional(),
};
const agentNames = z.array(z.string().min(1).max(200)).max(100).optional();

export const requests = {
  /** `fileAt`: where the answer's `file` will be, as an absolute path; `diff`: with a plan file, else with the last run of the same sources. */
  plan: submitRequest.extend({ fileAt: cwd.optional(), diff: z.strictObject({ to: text.optional() }).optional() }),
  planSchema: z.strictObject({}),
  planning: z.strictObject({ ...terminal, model: z.string().min(1).max(200).optional() }),
  /** `secrets`: of the names the plan lists, those the client has. Kept in memory only. */
  submit: submitRequest.extend({ secrets: variables.optional() }),
  /** `id`: `RUN`, `TASK` or `RUN/TASK`; the newest run where nothing is named. */
  control: z.strictObject({
    id: z.string().min(1).max(300).optional(),
    all: z.boolean().optional(),
    /** Where it is asked: a task without a run is one of the repository there, if that has a run. */
    cwd: cwd.optional(),
    command,
  }),
  /** For an agent that waits for one: `yes`, or anything else for no. */
  answer: z.strictObject({ id: z.string().min(1).max(300), cwd: cwd.optional(), text: z.string().min(1).max(2_000) }),
  status: z.strictObject({ run: runId.optional() }),
  runs: z.strictObject({ limit: z.int().min(1).max(1_000).optional() }),
  tasks: z.strictObject({ run: runId.optional() }),
  events: z.strictObject({ run: runId, after: z.int().min(0), limit: z.int().min(1).max(10_000).optional() }),
  logs: z.strictObject({ id: z.string().min(1).max(300), after: z.int().min(0).optional() }),
  report: z.strictObject({ run: runId.optional() }),
  /** `dry`: what would be written is told, and is not. */
  sync: z.strictObject({ run: runId.optional(), dry: z.boolean().optional() }),
  /** `dry`: it is only told. */
  reconcile: z.strictObject({ run: runId.optional(), dry: z.boolean() }),
  budget: z.strictObject({ run: runId.optional() }),
  /** `run`: the newest of the repository around `cwd` where it is missing. `gate`: a line for the shell, or `none`; the run's own where it is missing. */
  land: z.strictObject({ run: runId.optional(), cwd, gate: text.optional(), environment: variables.optional() }),
  queue: z.strictObject({}),
  /** Lets halted queues go on: of the repository around `cwd`, or all. */
  queueResume: z.strictObject({ cwd, all: z.boolean().optional() }),
  /** `id`: a landed commit, a task, a run; the last landing of the repository around `cwd` where it is missing. */
  revert: z.strictObject({ id: z.string().min(1).max(300).optional(), cwd }),
  /** Of the branches of `staging:`, where they are not named. */
  promote: z.strictObject({ from: text.optional(), to: text.optional(), cwd, environment: variables.optional() }),
  /** `run`: a line for the shell; the last run's gate, and its validation, where it is missing. `rollback`: where it fails, the last landing is taken back. */
  validate: z.strictObject({
    run: text.optional(),
    cwd,
    target: text.optional(),
    rollback: z.boolean(),
    environment: variables.optional(),
  }),
  /** `login`: as for `submit`. */
  doctor: z.strictObject({ ...terminal, login: variables.optional() }),
  /** `names`: those alone; all where none is named. `versions`: false where no program is to be started. */
  agents: z.strictObject({ ...terminal, names: agentNames, versions: z.boolean().optional() }),
  /** Whether they can be used tonight; spends nothing. */
  agentsProbe: z.strictObject({ ...terminal, names: agentNames }),
  /** What program is told of alerts; `test`: it is told one now. */
  alert: z.strictObject({ test: z.boolean() }),
  /** What the tip of a branch shows of its project; of the target where none is named. */
  scan: z.strictObject({
    cwd,
    target: text.optional(),
    /** Files whose importers are looked for: directly, or through so many others. */
    importersOf: z.array(text).max(100).optional(),
    steps: z.int().min(1).max(100).optional(),
  }),
  init: z.strictObject({ cwd, write: z.boolean(), force: z.boolean() }),
  ...keepingRequests,
} as const;

export type Method = keyof typeof requests;
export type Params<M extends Method> = z.input<(typeof requests)[M]>;
export type ControlRequest = z.infer<typeof requests.control>;
export type PlanRequest = z.infer<typeof submitRequest>;
export type SubmitRequest = z.infer<typeof requests.submit>;

export interface Answers extends KeepingAnswers {
  readonly plan: PlanView;
  readonly planSchema: PlanSchemaView;
  readonly planning: PlanningView;
  readonly submit: SubmittedView;
  readonly control: ControlView;
  readonly answer: DoneView;
  readonly budget: BudgetView;
  readonly status: StatusView;
  readonly runs: RunsView;
  readonly tasks: TasksView;
  readonly events: EventsView;
  readonly logs: LogsView;
  readonly report: ReportView;
  readonly sync: DoneView;
  readonly reconcile: ReconcileView;
  readonly land: LandView;
  readonly queue: QueueView;
  readonly queueResume: QueueView;
  readonly revert: RevertView;
  readonly validate: ValidateView;
  readonly promote: PromoteView;
  readonly doctor: DoctorView;
  readonly agents: AgentsView;
  readonly agentsProbe: AgentsView;
  readonly alert: AlertView;
  readonly init: InitView;
  readonly scan: ScanView;
}
