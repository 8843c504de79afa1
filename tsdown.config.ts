import { defineConfig, type UserConfig } from "tsdown";

/**
 * CommonJS, since its modules can be compiled ahead (scripts/compile-ahead.mjs): that halves the time a command takes to
 * start. The command line and the in-process daemon share lazily loaded chunks; the runner is one file of its own.
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
  { ...shared, entry: { main: "src/main.ts", "source-reader": "src/adapters/sources/reader-thread.ts" }, clean: true },
  { ...shared, entry: { runner: "src/runner/main.ts" } },
  { ...shared, entry: { sim: "sim/main.ts" } },
]);
