import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { buildGraph, type BuiltGraph } from "./build-graph.ts";
import { Grammars } from "./grammars.ts";

const { resolve } = createRequire(import.meta.url);
const grammars = new Grammars(
  dirname(resolve("@vscode/tree-sitter-wasm/wasm/tree-sitter-go.wasm")),
  dirname(resolve("web-tree-sitter/web-tree-sitter.wasm")),
);
const root = mkdtempSync(join(tmpdir(), "nightcrew-imports-"));
const cacheFile = join(root, "cache", "one.json");
let repository = "";
let made = 0;
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    cwd: repository,
    env: { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
    encoding: "utf8",
  }).trim();

beforeEach(() => {
  repository = join(root, String(made++));
  mkdirSync(repository);
  git("init", "--quiet");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function built(files: Readonly<Record<string, string>>, cache = cacheFile): Promise<BuiltGraph> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(repository, dirname(path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  git("add", "--all", "--force");
  git("commit", "--quiet", "--allow-empty", "--message", "Files");
  return await buildGraph({ gitDir: join(repository, ".git"), commit: "HEAD", cacheFile: cache }, grammars);
}

/** By file: those that import it directly. */
async function importers(
  files: Readonly<Record<string, string>>,
  ...paths: readonly string[]
): Promise<Record<string, string[]>> {
  const { graph } = await built(files);
  return Object.fromEntries(paths.map((path) => [path, graph.importersOf(path, { steps: 1, limit: 100 })]));
}

describe("importers in JavaScript and TypeScript", () => {
  it("are found in every form, whatever ending is written", async () => {
    const files = {
      "src/a.ts": "export const a = 1;",
      "src/static.ts": 'import { a } from "./a.ts";',
      "src/typed.ts": 'import type { A } from "./a";',
      "src/again.ts": 'export * from "./a.js";',
      "src/late.tsx": 'const x = <p>{await import("./a")}</p>;',
      "src/required.cjs": 'const { a } = require("./a");',
      "src/equals.cts": 'import a = require("./a");',
      "src/deep/up.mjs": 'import "../a.ts";',
      "src/other.ts": 'const text = "./a"; import "./deep"; import "left-pad";',
      "src/deep/index.js": "",
    };
    expect(await importers(files, "src/a.ts", "src/deep/index.js")).toEqual({
      "src/a.ts": [
        "src/again.ts",
        "src/deep/up.mjs",
        "src/equals.cts",
        "src/late.tsx",
        "src/required.cjs",
        "src/static.ts",
        "src/typed.ts",
      ],
      "src/deep/index.js": ["src/other.ts"],
    });
  });

  it("are found by the paths of a tsconfig.json, also of one that it extends", async () => {
    const files = {
      "tsconfig.base.json":
        '{ // comment\n "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["lib/*"], }, } }',
      "app/tsconfig.json": '{ "extends": "../tsconfig.base.json" }',
      "app/tsconfig.build.json": "{}",
      "app/main.ts": 'import "@lib/thing"; import "lib/based";',
      "lib/thing.ts": "",
      "lib/based.ts": "",
    };
    expect(await importers(files, "lib/thing.ts", "lib/based.ts")).toEqual({
      "lib/thing.ts": ["app/main.ts"],
      "lib/based.ts": ["app/main.ts"],
    });
  });

  it("are found by the names of the repository's own packages", async () => {
    const files = {
      "packages/core/package.json": '{ "name": "@x/core", "exports": { ".": { "import": "./src/entry.ts" } } }',
      "packages/core/src/entry.ts": "",
      "packages/core/src/part.ts": "",
      "packages/app/main.ts": 'import "@x/core"; import "@x/core/part";',
    };
    expect(await importers(files, "packages/core/src/entry.ts", "packages/core/src/part.ts")).toEqual({
      "packages/core/src/entry.ts": ["packages/app/main.ts"],
      "packages/core/src/part.ts": ["packages/app/main.ts"],
    });
  });
});

describe("importers in other languages", () => {
  it("Python: packages, modules, names in them, relative ones, in `src` as well", async () => {
    const files = {
      "src/pkg/__init__.py": "",
      "src/pkg/core.py": "def run(): pass",
      "src/pkg/one.py": "from .core import run",
      "src/pkg/two.py": "from . import core as c",
      "src/pkg/sub/three.py": "from ..core import *",
      "tests/test_core.py": "import pkg.core, os\n",
      "tests/test_name.py": "def test():\n    from pkg.core import run\n",
      "tests/test_package.py": "from pkg import something\n",
    };
    expect(await importers(files, "src/pkg/core.py", "src/pkg/__init__.py")).toEqual({
      "src/pkg/core.py": [
        "src/pkg/one.py",
        "src/pkg/sub/three.py",
        "src/pkg/two.py",
        "tests/test_core.py",
        "tests/test_name.py",
      ],
      "src/pkg/__init__.py": ["src/pkg/two.py", "tests/test_package.py"],
    });
  });

  it("Go: all files of a package of the module, but for its tests", async () => {
    const files = {
      "go.mod": "module example.org/app\n\ngo 1.22\n",
      "main.go": 'package main\nimport (\n  "fmt"\n  s "example.org/app/store"\n)\n',
      "store/store.go": "package store\n",
      "store/sql.go": "package store\n",
      "store/store_test.go": 'package store\nimport "testing"\n',
    };
    expect(await importers(files, "store/store.go", "store/sql.go", "store/store_test.go")).toEqual({
      "store/store.go": ["main.go"],
      "store/sql.go": ["main.go"],
      "store/store_test.go": [],
    });
  });

  it("Rust: modules, `crate`, `super`, groups, and other crates of the workspace", async () => {
    const files = {
      "Cargo.toml": '[workspace]\nmembers = ["app", "lib-one"]\n',
      "lib-one/Cargo.toml": '[package]\nedition = "2021"\nname = "lib-one"\n',
      "lib-one/src/lib.rs": "pub mod deep;\npub fn f() {}\n",
      "lib-one/src/deep/mod.rs": "mod inner;\nuse super::f;\n",
      "lib-one/src/deep/inner.rs": "use crate::deep::{self, other as o};\n",
      "app/Cargo.toml": '[package]\nname = "app"\n',
      "app/src/main.rs": "mod config;\nuse lib_one::deep::inner::{a, b::c};\n",
      "app/src/config.rs": "use std::fs;\nmod file;\n",
      "app/src/config/file.rs": "use super::Config;\n",
    };
    const found = await importers(
      files,
      "lib-one/src/lib.rs",
      "lib-one/src/deep/mod.rs",
      "lib-one/src/deep/inner.rs",
      "app/src/config.rs",
      "app/src/config/file.rs",
    );
    expect(found).toEqual({
      "lib-one/src/lib.rs": ["lib-one/src/deep/mod.rs"],
      "lib-one/src/deep/mod.rs": ["lib-one/src/deep/inner.rs", "lib-one/src/lib.rs"],
      "lib-one/src/deep/inner.rs": ["app/src/main.rs", "lib-one/src/deep/mod.rs"],
      "app/src/config.rs": ["app/src/config/file.rs", "app/src/main.rs"],
      "app/src/config/file.rs": ["app/src/config.rs"],
    });
  });

  it("Java: classes, their members, whole packages", async () => {
    const files = {
      "src/main/java/org/x/A.java": "package org.x;\npublic class A { static int n; }\n",
      "src/main/java/org/x/B.java": "package org.x;\npublic class B {}\n",
      "src/main/java/org/y/One.java": "package org.y;\nimport org.x.A;\nclass One {}\n",
      "src/main/java/org/y/Two.java": "package org.y;\nimport static org.x.A.n;\nclass Two {}\n",
      "src/main/java/org/y/Three.java": "package org.y;\nimport org.x.*;\nimport java.util.*;\nclass Three {}\n",
    };
    const y = (name: string): string => `src/main/java/org/y/${name}.java`;
    expect(await importers(files, "src/main/java/org/x/A.java", "src/main/java/org/x/B.java")).toEqual({
      "src/main/java/org/x/A.java": [y("One"), y("Three"), y("Two")],
      "src/main/java/org/x/B.java": [y("Three")],
    });
  });
});

describe("the import graph", () => {
  it("goes through others as far as it is asked to, and gives no more than that", async () => {
    const files = {
      "a.js": "",
      "b.js": 'import "./a.js"',
      "c.js": 'import "./b.js"',
      "d.js": 'import "./c.js"; import "./a.js"',
    };
    const { graph } = await built({ ...files, "a.js": 'import "./c.js"' });
    expect(graph.importersOf("a.js", { steps: 1, limit: 9 })).toEqual(["b.js", "d.js"]);
    expect(graph.importersOf("a.js", { steps: 9, limit: 9 })).toEqual(["b.js", "d.js", "c.js"]);
    expect(graph.importersOf("a.js", { steps: 9, limit: 1 })).toEqual(["b.js"]);
    expect(graph.importersOf("none.js", { steps: 9, limit: 9 })).toEqual([]);
  });

  it("reads only what is new, also in another branch, and does without what it cannot use", async () => {
    const cache = join(root, "cache", "two.json");
    const files = { "a.js": 'import "./b.js"', "b.js": "", "c.py": "import a" };
    expect(await built(files, cache)).toMatchObject({ files: 3, read: 3 });
    expect(await built({}, cache)).toMatchObject({ files: 3, read: 0, graph: { imports: 1 } });
    expect(await built({ "b.js": 'import "./a.js"' }, cache)).toMatchObject({
      files: 3,
      read: 1,
      graph: { imports: 2 },
    });
    git("checkout", "--quiet", "HEAD~1");
    expect(await built({}, cache)).toMatchObject({ files: 3, read: 0 });
    writeFileSync(cache, "{ half");
    expect(await built({}, cache)).toMatchObject({ files: 3, read: 3 });
  });

  it("names what is too large, and takes what it can of what is broken", async () => {
    const files = {
      "large.js": `// ${"x".repeat(1_000_001)}`,
      "broken.ts": 'import "./a"; ((((( const } import',
      "a.ts": "\0\u0001\ufffd",
      "empty.py": "",
      "nested.rs": `${"mod a { ".repeat(4_000)} mod x; ${"}".repeat(4_000)}`,
    };
    const { graph, skipped } = await built(files);
    expect(skipped[0]).toEqual({ path: "large.js", why: "too-large" });
    expect(graph.importersOf("a.ts", { steps: 1, limit: 9 })).toEqual(["broken.ts"]);
  });
});
