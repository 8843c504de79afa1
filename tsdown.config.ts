import { defineConfig, type UserConfig } from "tsdown";

/**
 * CommonJS, since its modules can be compiled ahead (scripts/compile-ahead.mjs): that halves the time a command takes to
 * start. What is rarely used is a chunk that is loaded when it is; the runner is one file.
 */
const shared = {
  format: "cjs",
  platform: "node",
  target: "node20.19",
  outDir: "dist",
  dts: false,
  minify: true,
  clean: false,
  deps: { alwaysBundle: [/.*/], neverBundle: ["@photostructure/sqlite"] },
} satisfies UserConfig;

export default defineConfig([
  { ...shared, entry: { main: "src/main.ts" }, clean: true },
  { ...shared, entry: { daemon: "src/daemon/main.ts", "source-reader": "src/adapters/sources/reader-thread.ts" } },
  { ...shared, entry: { runner: "src/runner/main.ts" } },
  { ...shared, entry: { sim: "sim/main.ts" } },
  { ...shared, entry: { openapi: "src/api/openapi.ts" }, outDir: ".build/openapi" },
]);
