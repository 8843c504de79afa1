import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

describe("importers by what manifests say of names", () => {
  it("of a package: subpaths, also by patterns, and what is built from sources that are there", async () => {
    const exported = {
      ".": { types: "./dist/main.d.ts", import: "./dist/main.js" },
      "./tools": "./dist/esm/kit/tools.js",
      "./parts/*": { import: "./src/parts/*/part.ts" },
    };
    const files = {
      "packages/core/package.json": JSON.stringify({ name: "core", exports: exported }),
      "packages/core/src/main.ts": "",
      "packages/core/src/kit/tools.ts": "",
      "packages/core/src/parts/one/part.ts": "",
      "app/a.ts": 'import "core"; import "core/tools"; import "core/parts/one"; import "core/none";',
    };
    const [main, tools, part] = ["main", "kit/tools", "parts/one/part"].map((name) => `packages/core/src/${name}.ts`);
    expect(await importers(files, main ?? "", tools ?? "", part ?? "")).toEqual({
      [main ?? ""]: ["app/a.ts"],
      [tools ?? ""]: ["app/a.ts"],
      [part ?? ""]: ["app/a.ts"],
    });
  });

  it("of the package a file is in: names that begin with #", async () => {
    const files = {
      "package.json": '{ "imports": { "#db": { "default": "./src/db.js" }, "#lib/*": "./src/lib/*" } }',
      "src/db.ts": "",
      "src/lib/x.ts": "",
      "src/deep/a.ts": 'import "#db"; import "#lib/x.js"; import "#none";',
    };
    expect(await importers(files, "src/db.ts", "src/lib/x.ts")).toEqual({
      "src/db.ts": ["src/deep/a.ts"],
      "src/lib/x.ts": ["src/deep/a.ts"],
    });
  });

  it("of a tsconfig.json: the pattern that says the most counts, and names are taken as they are", async () => {
    const files = {
      "tsconfig.json": '{ "compilerOptions": { "paths": { "*": ["any/*"], "~/*": ["./app/*"] } } }',
      "any/~/a.ts": "",
      "app/a.ts": "",
      "app/$$id.ts": "",
      "app/main.ts": 'import "~/a"; import "~/$$id"; declare module "./a" { interface X { y: 1 } } import(`./$$id`)',
    };
    expect(await importers(files, "app/a.ts", "app/$$id.ts", "any/~/a.ts")).toEqual({
      "app/a.ts": ["app/main.ts"],
      "app/$$id.ts": ["app/main.ts"],
      "any/~/a.ts": [],
    });
    expect(await importers({ "app/other.ts": 'declare module "./$$id" {}' }, "app/$$id.ts")).toEqual({
      "app/$$id.ts": ["app/main.ts", "app/other.ts"],
    });
  });
});

