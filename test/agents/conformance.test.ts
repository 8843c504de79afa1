import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { test } from "../rig/sandbox.ts";
import { cases, expectedOf, inapplicable } from "./cases.ts";
import { cliFolder } from "./clis.ts";
import { openModel, type Model } from "./model-server.ts";
import { roster, whyNot } from "./roster.ts";
import { askedFile } from "./scenarios.ts";
import { expectNoTraces, tried } from "./trial.ts";

// Every driver with the real program behind it, a scripted model, and the product's own command line.
const held: { model: Model | null } = { model: null };

beforeAll(async () => {
  held.model = await openModel(cliFolder);
});

afterAll(async () => {
  await held.model?.close();
});

describe.concurrent.each(roster.map((entry) => [entry.name, entry] as const))("%s", (_name, entry) => {
  test.for(cases.map((one) => [one.name, one] as const))("%s", async ([, one], { sandbox, skip, task, expect }) => {
    const why = whyNot(entry) ?? inapplicable(entry, one);
    if (why !== null) return skip(why);
    const model = held.model ?? expect.fail("no model was opened");
    const trial = await tried({ sandbox, model, entry, one });
    const { told, code, stderr } = trial;
    Object.assign(task.meta, { outcomes: [...new Set(Object.values(told.outcomes))], cost: told.cost });
    const expected = expectedOf(entry, one);
    const others = Object.values(told.outcomes).filter(
      (got) => !expected.outcomes.some((want) => got.startsWith(want)),
    );
    expect({ code, landed: told.landed, others, stderr: code === expected.exit ? "" : stderr.slice(-1_000) }).toEqual({
      code: expected.exit,
      landed: expected.landed,
      others: [],
      stderr: "",
    });
    expect(Object.keys(told.outcomes)).toHaveLength(one.tasks ?? 1);
    for (let index = 1; index <= expected.landed; index++)
      expect(trial.repo.show("main", `${trial.prefix}-${index}.txt`).trimEnd()).toBe("made by the model");
    if (one.course === "resume") {
      const asked = model.seen.filter(({ file }) => file?.startsWith(trial.prefix) === true);
      expect(asked.filter(({ results, resultsInAll }) => resultsInAll > results)).not.toEqual([]);
    }
    expect(existsSync(askedFile)).toBe(false);
    await expectNoTraces(sandbox, trial);
  });
});
