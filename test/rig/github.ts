import { createServer, request, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createEmulator, type Emulator } from "emulate";
import { githubClient, type AskGitHub } from "../../src/adapters/trackers/github-client.ts";
import { GitHubTracker, type GitHubPlace } from "../../src/adapters/trackers/github.ts";

/** An issue, as a test looks at it. */
export interface SeenIssue {
  readonly number: number;
  readonly state: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
}

interface Trouble {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly on?: readonly [method: string, end: string];
  /** What is asked is done all the same. */
  readonly isDone?: true;
}

export const boardUrl = "https://github.com/orgs/owner/projects/1";

interface Query {
  readonly query: string;
  readonly variables: Readonly<Record<string, string>>;
}

const tokens = {
  token_owner: { login: "owner", scopes: ["repo", "user"] },
  token_bot: { login: "crew", scopes: ["repo", "user"] },
  token_mate: { login: "mate", scopes: ["repo", "user"] },
  token_stranger: { login: "stranger", scopes: ["repo", "user"] },
};

/**
 * GitHub on this machine, with the repository `owner/app`. Before it stands a server that counts, and gives ETags, which the
 * emulator does not.
 */
export class GitHub {
  readonly url: string;
  /** `METHOD path` of what was asked, in order; of what was not modified with `304`. */
  readonly asked: string[] = [];
  /** The next so many questions are answered so; those of one method and end of path, where it is named. */
  readonly troubles: Trouble[] = [];
  /** What the emulator does not know: answers by `METHOD path`. */
  readonly answers = new Map<string, unknown>();
  /** What the one board's cards say, by the node id of their issue; the emulator has no GraphQL. */
  readonly cards = new Map<string, string>();
  /** That are told with an answer, which may be there all the same. */
  cardErrors: readonly { readonly message: string }[] = [];
  /** Names of the board's columns. */
  columns: readonly string[] = ["Todo", "In progress", "Done"];
  private readonly emulator: Emulator;
  private readonly server: Server;

