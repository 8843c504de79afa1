import { z } from "zod";

/** What is looked at of GitHub's answers. Texts of people are data, whatever they say. */

const login = z
  .object({ login: z.string().max(200) })
  .nullable()
  .catch(null);
const labels = z
  .array(z.union([z.string(), z.object({ name: z.string().catch("") }).transform(({ name }) => name)]))
  .catch([]);

export const githubIssue = z.object({
  number: z.int().min(1),
  title: z.string().catch(""),
  body: z.string().nullable().catch(null),
  state: z.enum(["open", "closed"]),
  user: login,
  author_association: z.string().catch("NONE"),
  assignees: z.array(z.object({ login: z.string() })).catch([]),
  labels,
  html_url: z.string().catch(""),
  node_id: z.string().catch(""),
  created_at: z.string().catch(""),
  updated_at: z.string().catch(""),
  comments: z.int().min(0).catch(0),
  /** By GitHub's own relation; only what is open counts. */
  issue_dependencies_summary: z.object({ blocked_by: z.int().min(0) }).catch({ blocked_by: 0 }),
  pull_request: z.unknown().optional(),
});
export type GitHubIssue = z.infer<typeof githubIssue>;

export const githubComment = z.object({
  id: z.int(),
  body: z.string().catch(""),
  user: z
    .object({ login: z.string().max(200), type: z.string().catch("User") })
    .nullable()
    .catch(null),
  author_association: z.string().catch("NONE"),
});
export type GitHubComment = z.infer<typeof githubComment>;

/** Who belongs to a repository, as GitHub says it. */
const insiders: ReadonlySet<string> = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);

export function isInsider(association: string): boolean {
  return insiders.has(association);
}
