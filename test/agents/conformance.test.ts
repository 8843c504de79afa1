import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe } from "vitest";
import { test } from "../rig/sandbox.ts";
import { cases, expectedOf, inapplicable, noteOf } from "./cases.ts";
import { cliFolder } from "./clis.ts";
import { openModel, type Model } from "./model-server.ts";
import { roster, versionTried, whyNot } from "./roster.ts";
import { noTimeLeft } from "./time-left.ts";
import { expectNoTraces, forbiddenPlace, tried } from "./trial.ts";

// Every driver with the real program behind it, a scripted model, and the product's own command line. By case and not by
// driver, so that every driver has had the first ones where time runs out.
const held: { model: Model | null } = { model: null };

beforeAll(async () => {
  held.model = await openModel(cliFolder);
});

afterAll(async () => {
  await held.model?.close();
});

describe.concurrent.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
  test.for(roster.map((entry) => [entry.name, entry] as const))(
    "%s",
    async ([, entry], { sandbox, skip, task, expect }) => {
      const why = whyNot(entry) ?? inapplicable(entry, one) ?? noTimeLeft();
      Object.assign(task.meta, { note: why ?? noteOf(entry, one), version: versionTried(entry) });
      if (why !== null) return skip(why);
      const model = held.model ?? expect.fail("no model was opened");
      const trial = await tried({ sandbox, model, entry, one });
      const { told, code, stderr, repo, prefix } = trial;
      // Not ours, and in no repository; but told, as nobody removes them.
      const litter = readdirSync(sandbox.path("tmp"));
      await sandbox.left();
      sandbox.empty("tmp");
      const outcomes = [...new Set(Object.values(told.outcomes))];
      Object.assign(task.meta, { outcomes, cost: told.cost, litter });
      const expected = expectedOf(entry, one);
      const others = outcomes.filter((got) => !expected.outcomes.some((want) => got.startsWith(want)));
      const ok = code === expected.exit && told.landed === expected.landed && others.length === 0;
      const more = ok ? [] : [...told.failures.slice(-1), stderr.slice(-1_000)];
      expect({ code, landed: told.landed, others, more }).toEqual({
        code: expected.exit,
        landed: expected.landed,
        others: [],
        more: [],
      });
      expect(Object.keys(told.outcomes)).toHaveLength(one.tasks ?? 1);
      for (let index = 1; index <= expected.landed; index++)
        expect(repo.show("main", `${prefix}-${index}.txt`).trimEnd()).toBe("made by the model");
      if (one.course === "resume") {
        const asked = model.seen.filter(({ file }) => file?.startsWith(prefix) === true);
        expect(asked.filter(({ results, resultsInAll }) => resultsInAll > results)).not.toEqual([]);
      }
      expect(existsSync(forbiddenPlace(sandbox))).toBe(false);
      await expectNoTraces(sandbox, trial);
    },
  );
});
