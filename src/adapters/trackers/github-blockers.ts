import { z } from "zod";
import { blockerName, blockersIn } from "../../domain/issue-references.ts";
import { OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import type { AskGitHub } from "./github-client.ts";
import type { GitHubIssue } from "./github-schema.ts";

/** What is not among the issues read is asked for one by one. */
const mostAsked = 100;

const blocker = z.object({
  number: z.int().min(1),
  state: z.enum(["open", "closed"]),
  html_url: z.string().catch(""),
});

/**
 * What issues wait for that is not over yet, by their numbers: what their words name, and what GitHub itself keeps. A pull
 * request is over when it is closed or merged, and so is what is not there any more; what cannot be seen is not.
 */
export class Blockers {
  private readonly ask: AskGitHub;
  private readonly repository: string;
  /** Names of what is known to be open, and of what is not. */
  private readonly open = new Map<string, boolean>();
  private left = mostAsked;

  constructor(ask: AskGitHub, repository: string) {
    this.ask = ask;
    this.repository = repository;
  }

  async of(issues: readonly GitHubIssue[]): Promise<ReadonlyMap<number, readonly string[]>> {
    for (const { number, state } of issues) this.open.set(String(number), state === "open");
    const found = new Map<number, readonly string[]>();
    for (const issue of issues) if (issue.state === "open") found.set(issue.number, await this.ofOne(issue));
    return found;
  }

  private async ofOne({ number, body, issue_dependencies_summary: kept }: GitHubIssue): Promise<string[]> {
    const names = new Set(blockersIn(body ?? "", this.repository));
    if (kept.blocked_by > 0) for (const name of await this.keptBy(number)) names.add(name);
    names.delete(String(number));
    const waiting: string[] = [];
    for (const name of names) if (await this.isOpen(name)) waiting.push(name);
    return waiting;
  }

  private async keptBy(number: number): Promise<string[]> {
    const all = z
      .array(blocker)
      .catch([])
      .parse(await this.asked(`${this.path(String(number))}/dependencies/blocked_by?per_page=100`));
    // It has some, and they are not told.
    if (all.length === 0) return [`what GitHub says #${number} waits for`];
    return all.map((one) => {
      const [, of = ""] = /\/([^/]+\/[^/]+)\/(?:issues|pull)\/\d+$/.exec(one.html_url) ?? [];
      const name = singleLine(blockerName(of, one.number, this.repository));
      this.open.set(name, one.state === "open");
      return name;
    });
  }

  private async isOpen(name: string): Promise<boolean> {
    const known = this.open.get(name);
    if (known !== undefined) return known;
    const found = /^(?:[\w-]+\/[\w.-]+#)?\d+$/.test(name) ? await this.asked(this.path(name)) : undefined;
    // Of this repository all can be seen.
    const gone = found === null && !name.includes("#");
    const open = !gone && blocker.safeParse(found).data?.state !== "closed";
    this.open.set(name, open);
    return open;
  }

  /** Null: it is not there; undefined: it is not for us to see, or too much was asked for. */
  private async asked(path: string): Promise<unknown> {
    if (this.left === 0) return undefined;
    this.left--;
    try {
      return (await this.ask(`GET ${path}`, {})).data;
    } catch (error) {
      if (error instanceof OperationalError) return undefined;
      throw error;
    }
  }

  private path(name: string): string {
    const [of = "", number] = name.includes("#") ? name.split("#") : [this.repository, name];
    return `/repos/${of}/issues/${number}`;
  }
}