  private constructor(emulator: Emulator, server: Server) {
    this.emulator = emulator;
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<GitHub> {
    const users = ["owner", "crew", "mate", "stranger"].map((login) => ({ login }));
    const repos = [
      { owner: "owner", name: "app" },
      { owner: "owner", name: "other" },
    ];
    const emulator = await createEmulator({ service: "github", port: 0, seed: { tokens, github: { users, repos } } });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const github = new GitHub(emulator, server);
    server.on("request", (incoming: IncomingMessage, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const what = `${incoming.method} ${incoming.url}`;
        if (what === "POST /graphql") {
          github.asked.push(what);
          outgoing.writeHead(200, { "content-type": "application/json" });
          outgoing.end(JSON.stringify(github.graphql(JSON.parse(Buffer.concat(chunks).toString()) as Query)));
          return;
        }
        const trouble = github.troubleOf(incoming);
        const stumble = ({ status, headers: more }: Trouble): void => {
          github.asked.push(`${what} ${status}`);
          outgoing.writeHead(status, { "content-type": "application/json", ...more });
          outgoing.end('{"message":"not now"}');
        };
        if (trouble !== null && trouble.isDone !== true) return stumble(trouble);
        if (github.answers.has(what)) {
          github.asked.push(what);
          outgoing.writeHead(200, { "content-type": "application/json" });
          return void outgoing.end(JSON.stringify(github.answers.get(what)));
        }
        const { host: _, "if-none-match": known, ...headers } = incoming.headers;
        const forwarded = request(`${emulator.url}${incoming.url}`, { method: incoming.method, headers }, (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => parts.push(chunk));
          answer.on("end", () => {
            if (trouble !== null) return stumble(trouble);
            const body = Buffer.concat(parts);
            const etag = `"${body.length}-${body.reduce((sum, byte) => (sum * 31 + byte) % 1_000_000_007, 7)}"`;
            const unchanged = incoming.method === "GET" && known === etag;
            github.asked.push(unchanged ? `${what} 304` : what);
            outgoing.writeHead(unchanged ? 304 : (answer.statusCode ?? 500), { ...answer.headers, etag });
            outgoing.end(unchanged ? undefined : body);
          });
        });
        forwarded.end(Buffer.concat(chunks));
      });
    });
    // Insiders; whoever else writes an issue is a stranger.
    for (const login of ["crew", "mate"])
      await github.as("owner", "PUT", `/repos/owner/app/collaborators/${login}`, {});
    for (const login of ["crew", "mate"]) await github.invited(login);
    return github;
  }

  /** Asks as that user; what comes back as it is. */
  async as(login: string, method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.emulator.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer token_${login === "crew" ? "bot" : login}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : (JSON.parse(text) as unknown);
  }

  async issue(
    title: string,
    more: { readonly body?: string; readonly labels?: readonly string[]; readonly by?: string } = {},
  ) {
    const { by = "owner", ...rest } = more;
    const made = (await this.as(by, "POST", "/repos/owner/app/issues", { title, ...rest })) as { number: number };
    return String(made.number);
  }

  async see(id: string): Promise<SeenIssue> {
    const seen = (await this.as("owner", "GET", `/repos/owner/app/issues/${id}`)) as {
      number: number;
      state: string;
      labels: { name: string }[];
      assignees: { login: string }[];
    };
    const labels = seen.labels.map(({ name }) => name);
    return { number: seen.number, state: seen.state, labels, assignees: seen.assignees.map(({ login }) => login) };
  }

  async comments(id: string): Promise<string[]> {
    const all = (await this.as("owner", "GET", `/repos/owner/app/issues/${id}/comments`)) as { body: string }[];
    return all.map(({ body }) => body);
  }

  async ask(token = "token_bot"): Promise<AskGitHub> {
    return githubClient({ baseUrl: this.url, token }, new AbortController().signal);
  }

  async tracker(place: Partial<GitHubPlace> = {}): Promise<GitHubTracker> {
    const none = { labels: [], authors: null, board: null, onProblem: () => undefined };
    return new GitHubTracker(await this.ask(), { repository: "owner/app", ...none, ...place });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.emulator.close();
  }

  /** Puts the issue's card on the board. */
  async onBoard(id: string, column: string): Promise<string> {
    const { node_id: node } = (await this.as("owner", "GET", `/repos/owner/app/issues/${id}`)) as { node_id: string };
    this.cards.set(node, column);
    return node;
  }

  private troubleOf({ method, url = "" }: IncomingMessage): Trouble | null {
    const at = this.troubles.findIndex(({ on }) => on === undefined || (on[0] === method && url.endsWith(on[1])));
    return at === -1 ? null : (this.troubles.splice(at, 1)[0] ?? null);
  }

  private graphql({ query, variables }: Query): unknown {
    if (query.startsWith("mutation")) {
      this.cards.set(variables["item"] ?? "", this.columns[Number(variables["option"])] ?? "");
      return { data: { updateProjectV2ItemFieldValue: { projectV2Item: { id: variables["item"] } } } };
    }
    const node = variables["issue"] ?? "";
    const column = this.cards.get(node);
    const options = this.columns.map((name, index) => ({ id: String(index), name }));
    const project = { id: "P", url: boardUrl, field: { id: "F", options } };
    const nodes = column === undefined ? [] : [{ id: node, project, fieldValueByName: { name: column } }];
    const errors = this.cardErrors.length === 0 ? {} : { errors: this.cardErrors };
    return { data: { node: { projectItems: { nodes: [null, ...nodes] } } }, ...errors };
  }

  private async invited(login: string): Promise<void> {
    const open = (await this.as(login, "GET", "/user/repository_invitations").catch(() => [])) as { id: number }[];
    for (const { id } of open) await this.as(login, "PATCH", `/user/repository_invitations/${id}`, {});
  }
}

/** Two issues, for the contract of trackers. */
export async function githubWorld() {
  const github = await GitHub.open();
  const one = await github.issue("Do one");
  const two = await github.issue("Do two", { body: `Depends on #${one}` });
  return {
    tracker: await github.tracker(),
    github,
    one,
    two,
    statusOf: async (id: string) => {
      const { state, labels, assignees } = await github.see(id);
      if (state === "closed") return "closed";
      return labels.includes("nightcrew") || assignees.length > 0 ? "in_progress" : "open";
    },
    said: async (id: string) => (await github.comments(id)).join("\n"),
    takes: async (id: string) => {
      await github.as("owner", "POST", `/repos/owner/app/issues/${id}/assignees`, { assignees: ["mate"] });
    },
    closes: async (id: string) => {
      await github.as("owner", "PATCH", `/repos/owner/app/issues/${id}`, { state: "closed" });
    },
    removes: async () => "999",
    leave: () => github.close(),
  };
}
