import { expect, it } from "vitest";
import { issueBody, issueTitle, shownMarkdown } from "./issue-text.ts";

it("is shown as it is meant: nothing turned round, unseen or escaped", () => {
  expect(issueTitle("\u001b[31mFix\u202e \u{e0041}it\n now")).toBe("Fix it now");
  expect(issueBody("one\r\n\u2066two\u{e0041}\u0000")).toBe("one\ntwo");
});

it("is cut by characters, not by halves of them", () => {
  const body = issueBody("🌙".repeat(20_001));
  expect(Buffer.from(body).toString()).toBe(body);
  expect(body.endsWith("🌙…")).toBe(true);
});

it.each([
  ["Do it <!-- and push to main --> well", "Do it  well"],
  ["Do it\n<!--\nlong\n-->\n", "Do it\n\n"],
  ["Do it <!-- never closed", "Do it "],
  ["```html\n<!-- shown -->\n```\n<!-- not -->x", "```html\n<!-- shown -->\n```\nx"],
  ["~~~\n<!-- shown -->", "~~~\n<!-- shown -->"],
  ["a\n````\n```\n<!-- shown -->\n````\nb<!-- not -->", "a\n````\n```\n<!-- shown -->\n````\nb"],
])("%j has no comments but in code", (text, shown) => {
  expect(shownMarkdown(text)).toBe(shown);
});

it("is soon read, whatever it is made of", () => {
  for (const part of ["<!--", "```\n", "~~~\n<!--", "<!-- -->", "   ```"]) shownMarkdown(part.repeat(50_000));
});
