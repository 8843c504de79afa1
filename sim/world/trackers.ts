import type { IssueClaim, IssueTelling } from "../../src/domain/input.ts";
import type { IssueNow } from "../../src/domain/issue.ts";
import type { IssueRequest, TellRequest, Trackers } from "../../src/engine/ports.ts";
import type { Life } from "./life.ts";
import type { SimulatedIssue, World } from "./world.ts";

/** A tracker that others use, too; now and then it is away, or does what it is asked and does not say so. */
export class SimulatedTrackers implements Trackers {
  private readonly world: World;
  private readonly life: Life;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
  }

  async claim({
    run,
    task,
    issue: { id },
    look,
  }: IssueRequest & { readonly look: boolean }): Promise<IssueClaim & { readonly again?: boolean }> {
    await this.life.pause(`claim ${id}`);
    const own = `${run.id}/${task}`;
    if (this.isAway()) return { kind: "failed", problem: "nobody answers", again: this.world.random.chance(0.5) };
    const issue = this.world.issues.get(id);
    if (issue === undefined) return { kind: "lost", loss: { reason: "gone" } };
    if (issue.status === "closed" && !isClosedBy(issue, run.id, task))
      return { kind: "lost", loss: { reason: "closed" } };
    if (issue.status === "in_progress" && issue.holder !== own)
      return { kind: "lost", loss: { reason: "taken", by: issue.holder ?? "somebody" } };
    if (look) return { kind: "seen" };
    Object.assign(issue, { status: "in_progress", holder: own, closedFor: null, leftBy: null });
    await this.life.pause(`claim ${id}: answer`);
    return this.world.random.chance(0.1) ? { kind: "failed", problem: "no answer" } : { kind: "claimed" };
  }

  async tell(request: TellRequest): Promise<IssueTelling & { readonly again?: boolean }> {
    const { id } = request.issue;
    await this.life.pause(`tell of ${id}`);
    if (this.isAway()) return { kind: "failed", problem: "nobody answers", again: this.world.random.chance(0.7) };
    const issue = this.world.issues.get(id);
    const now = issue === undefined ? "kept" : change(issue, request);
    await this.life.pause(`tell of ${id}: answer`);
    if (this.world.random.chance(0.1)) return { kind: "failed", problem: "no answer", again: true };
    return { kind: "told", now };
  }

  private isAway(): boolean {
    return this.world.trackerAway || this.world.random.chance(0.05);
  }
}

function isClosedBy({ status, closedFor }: SimulatedIssue, run: string, task: string): boolean {
  return status === "closed" && closedFor?.run === run && closedFor.task === task;
}

function change(issue: SimulatedIssue, { run, task, news }: TellRequest): IssueNow {
  const own = `${run.id}/${task}`;
  if (news.kind === "landed") {
    const closedFor = { run: run.id, task, commit: news.commit };
    Object.assign(issue, { status: "closed", holder: null, closedFor, leftBy: null });
    return "closed";
  }
  const closedByUs = isClosedBy(issue, run.id, task);
  if (issue.leftBy === own) return "left";
  if (issue.holder !== own && !closedByUs) return issue.status === "open" ? "open" : "kept";
  issue.givenBack++;
  const left = issue.givenBack > (run.settings.issueRetries ?? Infinity);
  const now = left ? { status: "in_progress", holder: "a person", leftBy: own } : { status: "open", holder: null };
  Object.assign(issue, { closedFor: null, ...now });
  return left ? "left" : "open";
}
