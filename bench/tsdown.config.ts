import { defineConfig } from "tsdown";

/** The store and the engine alone, the decisions of queues, the checks of plans, the reader of roadmaps; made anew for every measurement. */
export default defineConfig({
  entry: {
    load: "engine/load.ts",
    fill: "engine/fill.ts",
    simulate: "queue/simulate.ts",
    land: "queue/land.ts",
    check: "plan/check.ts",
    read: "roadmaps/read.ts",
  },
  format: "cjs",
  platform: "node",
  target: "node20.19",
  dts: false,
  deps: { alwaysBundle: [/.*/], neverBundle: ["@photostructure/sqlite"] },
});
