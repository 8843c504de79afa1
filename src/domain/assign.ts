import type { Agent } from "./agent.ts";
import type { PlannedTask } from "./plan.ts";
import { parkedUntil, type QuotaRow } from "./quota.ts";
import { isHopeless } from "./recovery.ts";
import type { CountedFailure } from "./rows.ts";

/** Why a task got its agent, as data. */
export type AssignReason =
  /** The task, or the run, names it. */
  | { readonly reason: "named" }
  | { readonly reason: "default" }
  /** It has the capabilities that the task asks for. */
  | { readonly reason: "capable" }
  /** It stands in for another. */
  | { readonly reason: "backup"; readonly of: string; readonly because: "limited" | "busy" | "failed" };

export type Assignment =
  | { readonly agent: Agent; readonly why: AssignReason }
  /** `until`: when the first of those it could have is free again by itself; null: when one of their attempts ends. */
  | { readonly agent: null; readonly until: number | null };

export interface Staff {
  readonly agents: readonly Agent[];
  readonly defaultAgent: string;
  /** Live attempts by agent. */
  readonly load: Readonly<Record<string, number>>;
  readonly quotas: readonly QuotaRow[];
  readonly now: number;
}

export interface Applicant {
  readonly planned: Pick<PlannedTask, "agent" | "capabilities">;
  /** What failed before, and with whom. */
  readonly failures: readonly CountedFailure[];
  /** The agent whose session can be gone on with. */
  readonly resumable: string | null;
}

/** So often an agent fails at a task before one of its backups is preferred. */
const failuresToSwitch = 2;

/**
 * Who works on a task: the one whose session goes on, the one named, one that has what it takes; their backups where they
 * are out of quota, busy, or have failed at it. Among those equally fit the least busy, then the first of the roster.
 */
export function assign(task: Applicant, staff: Staff): Assignment {
  const first = preferred(task, staff);
  const line = ableIn([first.agent, ...backupsOf(first.agent, staff.agents)], task.failures);
  const times: number[] = [];
  // Where the first is not in line any more, it failed.
  let because: "limited" | "busy" | "failed" = line[0] === first.agent ? "busy" : "failed";
  const passedOver: Agent[] = [];
  for (const agent of line) {
    const until = parkedUntil(staff.quotas, agent.provider, staff.now);
    const failed = failuresOf(task, agent) >= failuresToSwitch;
    if (until !== null) times.push(until);
    const hindrance = until !== null ? "limited" : isBusy(agent, staff) ? "busy" : failed ? "failed" : null;
    if (hindrance === null) {
      return { agent, why: agent === first.agent ? first.why : { reason: "backup", of: first.agent.name, because } };
    }
    if (agent === first.agent) because = hindrance;
    if (hindrance === "failed") passedOver.push(agent);
  }
  // Nobody is better: whoever failed at it and is free tries again.
  const [again] = passedOver;
  if (again !== undefined) return { agent: again, why: again === first.agent ? first.why : { reason: "default" } };
  return { agent: null, until: times.length === line.length ? Math.min(...times) : null };
}

/** Whether somebody may have the task who has not failed at it in a way that would only repeat itself. */
export function othersCan(task: Applicant, { agents, defaultAgent }: Pick<Staff, "agents" | "defaultAgent">): boolean {
  const { agent } = preferred(task, { agents, defaultAgent, load: {} });
  return [agent, ...backupsOf(agent, agents)].some((one) => !isHopelessFor(one, task.failures));
}

/** Those who cannot work at all are left out, but where there is nobody else. */
function ableIn(line: readonly Agent[], failures: readonly CountedFailure[]): readonly Agent[] {
  const able = line.filter((agent) => !isHopelessFor(agent, failures));
  return able.length > 0 ? able : line;
}

function isHopelessFor({ name }: Agent, failures: readonly CountedFailure[]): boolean {
  return failures.some((entry) => entry.agent === name && isHopeless(entry.failure));
}

function preferred(
  { planned, resumable }: Applicant,
  staff: Omit<Staff, "quotas" | "now">,
): { agent: Agent; why: AssignReason } {
  const byName = (name: string | null): Agent | undefined => staff.agents.find((agent) => agent.name === name);
  const named = byName(resumable) ?? byName(planned.agent);
  if (named !== undefined) return { agent: named, why: { reason: "named" } };
  const usual = byName(staff.defaultAgent);
  if (usual === undefined) throw new Error(`agent ${staff.defaultAgent} is not in the roster`);
  if (covers(usual, planned.capabilities)) return { agent: usual, why: { reason: "default" } };
  const able = staff.agents.filter((agent) => covers(agent, planned.capabilities));
  const [best] = able.toSorted((a, b) => loadOf(a, staff) - loadOf(b, staff));
  return best === undefined
    ? { agent: usual, why: { reason: "default" } }
    : { agent: best, why: { reason: "capable" } };
}

/** An agent that names none can do anything. */
function covers({ capabilities }: Agent, wanted: readonly string[]): boolean {
  return capabilities.length === 0 || wanted.every((capability) => capabilities.includes(capability));
}

function backupsOf({ backups, name }: Agent, agents: readonly Agent[]): Agent[] {
  return backups.flatMap((backup) => (backup === name ? [] : (agents.find((agent) => agent.name === backup) ?? [])));
}

function loadOf({ name }: Agent, { load }: Pick<Staff, "load">): number {
  return load[name] ?? 0;
}

function isBusy(agent: Agent, staff: Staff): boolean {
  if (agent.maxConcurrent !== null && loadOf(agent, staff) >= agent.maxConcurrent) return true;
  // It would only wait, in the place of somebody who works.
  return staff.agents.some((other) => loadOf(other, staff) > 0 && shareLease(agent, other));
}

function shareLease({ leases = [] }: Agent, other: Agent): boolean {
  return leases.some((name) => other.leases?.includes(name) === true);
}

function failuresOf({ failures }: Applicant, { name }: Agent): number {
  return failures.filter((entry) => entry.counts && entry.agent === name).length;
}
