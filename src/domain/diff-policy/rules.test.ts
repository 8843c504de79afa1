import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ruleNames, rules } from "./rules.ts";

const page = readFileSync(new URL("../../../docs/guides/policy.md", import.meta.url), "utf8").replace(/\s+/g, " ");

it("documents every rule with its level and what it looks for, and no other", () => {
  const documented = [...page.matchAll(/### `([a-z-]+)`/g)].map(([, name]) => name);
  expect(documented).toEqual([...ruleNames]);
  const sections = ruleNames.map(
    (name) => `### \`${name}\` Default: **${rules[name].level}**. ${rules[name].explanation}`,
  );
  expect(sections.filter((section) => !page.includes(section))).toEqual([]);
});
