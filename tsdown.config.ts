import { defineConfig } from "tsdown";

/** The command line and the in-process daemon share chunks; the runner is one file of its own, so that it starts fast. */
export default defineConfig([
  {
    entry: { main: "src/main.ts", "source-reader": "src/adapters/sources/reader-thread.ts" },
    format: "esm",
    platform: "node",
    target: "node20.19",
    outDir: "dist",
    dts: false,
    minify: true,
    clean: true,
    noExternal: [/.*/],
    external: ["@photostructure/sqlite"],
  },
  {
    entry: { runner: "src/runner/main.ts" },
    format: "cjs",
    platform: "node",
    target: "node20.19",
    outDir: "dist",
    dts: false,
    minify: true,
    clean: false,
    noExternal: [/.*/],
  },
]);
