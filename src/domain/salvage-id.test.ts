import { expect, it } from "vitest";
import { matchingSalvages, parseSalvageRef, salvageRef } from "./salvage-id.ts";

const ids = [
  "20250101-000000-aaaaaaaa/parser/1",
  "20250101-000000-aaaaaaaa/parser/2",
  "20250102-000000-bbbbaaaa/lexer/1",
  "20250102-000000-bbbbaaaa/1/1",
];

it.each([
  ["20250101-000000-aaaaaaaa/parser/2", ["20250101-000000-aaaaaaaa/parser/2"]],
  ["lexer", ["20250102-000000-bbbbaaaa/lexer/1"]],
  ["lexer/1", ["20250102-000000-bbbbaaaa/lexer/1"]],
  ["bbbbaaaa/1", ["20250102-000000-bbbbaaaa/1/1"]],
  ["bbbbaaaa/lexer", ["20250102-000000-bbbbaaaa/lexer/1"]],
  ["parser", ["20250101-000000-aaaaaaaa/parser/1", "20250101-000000-aaaaaaaa/parser/2"]],
  ["parser/2", ["20250101-000000-aaaaaaaa/parser/2"]],
  ["aaa", []],
  ["pars", []],
  ["", []],
])("%s means %j", (asked, meant) => {
  expect(matchingSalvages(asked, ids)).toEqual(meant);
});

it("a ref tells run, task and attempt; others are not ours", () => {
  const ref = salvageRef("20250101-000000-aaaaaaaa", "parser", 2);
  expect(parseSalvageRef(ref)).toEqual({ run: "20250101-000000-aaaaaaaa", task: "parser", attempt: "2" });
  expect(parseSalvageRef("refs/heads/main")).toBeNull();
  expect(parseSalvageRef("refs/nightcrew/salvage/x/y")).toBeNull();
});