describe("importers in other languages", () => {
  it("Python: a module of the package it is in is not meant by the name of another one", async () => {
    const files = {
      "src/pkg/__init__.py": "",
      "src/pkg/logging.py": "import logging\n",
      "src/pkg/main.py": "import logging\nfrom warnings import warn\nfrom . import warnings\n",
      "src/pkg/warnings.py": "",
      "tools/run.py": "import helper\n",
      "tools/helper.py": "",
      "space/inner/one.py": "",
      "libs/two/src/other/__init__.py": "",
      "libs/two/tests/test_it.py": "import space.inner.one\nimport other\n",
    };
    expect(
      await importers(
        files,
        "src/pkg/logging.py",
        "src/pkg/warnings.py",
        "tools/helper.py",
        "space/inner/one.py",
        "libs/two/src/other/__init__.py",
      ),
    ).toEqual({
      "src/pkg/logging.py": [],
      "src/pkg/warnings.py": ["src/pkg/main.py"],
      "tools/helper.py": ["tools/run.py"],
      "space/inner/one.py": ["libs/two/tests/test_it.py"],
      "libs/two/src/other/__init__.py": ["libs/two/tests/test_it.py"],
    });
  });

  it("Go: also what a module replaces by a folder", async () => {
    const files = {
      "app/go.mod":
        "module example.org/app\n\nreplace example.org/fork v1.2.0 => ../fork\nreplace (\n\texample.org/two => ../two\n\tx.org/y => x.org/z v1\n)\n",
      "app/main.go": 'package main\nimport (\n "example.org/fork/sub"\n "example.org/two"\n)\n',
      "fork/sub/a.go": "package sub\n",
      "two/b.go": "package two\n",
    };
    expect(await importers(files, "fork/sub/a.go", "two/b.go")).toEqual({
      "fork/sub/a.go": ["app/main.go"],
      "two/b.go": ["app/main.go"],
    });
  });

  it("Rust: files that begin a crate of their own, modules in braces, paths of modules and of a library", async () => {
    const files = {
      "Cargo.toml":
        '[package]\nauthors = ["A"] # [b]\nname = "tool"\n\n[lib]\nname = "tool_lib"\npath = "core/entry.rs"\n',
      "core/entry.rs": 'mod config;\n#[path = "odd/name.rs"]\n// Odd.\npub mod named;\n',
      "core/config.rs":
        "mod tests {\n  use super::*;\n  mod deep { use super::super::Thing; use super::super::super::config; }\n}\n",
      "core/odd/name.rs": "",
      "cli/main.rs": "mod args;\nuse tool_lib::config::Config;\n",
      "cli/args.rs": "mod inner { mod part; use self::part::x; }\nuse crate::other;\n",
      "cli/args/inner/part.rs": "",
      "cli/other.rs": "",
      "tests/all.rs": "mod common;\nuse common::run;\n",
      "tests/common/mod.rs": "use crate::extra::x;\nuse tool_lib;\n",
      "tests/extra.rs": "use super::common::y;\n",
    };
    const found = await importers(
      files,
      "core/entry.rs",
      "core/config.rs",
      "core/odd/name.rs",
      "cli/args.rs",
      "cli/args/inner/part.rs",
      "cli/other.rs",
      "tests/common/mod.rs",
      "tests/extra.rs",
    );
    expect(found).toEqual({
      "core/entry.rs": ["tests/common/mod.rs"],
      "core/config.rs": ["cli/main.rs", "core/entry.rs"],
      "core/odd/name.rs": ["core/entry.rs"],
      "cli/args.rs": ["cli/main.rs"],
      "cli/args/inner/part.rs": ["cli/args.rs"],
      "cli/other.rs": ["cli/args.rs"],
      "tests/common/mod.rs": ["tests/all.rs", "tests/extra.rs"],
      "tests/extra.rs": ["tests/common/mod.rs"],
    });
  });

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

  it.each([
    ["null", "null"],
    ["a list", "[]"],
    ["no files", '{"version":VERSION,"files":null}'],
    ["a file that is none", '{"version":VERSION,"files":{"javascript ID":null}}'],
    ["names that are none", '{"version":VERSION,"files":{"javascript ID":{"names":[1]}}}'],
    ["another package", '{"version":VERSION,"files":{"javascript ID":{"names":[],"package":7}}}'],
  ])("does without a cache that says %s", async (_name, text) => {
    const cache = join(root, "cache", "three.json");
    const first = await built({ "a.js": 'import "./b.js"', "b.js": "" }, cache);
    expect(first).toMatchObject({ graph: { imports: 1 } });
    const { version } = JSON.parse(readFileSync(cache, "utf8")) as { version: number };
    writeFileSync(cache, text.replace("VERSION", String(version)).replace("ID", git("rev-parse", "HEAD:a.js")));
    expect(await built({}, cache)).toMatchObject({ files: 2, graph: { imports: 1 } });
  });

  it("does without a cache that cannot be written", async () => {
    writeFileSync(join(root, "file"), "");
    const cache = join(root, "file", "one.json");
    expect(await built({ "a.js": 'import "./b.js"', "b.js": "" }, cache)).toMatchObject({ graph: { imports: 1 } });
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
