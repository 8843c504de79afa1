import { defineConfig, type UserConfig } from "tsdown";

/**
 * CommonJS, since its modules can be compiled ahead (scripts/compile-ahead.mjs): that halves the time a command takes to
 * start. What is rarely used is a chunk that is loaded when it is; the runner is one file.
 */
const product = {
  format: "cjs",
  platform: "node",
  target: "node20.19",
  outDir: "dist",
  dts: false,
  minify: true,
  clean: false,
  define: { CRASH_POINTS: "false" },
  deps: { alwaysBundle: [/.*/], neverBundle: ["@photostructure/sqlite"] },
} satisfies UserConfig;

/** What belongs to the product; `shared` says what for, and where to. */
function bundles(shared: UserConfig): UserConfig[] {
  return [
    { ...shared, entry: { main: "src/main.ts" }, clean: true },
    {
      ...shared,
      entry: {
        daemon: "src/daemon/main.ts",
        "source-reader": "src/adapters/sources/reader-thread.ts",
        "store-backup": "src/adapters/store/backup-thread.ts",
      },
    },
    { ...shared, entry: { runner: "src/runner/main.ts" } },
    { ...shared, entry: { "acp-agent": "src/bridges/acp/main.ts" } },
    { ...shared, entry: { "builtin-agent": "src/bridges/builtin/main.ts" } },
  ];
}

/** The product with its crash points (src/engine/crash-point.ts), for test/rig/crash-build.ts alone. */
const crashing = { ...product, define: { CRASH_POINTS: "true" }, outDir: ".build/crash/dist", minify: false };

export default defineConfig(
  process.env["NIGHTCREW_BUILD"] === "crash"
    ? bundles(crashing)
    : [
        ...bundles(product),
        { ...product, entry: { sim: "sim/main.ts" } },
        { ...product, entry: { openapi: "src/api/openapi.ts" }, outDir: ".build/openapi" },
      ],
);
