import { expect, it } from "vitest";
import type { AgentEvent } from "../domain/agent-event.ts";
import { isYes, makeQuestions } from "./questions.ts";

function questionsWith(timeoutMs = 60_000) {
  const told: string[] = [];
  const emit = (event: AgentEvent) => {
    if (event.type === "permission") told.push(`${event.asked} ${event.answer}`);
  };
  return { told, questions: makeQuestions(emit, timeoutMs) };
}

it("gives each question its own answer, whichever comes first", async () => {
  const { told, questions } = questionsWith();
  const [a, b] = [questions.ask("a"), questions.ask("b")];
  questions.answer("b", "yes");
  questions.answer("c", "yes");
  questions.answer("", "no");
  expect(await Promise.all([a, b])).toEqual([false, true]);
  expect(told.sort()).toEqual(["a denied", "a waiting", "b granted", "b waiting"]);
});

it("denies what waits when nobody is there any more, and what is asked after that", async () => {
  const { told, questions } = questionsWith();
  const waiting = questions.ask("a");
  questions.close();
  expect(await waiting).toBe(false);
  expect(await questions.ask("b")).toBe(false);
  expect(told).toEqual(["a waiting", "a denied", "b denied"]);
});

it("denies what nobody answers in time", async () => {
  const { questions } = questionsWith(1);
  expect(await questions.ask("a")).toBe(false);
});

it.each([
  ["yes", true],
  ["Allow", true],
  [" y ", true],
  ["no", false],
  ["yes, but", false],
  ["", false],
])("takes %j for %s", (text, yes) => {
  expect(isYes(text)).toBe(yes);
});
