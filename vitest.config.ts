import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Not a measure: the same test takes seconds on one machine, and a minute on one that others use, too. */
const bound = 180_000;

export default defineConfig({
  test: {
    // Much of the time is waited for other processes: also where there are two cores, three files at once.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/contract/**/*.test.ts"],
          setupFiles: "test/rig/property-seed.ts",
          testTimeout: bound,
          hookTimeout: bound,
        },
      },
      {
        test: {
          name: "sim",
          include: ["sim/**/*.test.ts", "test/sim.test.ts"],
          testTimeout: 600_000,
        },
      },
      { test: { name: "tidy", include: ["test/tidy.test.ts"], testTimeout: bound } },
      {
        // Real agents, in a box: only by `npm run test:agents`.
        test: {
          name: "agents",
          include: ["test/agents/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: bound,
          maxConcurrency: 6,
          // Other people's programs, on a busy machine: what fails once and not again is a flake of theirs.
          retry: 2,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/rig/crash-build.ts",
          testTimeout: bound,
          hookTimeout: bound,
        },
      },
    ],
  },
});
