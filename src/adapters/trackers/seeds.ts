import { join } from "node:path";
import { z } from "zod";
import type { Issue } from "../../domain/issue-choice.ts";
import type { IssueClaim } from "../../domain/input.ts";
import type { IssueLoss, IssueNow } from "../../domain/issue.ts";
import { priorities } from "../../domain/plan.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { withFileLock } from "./file-lock.ts";
import {
  changesOfFile,
  inSpiteOfOthers,
  lossesOf,
  mustBeWhole,
  readIssueLines,
  unreadableNotes,
  writeIssueLines,
  type IssueLines,
} from "./issue-lines.ts";
import { readPlanLines, plansMoved, type PlanLines } from "./seeds-plans.ts";
import { withoutLabel } from "./issue-labels.ts";
import { issueBody, issueTitle } from "./issue-text.ts";
import type { Changes, Listing, Tracker, Versions } from "./tracker.ts";

export const seedsFolder = ".seeds";
export const seedsFiles = ["issues.jsonl", "plans.jsonl"] as const;

const maxNote = 1_000;

const ids = z.array(z.string()).catch([]);

/** What we keep with an issue, where its own program leaves alone what it does not know. */
const ours = z
  .object({
    holder: z.string().nullable().catch(null),
    /** As it was when it was claimed: who is named instead has taken it. */
    assignee: z.string().optional().catch(undefined),
    leftBy: z.string().nullable().catch(null),
    givenBack: z.int().min(0).catch(0),
    note: z.string().catch(""),
  })
  .catch({ holder: null, leftBy: null, givenBack: 0, note: "" });
type Ours = z.infer<typeof ours>;

/** Files of others: what is not as it should be counts as not said. */
const seed = z.object({
  id: z.string().min(1).max(200),
  title: z.string().catch(""),
  // One that we do not know is nobody's to begin.
  status: z.enum(["open", "in_progress", "closed"]).default("open").catch("in_progress"),
  type: z.string().catch("task"),
  priority: z.number().catch(2),
  assignee: z.string().nullable().catch(null),
  closeReason: z.string().nullable().catch(null),
  description: z.string().catch(""),
  labels: ids,
  blocks: ids,
  blockedBy: ids,
  requires_plan: z.boolean().catch(false),
  extensions: z.object({ nightcrew: ours.optional() }).catch({}),
  createdAt: z.string().catch(""),
});
type Seed = z.infer<typeof seed>;

/** As `sd` opens an issue again. */
const notClosed = { closedAt: undefined, closeReason: undefined };

type Others = Iterable<readonly [string, Readonly<Record<string, unknown>>]>;

/** Issues in `.seeds/issues.jsonl`, read and written as `sd` does, under its locks. */
export class SeedsTracker implements Tracker {
  private readonly folder: string;
  private readonly issuesFile: string;
  private readonly plansFile: string;
  private readonly now: () => Date;
  private readonly labels: readonly string[];

  /** Only issues that have all of `labels` are chosen by themselves. */
  constructor(folder: string, now: () => Date, labels: readonly string[] = []) {
    this.folder = folder;
    this.now = now;
    this.labels = labels;
    const [issues, plans] = seedsFiles;
    this.issuesFile = join(folder, issues);
    this.plansFile = join(folder, plans);
  }

  async list(): Promise<Listing> {
    const lines = await this.read();
    const plans = await readPlanLines(this.plansFile);
    const issues = [...lines.issues.values()].flatMap(({ value, line }) => {
      const parsed = seed.safeParse(value);
      return parsed.success ? [this.issueOf(parsed.data, line, plans)] : [];
    });
    return { issues, notes: unreadableNotes(`${seedsFolder}/${seedsFiles[0]}`, lines) };
  }

  async claim(id: string, holder: string, look: boolean): Promise<Exclude<IssueClaim, { kind: "failed" }>> {
    if (look) {
      const loss = lossOf(this.at(await this.read(), id), holder);
      return loss === null ? { kind: "seen" } : { kind: "lost", loss };
    }
    return this.change(async (lines) => {
      const found = this.at(lines, id);
      const loss = lossOf(found, holder);
      if (found === null || loss !== null) return { kind: "lost", loss: loss ?? { reason: "gone" } };
      if (found.status === "in_progress") return { kind: "claimed" };
      const assignee = found.assignee ?? "nightcrew";
      const next = { ...oursOf(found), holder, assignee, leftBy: null, note: "" };
      await this.put(lines, id, { status: "in_progress", assignee, ...notClosed, own: next });
      return { kind: "claimed" };
    });
  }

