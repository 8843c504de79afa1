import { fileURLToPath } from "node:url";
import { defineConfig } from "tsdown";

/** The store and the engine alone, the decisions of queues, the checks of plans, the reader of roadmaps, write sets; made anew for every measurement. */
export default defineConfig({
  entry: {
    load: "engine/load.ts",
    fill: "engine/fill.ts",
    simulate: "queue/simulate.ts",
    land: "queue/land.ts",
    check: "plan/check.ts",
    read: "roadmaps/read.ts",
    decide: "collisions/decide.ts",
    history: "collisions/history.ts",
  },
  format: "cjs",
  platform: "node",
  target: "node20.19",
  dts: false,
  // As in tsdown.config.ts of the product.
  alias: {
    "web-tree-sitter": fileURLToPath(new URL("../node_modules/web-tree-sitter/web-tree-sitter.cjs", import.meta.url)),
  },
  checks: { eval: false },
  deps: { alwaysBundle: [/.*/], neverBundle: ["@photostructure/sqlite"] },
});
