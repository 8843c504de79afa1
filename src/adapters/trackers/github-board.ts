import { z } from "zod";
import { OperationalError } from "../../std/operational-error.ts";
import { singleLine } from "../../std/text.ts";
import type { AskGitHub } from "./github-client.ts";

/** Columns of a board, as GitHub's own templates call them. */
export type Column = "In Progress" | "Done" | "Todo";

const cards = `query ($issue: ID!) {
  node(id: $issue) { ... on Issue { projectItems(first: 50) { nodes {
    id
    project { id url field(name: "Status") { ... on ProjectV2SingleSelectField { id options { id name } } } }
    fieldValueByName(name: "Status") { ... on ProjectV2ItemFieldSingleSelectValue { name } }
  } } } }
}`;

const move = `mutation ($project: ID!, $item: ID!, $field: ID!, $option: String!) {
  updateProjectV2ItemFieldValue(
    input: { projectId: $project, itemId: $item, fieldId: $field, value: { singleSelectOptionId: $option } }
  ) { projectV2Item { id } }
}`;

const field = z.object({ id: z.string(), options: z.array(z.object({ id: z.string(), name: z.string() })) });
const card = z.object({
  id: z.string(),
  project: z.object({ id: z.string(), url: z.string(), field: field.nullable().catch(null) }),
  fieldValueByName: z.object({ name: z.string().optional() }).nullable().catch(null),
});
const answer = z.object({
  data: z
    .object({ node: z.object({ projectItems: z.object({ nodes: z.array(card.nullable()) }).optional() }).nullable() })
    .nullish(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** Moves the card of an issue on one board. One that has no card there stays off it; one that is where it should be stays there. */
export async function moveCard(ask: AskGitHub, issue: string, board: string, column: Column): Promise<void> {
  const { success, data: found } = answer.safeParse(await query(ask, cards, { issue }));
  if (!success) throw refused(board, "what GitHub says of it cannot be understood");
  const own = found.data?.node?.projectItems?.nodes.find(
    (one) => one?.project.url.toLowerCase() === board.toLowerCase(),
  );
  // Of other boards it may be on one that is not for us to see.
  if (own == null && found.errors !== undefined) throw refused(board, found.errors[0]?.message ?? "");
  if (own == null) return;
  const { project, fieldValueByName: now } = own;
  if (isSame(now?.name ?? "", column)) return;
  const option = project.field?.options.find(({ name }) => isSame(name, column));
  if (project.field === null || option === undefined) throw refused(board, `it has no column ${column}`);
  const variables = { project: project.id, item: own.id, field: project.field.id, option: option.id };
  const moved = z.object({ errors: answer.shape.errors }).safeParse(await query(ask, move, variables));
  if (moved.data?.errors !== undefined) throw refused(board, moved.data.errors[0]?.message ?? "");
}

async function query(ask: AskGitHub, text: string, variables: Readonly<Record<string, string>>): Promise<unknown> {
  return (await ask("POST /graphql", { query: text, variables })).data;
}

function isSame(name: string, column: Column): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, "");
  return plain(name) === plain(column);
}

function refused(board: string, why: string): OperationalError {
  return new OperationalError({
    code: "board-refused",
    what: `A card of ${board} was not moved`,
    why: singleLine(why),
    next: "the token needs to write projects; the board needs a field Status with In Progress and Done",
  });
}
