import { z } from "zod";
import type { GitHubComment } from "./github-schema.ts";

/** What a comment of ours says to ourselves, hidden from readers. */
const mark = z.discriminatedUnion("do", [
  /** `after`: the last comment that was seen when nobody had it. */
  z.object({ do: z.literal("claim"), holder: z.string().max(300), after: z.int() }),
  z.object({ do: z.enum(["close", "release", "leave"]), holder: z.string().max(300) }),
]);
export type Mark = z.infer<typeof mark>;

const form = /(?:^|\n)<!-- nightcrew (\{[^\n]*\}) -->\s*$/;

/** An agent may have a part in the words: nobody is called by them, nothing is linked, hidden or drawn. */
export function plainWords(text: string): string {
  return text.replace(/[\\<[\]]/g, String.raw`\$&`).replace(/([@#])(?=\w)/g, "$1\u200B");
}

export function withMark(text: string, own: Mark): string {
  return `${text}\n\n<!-- nightcrew ${JSON.stringify(own).replaceAll("-->", "")} -->`;
}

/** Where an issue stands by its comments; only those of `isOurs` count. */
export interface Standing {
  /** Who has claimed it; null: nobody. */
  readonly holder: string | null;
  /** The last that was said. */
  readonly last: { readonly do: Mark["do"]; readonly holder: string } | null;
  readonly givenBack: number;
  /** Number of the newest comment, by whomever. */
  readonly newest: number;
}

/** Of several that claimed at once the first one has it. */
export function standingOf(comments: readonly GitHubComment[], isOurs: (comment: GitHubComment) => boolean): Standing {
  let current: { readonly holder: string; readonly id: number } | null = null;
  let last: Standing["last"] = null;
  let givenBack = 0;
  let newest = 0;
  for (const comment of [...comments].sort((a, b) => a.id - b.id)) {
    newest = Math.max(newest, comment.id);
    const own = isOurs(comment) ? markIn(comment.body) : null;
    if (own === null) continue;
    if (own.do === "claim") {
      // Whoever saw the claim before, and that it did not count any more, has it now.
      if (current !== null && own.after < current.id) continue;
      current = { holder: own.holder, id: comment.id };
    } else if (own.do === "close") current = null;
    else {
      givenBack++;
      current = null;
    }
    last = { do: own.do, holder: own.holder };
  }
  return { holder: current?.holder ?? null, last, givenBack, newest };
}

function markIn(body: string): Mark | null {
  const [, json] = form.exec(body) ?? [];
  if (json === undefined) return null;
  try {
    const parsed = mark.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
