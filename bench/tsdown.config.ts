import { defineConfig } from "tsdown";

/** The store and the engine alone, and the decisions of queues; made anew for every measurement. */
export default defineConfig({
  entry: { load: "engine/load.ts", fill: "engine/fill.ts", simulate: "queue/simulate.ts", land: "queue/land.ts" },
  format: "cjs",
  platform: "node",
  target: "node20.19",
  dts: false,
  deps: { alwaysBundle: [/.*/], neverBundle: ["@photostructure/sqlite"] },
});
