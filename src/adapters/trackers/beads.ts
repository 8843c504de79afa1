import { join } from "node:path";
import { z } from "zod";
import type { IssueClaim } from "../../domain/input.ts";
import type { IssueLoss, IssueNow } from "../../domain/issue.ts";
import type { Issue } from "../../domain/issue-choice.ts";
import { priorities } from "../../domain/plan.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
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
import { withoutLabel } from "./issue-labels.ts";
import { issueBody, issueTitle } from "./issue-text.ts";
import type { Changes, Listing, Tracker, Versions } from "./tracker.ts";

export const beadsFolder = ".beads";
/** The second one is what earlier versions had. */
export const beadsFiles = ["issues.jsonl", "beads.jsonl"] as const;

const maxNote = 1_000;
const mostAncestors = 100;
/** What keeps an issue from being begun; others only say that two have to do with each other. */
const blocking: ReadonlySet<string> = new Set(["blocks", "conditional-blocks", "waits-for"]);
const work: ReadonlySet<string> = new Set(["task", "bug", "feature", "chore"]);

const dependency = z
  .object({ depends_on_id: z.string(), type: z.string().optional(), dep_type: z.string().optional() })
  .transform(({ depends_on_id: id, type, dep_type: kind }) => ({ id, kind: type ?? kind ?? "blocks" }));

const bead = z.object({
  id: z.string().min(1).max(200),
  title: z.string().catch(""),
  description: z.string().nullable().catch(null),
  acceptance_criteria: z.string().nullable().catch(null),
  status: z.string().catch("open"),
  priority: z.number().catch(2),
  issue_type: z.string().catch("task"),
  assignee: z.string().nullable().catch(null),
  close_reason: z.string().nullable().catch(null),
  created_at: z.string().catch(""),
  defer_until: z.string().nullable().catch(null),
  pinned: z.boolean().catch(false),
  is_template: z.boolean().catch(false),
  labels: z.array(z.string()).catch([]),
  ephemeral: z.boolean().catch(false),
  dependencies: z.array(dependency.nullable().catch(null)).nullable().catch([]),
});
type Bead = z.infer<typeof bead>;

/**
 * Issues of beads, as they stand in its file of JSON lines: read, closed, and opened again where what closed them was taken
 * back. Nothing is claimed: its own database would not know.
 */
export class BeadsTracker implements Tracker {
  private readonly folder: string;
  private readonly name: string;
  private readonly now: () => Date;
  private readonly labels: readonly string[];

  /** Only issues that have all of `labels` are chosen by themselves. */
  constructor(folder: string, name: string, now: () => Date, labels: readonly string[] = []) {
    this.folder = folder;
    this.name = name;
    this.now = now;
    this.labels = labels;
  }

  async list(): Promise<Listing> {
    const lines = await this.read();
    const found = [...lines.issues.values()].flatMap(({ value, line }) => {
      const parsed = bead.safeParse(value);
      return parsed.success && parsed.data.status !== "tombstone" ? [{ own: parsed.data, line }] : [];
    });
    const blockers = blockersAmong(found.map(({ own }) => own));
    const issues = found.map(({ own, line }) => this.issueOf(own, line, blockers(own.id)));
    return { issues, notes: unreadableNotes(`${beadsFolder}/${this.name}`, lines) };
  }

  async claim(id: string, holder: string): Promise<Exclude<IssueClaim, { kind: "failed" }>> {
    const loss = lossOf(this.at(await this.read(), id), holder);
    return loss === null ? { kind: "seen" } : { kind: "lost", loss };
  }

  async losses(holders: ReadonlyMap<string, string>): Promise<Map<string, IssueLoss>> {
    const lines = await this.read();
    return lossesOf(lines, holders, { at: (id) => beadAt(lines, id), lossOf });
  }

  changes(before: Versions | null): Promise<Changes> {
    return changesOfFile(this.file, before);
  }

  async comment(id: string): Promise<void> {
    throw new OperationalError({
      code: "no-comments",
      what: `Nothing can be said on ${id}`,
      why: "comments of beads are in its database",
      next: "use bd comments",
    });
  }

  close(id: string, holder: string, note: string): Promise<void> {
    return this.change(async (lines) => {
      const found = beadAt(lines, id) ?? gone(id, this.name);
      if (found.status === "closed") return;
      const reason = `${note.slice(0, maxNote)} [${holder}]`;
      await this.put(lines, id, { status: "closed", closed_at: this.now().toISOString(), close_reason: reason });
    });
  }

