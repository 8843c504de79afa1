import type { Issue } from "../../domain/issue-choice.ts";
import type { IssueClaim } from "../../domain/input.ts";
import type { IssueLoss, IssueNow } from "../../domain/issue.ts";
import { messageOf, OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import { Blockers } from "./github-blockers.ts";
import { moveCard, type Column } from "./github-board.ts";
import type { AskGitHub } from "./github-client.ts";
import { isMarked, priorityOf, workLabel, workLabelOf } from "./github-labels.ts";
import { plainWords, standingOf, withMark, type Mark, type Standing } from "./github-marks.ts";
import { githubComment, githubIssue, isInsider, type GitHubComment, type GitHubIssue } from "./github-schema.ts";
import { withoutLabel } from "./issue-labels.ts";
import { issueBody, issueTitle, shownMarkdown } from "./issue-text.ts";
import { TrackerAway, type Changes, type IssueQuery, type Listing, type Tracker, type Versions } from "./tracker.ts";

const perPage = 100;
const mostPages = 10;
const gone: IssueLoss = { reason: "gone" };

export interface GitHubPlace {
  /** `owner/name` */
  readonly repository: string;
  /** Only issues that have all of these are chosen by themselves. */
  readonly labels: readonly string[];
  /** Logins whose issues count; null: those of whoever belongs to the repository. */
  readonly authors: readonly string[] | null;
  /** Address of the board on which cards are moved; null: none. */
  readonly board: string | null;
  /** Told why a card stayed where it was: that keeps nobody from anything. */
  readonly onProblem: (text: string) => void;
}

/** Issues of a GitHub repository. A claim is a comment, so that of several at once the first one has it. */
export class GitHubTracker implements Tracker {
  private readonly ask: AskGitHub;
  private readonly place: GitHubPlace;
  private viewer: string | null | undefined;

  constructor(ask: AskGitHub, place: GitHubPlace) {
    this.ask = ask;
    this.place = place;
  }

  async list({ ids, others }: IssueQuery): Promise<Listing> {
    const found = new Map<string, GitHubIssue>();
    const { open, isAll } = others ? await this.openOnes() : { open: [], isAll: true };
    for (const issue of open) found.set(String(issue.number), issue);
    for (const id of ids) if (!found.has(id)) await this.find(id, found);
    const issues = [...found.values()];
    const waitsFor = await new Blockers(this.ask, this.place.repository).of(issues);
    // What is assigned to ourselves is nobody else's.
    if (issues.some(({ assignees }) => assignees.length > 0)) await this.viewerLogin();
    const listed = issues.map((issue) => this.issueOf(issue, waitsFor.get(issue.number) ?? []));
    return { issues: listed, notes: isAll ? [] : [tooMany(this.place.repository)] };
  }

  async claim(id: string, holder: string, look: boolean): Promise<Exclude<IssueClaim, { kind: "failed" }>> {
    const issue = await this.issue(id);
    if (issue === null) return { kind: "lost", loss: { reason: "gone" } };
    const standing = await this.standing(issue);
    const loss = await this.lossOf(issue, standing, holder);
    if (loss !== null) return { kind: "lost", loss };
    if (look) return { kind: "seen" };
    if (standing.holder === holder && isMarked(issue) && issue.state === "open") return { kind: "claimed" };
    await this.claimIt(issue, holder, standing.newest);
    const { holder: first } = await this.standing(issue);
    if (first !== holder) return { kind: "lost", loss: { reason: "taken", by: first ?? "somebody" } };
    if (issue.state === "closed") await this.write("PATCH", id, "", { state: "open" });
    await this.card(issue, "In Progress");
    return { kind: "claimed" };
  }

  async losses(holders: ReadonlyMap<string, string>): Promise<Map<string, IssueLoss>> {
    const lost = new Map<string, IssueLoss>();
    for (const [id, holder] of holders) {
      const issue = await this.issue(id);
      const loss = issue === null ? gone : await this.lossOf(issue, await this.standing(issue), holder);
      if (loss !== null) lost.set(id, loss);
    }
    return lost;
  }

  /** One question, whatever the number of issues: those that were changed last are told first. */
  async changes(before: Versions | null): Promise<Changes> {
    const { status, data } = await this.ask(`GET /repos/${this.place.repository}/issues`, {
      state: "all",
      sort: "updated",
      direction: "desc",
      per_page: perPage,
    });
    if (status !== 200) throw noRepository(this.place.repository);
    const items = listIn(data, this.place.repository).flatMap(readIssue);
    const now = new Map(items.map((issue) => [String(issue.number), versionOf(issue)]));
    const changed = [...now].flatMap(([id, version]) => (before?.get(id) === version ? [] : [id]));
    // Where nothing is as it was, more may have changed than was told of.
    if (before === null || (now.size > 0 && changed.length === now.size)) return { now, ids: null };
    // Gone, or only further back than is told of.
    const missing = [...before.keys()].filter((id) => !now.has(id));
    return { now, ids: [...changed, ...missing] };
  }

  /** The label is seen by everybody, and taken off where it is not said whose it is. */
  private async claimIt(issue: GitHubIssue, holder: string, after: number): Promise<void> {
    const id = String(issue.number);
    await this.write("POST", id, "/labels", { labels: [workLabel] });
    try {
      await this.say(issue, `Being worked on (nightcrew, ${holder})`, { do: "claim", holder, after });
    } catch (error) {
      if (!isMarked(issue) && error instanceof OperationalError)
        await this.write("DELETE", id, `/labels/${workLabel}`, {});
      throw error;
    }
  }

  async comment(id: string, text: string): Promise<void> {
    await this.write("POST", id, "/comments", { body: text });
  }

  async close(id: string, holder: string, note: string): Promise<void> {
    const issue = await this.mustFind(id);
    if (issue.state === "open") {
      const { last } = await this.standing(issue);
      if (last?.do !== "close" || last.holder !== holder) await this.say(issue, note, { do: "close", holder });
      await this.write("PATCH", id, "", { state: "closed", state_reason: "completed" });
    }
    await this.unmark(issue);
    await this.card(issue, "Done");
  }

  async reopen(id: string, holder: string, note: string, most: number | null): Promise<Exclude<IssueNow, "closed">> {
    const issue = await this.issue(id);
    if (issue === null) return "kept";
    const { holder: by, last, givenBack } = await this.standing(issue);
    const lastWasOurs = last?.holder === holder;
    if (lastWasOurs && last.do === "leave") return "left";
    const closedByUs = lastWasOurs && last.do === "close";
    const has = by === holder && isMarked(issue);
    // Said, and not brought to its end.
    const begun = lastWasOurs && last.do === "release";
    if (!has && !closedByUs && !begun) {
      // A claim that came no further than its label.
      if (by === null && last?.do !== "leave") await this.unmark(issue);
      return "kept";
    }
    // What somebody closed while it was ours stays closed.
    const closed = issue.state === "closed" && !closedByUs;
    const left = !begun && !closed && most !== null && givenBack >= most;
    if (closedByUs && issue.state === "closed") await this.write("PATCH", id, "", { state: "open" });
    if (!begun) await this.say(issue, note, { do: left ? "leave" : "release", holder });
    if (!left) await this.unmark(issue);
    else if (!isMarked(issue)) await this.write("POST", id, "/labels", { labels: [workLabel] });
    if (!left && !closed) await this.card(issue, "Todo");
    return left ? "left" : closed ? "kept" : "open";
  }

  private async card(issue: GitHubIssue, column: Column): Promise<void> {
    const { board, onProblem, repository } = this.place;
    if (board === null) return;
    try {
      await moveCard(this.ask, issue.node_id, board, column);
    } catch (error) {
      const why = error instanceof OperationalError && error.why !== null ? `: ${error.why}` : "";
      onProblem(singleLine(`${repository}#${issue.number}: ${messageOf(error)}${why}`, 500));
    }
  }

  private async openOnes(): Promise<{ readonly open: readonly GitHubIssue[]; readonly isAll: boolean }> {
    const { labels } = this.place;
    const parameters = { state: "open", sort: "created", direction: "asc", per_page: perPage };
    const found: GitHubIssue[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const more = labels.length === 0 ? {} : { labels: labels.join(",") };
      const { status, data } = await this.ask(`GET /repos/${this.place.repository}/issues`, {
        ...parameters,
        ...more,
        page,
      });
      if (status === 410) throw withoutIssues(this.place.repository);
      if (status !== 200) throw noRepository(this.place.repository);
      const items = listIn(data, this.place.repository);
      found.push(...items.flatMap(readIssue));
      if (items.length < perPage) return { open: found, isAll: true };
    }
    return { open: found, isAll: false };
  }

  private async find(id: string, into: Map<string, GitHubIssue>): Promise<void> {
    const issue = await this.issue(id);
    if (issue !== null) into.set(id, issue);
  }

  /** Null: there is none, it was moved away, or it is a pull request. */
  private async issue(id: string): Promise<GitHubIssue | null> {
    // A plan file may say anything.
    if (!/^[1-9]\d{0,8}$/.test(id)) return null;
    const { status, data } = await this.ask(`GET ${this.path(id)}`, {});
    if (status === 404) await this.mustSeeRepository();
    if (status !== 200) return null;
    const { success, data: issue } = githubIssue.safeParse(data);
    if (!success) throw oddAnswer(this.path(id));
    return issue.pull_request == null && String(issue.number) === id ? issue : null;
  }

  private async mustFind(id: string): Promise<GitHubIssue> {
    const issue = await this.issue(id);
    if (issue !== null) return issue;
    throw new OperationalError({
      code: "issue-gone",
      what: `${this.place.repository}#${id} is not there any more`,
      next: "look at it there",
    });
  }

  /** Else an issue would seem to be gone where all of it is. */
  private async mustSeeRepository(): Promise<void> {
    const { status } = await this.ask(`GET /repos/${this.place.repository}`, {});
    if (status !== 200) throw noRepository(this.place.repository);
  }

  private async lossOf(issue: GitHubIssue, standing: Standing, holder: string): Promise<IssueLoss | null> {
    const { holder: by, last } = standing;
    if (issue.state === "closed" && !(last?.do === "close" && last.holder === holder)) return { reason: "closed" };
    if (by === holder && isMarked(issue)) return null;
    const taken = await this.takenBy(issue, by, last);
    return taken === null ? null : { reason: "taken", by: taken };
  }

  /** Null: nobody has it. Assigned to somebody else counts, and so does a claim as long as its label is there. */
  private async takenBy(issue: GitHubIssue, holder: string | null, last: Standing["last"]): Promise<string | null> {
    if (isMarked(issue) && holder !== null) return holder;
    if (isMarked(issue) && last?.do === "leave") return "a person: it was tried too often";
    const viewer = await this.viewerLogin();
    const others = issue.assignees.map(({ login }) => login).filter((login) => login !== viewer);
    return others[0] ?? null;
  }

  private async standing({ number, comments: said }: GitHubIssue): Promise<Standing> {
    const comments: GitHubComment[] = [];
    // The oldest come first; what stands is said by the newest.
    const first = Math.max(1, Math.ceil(said / perPage) - mostPages + 1);
    for (let page = first; page <= first + mostPages; page++) {
      const path = `${this.path(number)}/comments`;
      const { data } = await this.ask(`GET ${path}`, { per_page: perPage, page });
      const items = listIn(data, path);
      comments.push(...items.flatMap(readComment));
      if (items.length < perPage) break;
    }
    const viewer = await this.viewerLogin();
    // Somebody else's comment may look like ours.
    const isOurs = ({ user, author_association: of }: GitHubComment): boolean =>
      viewer === null ? isInsider(of) || user?.type === "Bot" : user?.login === viewer;
    return standingOf(comments, isOurs);
  }

  /** Null: the token is no user's, as in a workflow. */
  private async viewerLogin(): Promise<string | null> {
    if (this.viewer !== undefined) return this.viewer;
    try {
      const { data } = await this.ask("GET /user", {});
      const { login } = (data ?? {}) as { login?: unknown };
      this.viewer = typeof login === "string" ? login : null;
    } catch (error) {
      if (error instanceof TrackerAway) throw error;
      this.viewer = null;
    }
    return this.viewer;
  }

  /** Where the answer is lost it is looked whether the comment came: it is made once. */
  private async say(issue: GitHubIssue, text: string, mark: Mark): Promise<void> {
    const id = String(issue.number);
    const body = withMark(plainWords(text), mark);
    try {
      await this.comment(id, body);
    } catch (error) {
      if (!(error instanceof TrackerAway)) throw error;
      const { last } = await this.standing(issue);
      if (last?.do !== mark.do || last.holder !== mark.holder) await this.comment(id, body);
    }
  }

  private async unmark(issue: GitHubIssue): Promise<void> {
    const name = workLabelOf(issue);
    if (name !== undefined) await this.write("DELETE", String(issue.number), `/labels/${encodeURIComponent(name)}`, {});
  }

  private async write(
    method: string,
    id: string,
    of: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { status } = await this.ask(`${method} ${this.path(id)}${of}`, parameters);
    // What is to be taken off is gone already.
    if (status < 400 || method === "DELETE") return;
    throw new OperationalError({
      code: "issue-gone",
      what: `${this.place.repository}#${id} could not be changed`,
      why: `HTTP ${status}`,
      next: "look at it there",
    });
  }

  private path(id: string | number): string {
    return `/repos/${this.place.repository}/issues/${id}`;
  }

  private issueOf(found: GitHubIssue, blockedBy: readonly string[]): Issue {
    const { number, title, body, state, assignees, labels, html_url: url, created_at: createdAt } = found;
    const id = String(number);
    return {
      tracker: "github",
      place: this.place.repository,
      id,
      url: /^https?:\/\/\S+$/.test(url) ? singleLine(url, 500) : null,
      title: issueTitle(title),
      body: issueBody(shownMarkdown(body ?? "")),
      status: state === "closed" ? "closed" : isMarked(found) ? "in_progress" : "open",
      priority: priorityOf(labels),
      blockedBy,
      holder: isMarked(found) ? "nightcrew" : (assignees[0]?.login ?? null),
      unfit: this.unfitness(found),
      barred: this.bar(found),
      createdAt,
      line: number,
    };
  }

  private unfitness({ labels, assignees }: GitHubIssue): string | null {
    const unlabelled = withoutLabel(labels, this.place.labels);
    if (unlabelled !== null) return unlabelled;
    const others = assignees.filter(({ login }) => login !== this.viewer);
    return others[0] === undefined ? null : `it is assigned to ${singleLine(others[0].login)}`;
  }

  /** Anybody may write an issue; what is to be done is said by whom the repository's people trust. */
  private bar({ user, author_association: association }: GitHubIssue): string | null {
    const { authors } = this.place;
    const login = user?.login ?? "nobody";
    const isNamed = (one: string): boolean => user !== null && one.toLowerCase() === login.toLowerCase();
    const trusted = authors === null ? isInsider(association) : authors.some(isNamed);
    return trusted ? null : `its author ${singleLine(login)} is not among those whose issues count`;
  }
}

function readIssue(data: unknown): GitHubIssue[] {
  const parsed = githubIssue.safeParse(data);
  return parsed.success && parsed.data.pull_request == null ? [parsed.data] : [];
}

function readComment(data: unknown): GitHubComment[] {
  const parsed = githubComment.safeParse(data);
  return parsed.success ? [parsed.data] : [];
}

/** GitHub's times are whole seconds, in which more than one thing may happen. */
function versionOf({ updated_at: at, state, labels, assignees }: GitHubIssue): string {
  return JSON.stringify([at, state, labels, assignees.map(({ login }) => login)]);
}

function listIn(data: unknown, of: string): readonly unknown[] {
  if (!Array.isArray(data)) throw oddAnswer(of);
  return data;
}

/** Nothing can be told from it, least of all that something is not there. */
function oddAnswer(of: string): TrackerAway {
  return new TrackerAway(`GitHub says nothing that can be understood of ${of}`);
}

function tooMany(repository: string): string {
  return `github:${repository} has more open issues than the ${perPage * mostPages} that were looked at; --label narrows them`;
}

function withoutIssues(repository: string): OperationalError {
  return new OperationalError({
    code: "no-issues",
    what: `Issues are turned off in ${repository}`,
    next: "turn them on in its settings at GitHub, or name another repository",
  });
}

function noRepository(repository: string): OperationalError {
  return new OperationalError({
    code: "unknown-repository",
    what: `GitHub has no repository ${repository}, or the token does not reach it`,
    next: "correct the name, or give GITHUB_TOKEN a token that may read and write its issues",
  });
}
