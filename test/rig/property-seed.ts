import { readFileSync } from "node:fs";
import { expect } from "vitest";

/**
 * Properties meet the same cases in every run, as the seeds of the simulator do: a verdict on a tree must not depend on luck.
 * `PROPERTY_SEED=N` gives them others.
 */
const seed = Number(process.env["PROPERTY_SEED"] ?? 1);

const { testPath } = expect.getState();
// Most files have no property, and need not wait for the library.
if (testPath !== undefined && readFileSync(testPath, "utf8").includes('from "fast-check"')) {
  const { configureGlobal } = await import("fast-check");
  configureGlobal({ seed });
}
