import { defineConfig } from "tsdown";

/** The store and the engine alone, for bench/engine.mjs; made anew for every measurement. */
export default defineConfig({
  entry: { load: "engine/load.ts", fill: "engine/fill.ts" },
  format: "cjs",
  platform: "node",
  target: "node20.19",
  dts: false,
  deps: { alwaysBundle: [/.*/], neverBundle: ["@photostructure/sqlite"] },
});