  reopen(id: string, holder: string): Promise<Exclude<IssueNow, "closed">> {
    return this.change(async (lines) => {
      const found = this.at(lines, id);
      if (found?.status === "open") return "open";
      if (found === null || !isClosedBy(found, holder)) return "kept";
      await this.put(lines, id, { status: "open", closed_at: undefined, close_reason: undefined });
      return "open";
    });
  }

  private get file(): string {
    return join(this.folder, this.name);
  }

  private at(lines: IssueLines, id: string): Bead | null {
    const found = beadAt(lines, id);
    // One that was deleted leaves a stone.
    if (found === null && !lines.issues.has(id)) mustBeWhole(this.file, lines);
    return found;
  }

  private async read(): Promise<IssueLines> {
    const lines = await readIssueLines(this.file);
    if (lines !== null) return lines;
    throw new OperationalError({
      code: "no-beads",
      what: `There are no issues of beads: ${this.file} is not there`,
      next: "write it: bd export, or bd sync",
    });
  }

  private change<T>(work: (lines: IssueLines) => Promise<T>): Promise<T> {
    return withFileLock(this.file, () => inSpiteOfOthers(async () => work(await this.read())));
  }

  private async put(lines: IssueLines, id: string, patch: Readonly<Record<string, unknown>>): Promise<void> {
    // What it is known by to the database is made anew there.
    const changed = { content_hash: undefined, updated_at: this.now().toISOString() };
    await writeIssueLines(this.file, lines, new Map([[id, { ...lines.issues.get(id)?.value, ...patch, ...changed }]]));
  }

  private issueOf(found: Bead, line: number, blockedBy: readonly string[]): Issue {
    const { id, title, description, acceptance_criteria: acceptance, priority, assignee } = found;
    const { created_at: createdAt } = found;
    const body = [description, acceptance].filter((part) => part !== null && part !== "").join("\n\n");
    return {
      tracker: "beads",
      place: this.folder,
      id,
      url: null,
      title: issueTitle(title),
      body: issueBody(body),
      status: statusOf(found),
      priority: priorities[Math.max(0, Math.min(priorities.length - 1, Math.round(priority)))] ?? "medium",
      blockedBy,
      holder: assignee,
      unfit: withoutLabel(found.labels, this.labels) ?? typeOf(found),
      barred: barOf(found, this.now()),
      createdAt,
      line,
    };
  }
}

/** What one waits for: as `bd` has it, also what its parents wait for. */
function blockersAmong(beads: readonly Bead[]): (id: string) => readonly string[] {
  const edges = new Map(beads.map(({ id, dependencies }) => [id, (dependencies ?? []).filter((one) => one !== null)]));
  return (id) => {
    const found = new Set<string>();
    const family = new Set([id]);
    for (const member of family)
      for (const { id: other, kind } of edges.get(member) ?? [])
        if (blocking.has(kind)) found.add(other);
        else if (kind === "parent-child" && family.size < mostAncestors) family.add(other);
    return [...found];
  };
}

function typeOf({ issue_type: type }: Bead): string | null {
  return work.has(type) ? null : `it is of type ${singleLine(type, 40)}`;
}

/** What `bd ready` never shows. */
function barOf(
  { status, defer_until: until, pinned, is_template: template, ephemeral }: Bead,
  now: Date,
): string | null {
  if (!["open", "blocked"].includes(status)) return `it is ${singleLine(status, 40)}`;
  if (pinned || template || ephemeral) return `it is ${pinned ? "pinned" : template ? "a template" : "of passing use"}`;
  return until !== null && Date.parse(until) > now.getTime() ? `it is put off until ${singleLine(until, 40)}` : null;
}

/** What is put off or kept is nobody's to do: open, and barred. */
function statusOf({ status }: Bead): Issue["status"] {
  if (status === "closed") return "closed";
  return status === "in_progress" || status === "hooked" ? "in_progress" : "open";
}

function lossOf(found: Bead | null, holder: string): IssueLoss | null {
  if (found === null) return { reason: "gone" };
  if (found.status === "closed" && !isClosedBy(found, holder)) return { reason: "closed" };
  const taken = found.status === "in_progress" || found.status === "hooked";
  return taken ? { reason: "taken", by: found.assignee ?? "somebody" } : null;
}

function isClosedBy({ status, close_reason: reason }: Bead, holder: string): boolean {
  return status === "closed" && reason?.endsWith(`[${holder}]`) === true;
}

function beadAt({ issues }: IssueLines, id: string): Bead | null {
  const parsed = bead.safeParse(issues.get(id)?.value);
  return parsed.success && parsed.data.status !== "tombstone" ? parsed.data : null;
}

function gone(id: string, name: string): never {
  throw new OperationalError({
    code: "issue-gone",
    what: `${id} is not in ${beadsFolder}/${name} any more`,
    next: "bd list --status all",
  });
}
