import { ellipsis, printable, singleLine, visible } from "../../std/text.ts";

/** Characters of an issue's text that an agent is told. */
const maxBody = 20_000;
/** Enough to find that much in, and what is taken out of it. */
const maxLooked = 5 * maxBody;

export function issueTitle(text: string): string {
  return visible(singleLine(text));
}

export function issueBody(text: string): string {
  return ellipsis(visible(printable(text.slice(0, maxLooked))).trim(), maxBody);
}

const fenced = /(^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:\n {0,3}\2[^\n]*|$(?![\s\S])))/m;

/** Without what no reader of Markdown sees: a person who read an issue has not agreed to what is written into its comments. */
export function shownMarkdown(text: string): string {
  let rest = text.slice(0, maxLooked).replace(/\r\n?/g, "\n");
  const parts: string[] = [];
  for (let fence = fenced.exec(rest); fence !== null; fence = fenced.exec(rest)) {
    parts.push(withoutComments(rest.slice(0, fence.index)), fence[0]);
    rest = rest.slice(fence.index + fence[0].length);
  }
  return [...parts, withoutComments(rest)].join("");
}

function withoutComments(text: string): string {
  return text.replace(/<!--[\s\S]*?(?:-->|$(?![\s\S]))/g, "");
}