  async losses(holders: ReadonlyMap<string, string>): Promise<Map<string, IssueLoss>> {
    const lines = await this.read();
    return lossesOf(lines, holders, { at: (id) => seedAt(lines, id), lossOf });
  }

  changes(before: Versions | null): Promise<Changes> {
    return changesOfFile(this.issuesFile, before);
  }

  /** There are no comments in seeds: the last one is kept with the issue. */
  comment(id: string, text: string): Promise<void> {
    return this.change(async (lines) => {
      const found = seedAt(lines, id) ?? gone(id);
      await this.put(lines, id, { own: { ...oursOf(found), note: text.slice(0, maxNote) } });
    });
  }

  close(id: string, holder: string, note: string): Promise<void> {
    return this.change(async (lines) => {
      const found = seedAt(lines, id) ?? gone(id);
      if (found.status === "closed") return;
      const at = this.now().toISOString();
      const said = note.slice(0, maxNote);
      const own = { ...oursOf(found), holder, leftBy: null, note: said };
      const others = unblocked(lines, found, at);
      await this.put(lines, id, { status: "closed", closedAt: at, closeReason: said, own, others });
    });
  }

  reopen(id: string, holder: string, note: string, most: number | null): Promise<Exclude<IssueNow, "closed">> {
    return this.change(async (lines) => {
      const found = this.at(lines, id);
      if (found === null) return "kept";
      const own = oursOf(found);
      if (own.leftBy === holder) return "left";
      if (found.status === "open") return "open";
      if (own.holder !== holder) return "kept";
      const closed = found.status === "closed";
      if (closed ? !isClosedBy(found, holder) : !isHeldBy(found, holder)) {
        await this.put(lines, id, { own: { ...own, holder: null } });
        return "kept";
      }
      const givenBack = own.givenBack + 1;
      const left = most !== null && givenBack > most;
      const status = left ? "in_progress" : "open";
      const assignee = found.assignee === "nightcrew" ? undefined : (found.assignee ?? undefined);
      const next = { holder: null, leftBy: left ? holder : null, givenBack, note: note.slice(0, maxNote) };
      const others = closed ? blockedAgain(lines, found, this.now().toISOString()) : [];
      await this.put(lines, id, { status, assignee, ...notClosed, own: next, others });
      return left ? "left" : "open";
    });
  }

  private at(lines: IssueLines, id: string): Seed | null {
    const found = seedAt(lines, id);
    if (found === null) mustBeWhole(this.issuesFile, lines);
    return found;
  }

  private async read(): Promise<IssueLines> {
    const lines = await readIssueLines(this.issuesFile);
    if (lines === null) throw noSeeds(this.folder);
    return lines;
  }

  /** Plans before issues, as `sd` takes its locks: else both could wait for each other. */
  private change<T>(work: (lines: IssueLines) => Promise<T>): Promise<T> {
    return withFileLock(this.plansFile, () =>
      withFileLock(this.issuesFile, () => inSpiteOfOthers(async () => work(await this.read()))),
    );
  }

  private async put(
    lines: IssueLines,
    id: string,
    patch: Readonly<Record<string, unknown>> & { readonly own: Ours; readonly others?: Others },
  ): Promise<void> {
    const { own, others = [], ...fields } = patch;
    const before = lines.issues.get(id)?.value ?? {};
    const kept = z.record(z.string(), z.unknown()).catch({}).parse(before["extensions"]);
    const updatedAt = this.now().toISOString();
    const after = { ...before, ...fields, extensions: { ...kept, nightcrew: own }, updatedAt };
    const { status = seedAt(lines, id)?.status } = fields;
    const statusOf = (one: string): string | null =>
      one === id && typeof status === "string" ? status : (seedAt(lines, one)?.status ?? null);
    const movePlans = await plansMoved(this.plansFile, id, statusOf, updatedAt);
    await writeIssueLines(this.issuesFile, lines, new Map([...others, [id, after]]));
    await movePlans();
  }

