import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "tsdown";

/**
 * Writes what is not ASCII as escapes: one such character and V8 keeps two bytes for each character of the file, as long as
 * the process lives. What stands in a comment or in `String.raw` would be changed; there are no comments, nor such strings.
 */
const ascii = {
  name: "ascii",
  generateBundle(_: unknown, bundle: Record<string, { code?: string }>): void {
    for (const file of Object.values(bundle)) file.code &&= file.code.replace(/[^\0-\x7f]/g, escaped);
  },
};

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Functions of node's own modules that a runner calls when its agent has finished, if ever; to load those takes long. */
const lateFunctions: Record<string, readonly string[]> = {
  "node:crypto": ["createHash", "randomBytes"],
  "node:zlib": ["deflateSync", "inflateSync"],
};

/** Loads such a module with the first call of a function of it. */
const late = {
  name: "late",
  resolveId: (id: string) => (id in lateFunctions ? `\0late:${id}` : null),
  load(id: string): string | null {
    const name = id.replace("\0late:", "");
    if (name === id) return null;
    const call = (of: string): string =>
      `export const ${of} = (...args) => process.getBuiltinModule("${name}").${of}(...args);`;
    return (lateFunctions[name] ?? []).map(call).join("\n");
  },
};

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
  plugins: [ascii],
  define: { CRASH_POINTS: "false" },
  deps: { alwaysBundle: [/.*/], neverBundle: ["@photostructure/sqlite"] },
} satisfies UserConfig;

/** What the reader of imports needs beside its code: tree-sitter, and the grammars of the languages it reads. */
const grammars = [
  "node_modules/web-tree-sitter/web-tree-sitter.wasm",
  ...["go", "java", "javascript", "python", "rust", "tsx", "typescript"].map(
    (language) => `node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter-${language}.wasm`,
  ),
];

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
        "code-graph": "src/adapters/code/imports/graph-thread.ts",
      },
      // The other form of it makes its own `require`, from an address that a bundle does not have.
      alias: {
        "web-tree-sitter": fileURLToPath(new URL("node_modules/web-tree-sitter/web-tree-sitter.cjs", import.meta.url)),
      },
      // tree-sitter's own code has one, for modules that are none of ours.
      checks: { eval: false },
      copy: grammars.map((from) => ({ from, to: `${shared.outDir}/grammars` })),
    },
    { ...shared, entry: { runner: "src/runner/main.ts" }, plugins: [ascii, late] },
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