  private issueOf(found: Seed, line: number, plans: PlanLines): Issue {
    const { id, title, description, status, priority, blockedBy, assignee, createdAt } = found;
    return {
      tracker: "seeds",
      place: this.folder,
      id,
      url: null,
      title: issueTitle(title),
      body: issueBody(description),
      status,
      priority: priorities[Math.max(0, Math.min(priorities.length - 1, Math.round(priority)))] ?? "medium",
      blockedBy,
      holder: holderOf(found) ?? assignee,
      unfit: withoutLabel(found.labels, this.labels) ?? unfitness(found, plans),
      barred: null,
      createdAt,
      line,
    };
  }
}

function unfitness({ id, type, requires_plan: planned }: Seed, plans: PlanLines): string | null {
  if (type === "epic") return "it is an epic: name its id to have it done as one task";
  return planned && !plans.isApproved(id) ? "it needs a plan that is approved" : null;
}

/** Who has it then: nobody but a person opens it again. */
const leftToPerson = "a person: it was tried too often";

function oursOf({ extensions }: Seed): Ours {
  return extensions.nightcrew ?? { holder: null, leftBy: null, givenBack: 0, note: "" };
}

function holderOf(found: Seed): string | null {
  const { holder, leftBy } = oursOf(found);
  return holder ?? (leftBy === null ? null : leftToPerson);
}

function lossOf(found: Seed | null, holder: string): IssueLoss | null {
  if (found === null) return { reason: "gone" };
  // What it had closed itself, and could not open again, it still has.
  if (found.status === "closed" && !isClosedBy(found, holder)) return { reason: "closed" };
  const own = oursOf(found);
  if (found.status !== "in_progress" || isHeldBy(found, holder)) return null;
  const by = own.holder === holder ? found.assignee : (holderOf(found) ?? found.assignee);
  return { reason: "taken", by: by ?? "somebody" };
}

function isHeldBy(found: Seed, holder: string): boolean {
  const own = oursOf(found);
  return own.holder === holder && (own.assignee === undefined || own.assignee === found.assignee);
}

/** Somebody else who closes it leaves our last word in it, and says another one, or none, to its closing. */
function isClosedBy(found: Seed, holder: string): boolean {
  const own = oursOf(found);
  return found.status === "closed" && own.holder === holder && own.note !== "" && own.note === found.closeReason;
}

function seedAt({ issues }: IssueLines, id: string): Seed | null {
  const parsed = seed.safeParse(issues.get(id)?.value);
  return parsed.success ? parsed.data : null;
}

/** What waits for it waits for one less, as `sd close` has it. */
function unblocked(lines: IssueLines, { id, blocks }: Seed, at: string): Map<string, Record<string, unknown>> {
  const changed = new Map<string, Record<string, unknown>>();
  for (const other of blocks) {
    const value = lines.issues.get(other)?.value;
    if (value === undefined || other === id) continue;
    const rest = ids.parse(value["blockedBy"]).filter((blocker) => blocker !== id);
    changed.set(other, { ...value, blockedBy: rest.length > 0 ? rest : undefined, updatedAt: at });
  }
  return changed;
}

/** And what waited for it before waits for it again. */
function blockedAgain(lines: IssueLines, { id, blocks }: Seed, at: string): Map<string, Record<string, unknown>> {
  const changed = new Map<string, Record<string, unknown>>();
  for (const other of blocks) {
    const value = lines.issues.get(other)?.value;
    const before = ids.parse(value?.["blockedBy"]);
    if (value === undefined || value["status"] === "closed" || other === id || before.includes(id)) continue;
    changed.set(other, { ...value, blockedBy: [...before, id], updatedAt: at });
  }
  return changed;
}

function gone(id: string): never {
  throw new OperationalError({
    code: "issue-gone",
    what: `${id} is not in ${seedsFolder}/${seedsFiles[0]} any more`,
    next: "sd list --status all",
  });
}

function noSeeds(folder: string): OperationalError {
  return new OperationalError({
    code: "no-seeds",
    what: `There are no issues of seeds: ${join(folder, seedsFiles[0])} is not there`,
    next: "make them: sd init, then sd create --title …",
  });
}
