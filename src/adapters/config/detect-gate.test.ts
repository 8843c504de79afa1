import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cpuMsUntil } from "../../../test/rig/cpu-time.ts";
import { detectGate, type IsInstalled } from "./detect-gate.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "detect-gate-"));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;

async function gateOf(files: Files, installed: IsInstalled = () => true): ReturnType<typeof detectGate> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  return await detectGate(root, installed);
}

async function checksOf(files: Files): Promise<string[]> {
  return (await gateOf(files)).checks.map(({ name, run, kind }) => `${name}: ${run} (${kind})`);
}

function packageJson(scripts: Record<string, unknown>, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ name: "x", scripts, ...more });
}

const dependencies = { devDependencies: { vitest: "4.1.12" } };
const scripts = { typecheck: "tsc -b", lint: "oxlint", test: "vitest run" };

describe("package.json", () => {
  it.each([
    [
      "package-lock.json",
      "{}",
      ["install: npm ci", "types: npm run -s typecheck", "lint: npm run -s lint", "test: npm test"],
    ],
    [
      "pnpm-lock.yaml",
      "",
      [
        "install: pnpm install --frozen-lockfile",
        "types: pnpm run typecheck",
        "lint: pnpm run lint",
        "test: pnpm test",
      ],
    ],
    [
      "yarn.lock",
      "# yarn lockfile v1\n",
      [
        "install: yarn install --frozen-lockfile",
        "types: yarn run typecheck",
        "lint: yarn run lint",
        "test: yarn test",
      ],
    ],
    [
      "yarn.lock",
      "__metadata:\n  version: 8\n",
      ["install: yarn install --immutable", "types: yarn run typecheck", "lint: yarn run lint", "test: yarn test"],
    ],
    [
      "bun.lock",
      "",
      [
        "install: bun install --frozen-lockfile",
        "types: bun run typecheck",
        "lint: bun run lint",
        "test: bun run test",
      ],
    ],
  ])("runs its scripts with the package manager of %s", async (lock, text, expected) => {
    const { checks, notes } = await gateOf({ "package.json": packageJson(scripts, dependencies), [lock]: text });
    expect(checks.map(({ name, run }) => `${name}: ${run}`)).toEqual(expected);
    expect(checks.map(({ kind }) => kind)).toEqual(["command", "command", "command", "test"]);
    expect(checks.map(({ source }) => source)).toEqual([
      lock,
      "package.json: typecheck",
      "package.json: lint",
      "package.json: test",
    ]);
    expect(notes).toEqual([]);
  });

  it("installs nothing where there is nothing to install", async () => {
    expect(await checksOf({ "package.json": packageJson({ test: "node --test" }), "package-lock.json": "{}" })).toEqual(
      ["test: npm test (test)"],
    );
  });

  it("runs the tests of a workspace's packages, where its root has none", async () => {
    const file = packageJson({}, { workspaces: ["packages/*", "tools"] });
    const files = { "package.json": file, "package-lock.json": "{}", "packages/a/package.json": packageJson({}) };
    const none = await gateOf(files);
    expect(none).toEqual({ checks: [], notes: ["`npm ci` alone judges nothing: it is no gate."] });
    const all = "test: npm test --workspaces --if-present";
    const own = { ...files, "tools/package.json": packageJson({ test: "./all.sh" }) };
    expect(await checksOf(own)).toEqual(["install: npm ci (command)", `${all} (command)`]);
    const known = { ...own, "packages/a/package.json": packageJson({ test: "vitest run" }) };
    expect(await checksOf(known)).toEqual(["install: npm ci (command)", `${all} (test)`]);
    const failing = {
      ...known,
      "packages/b/package.json": packageJson({ test: 'echo "no test specified" && exit 1' }),
    };
    expect(await checksOf(failing)).toEqual([]);
  });

  it("runs the tests of pnpm's packages", async () => {
    const yaml = "packages:\n  - 'apps/*'\n  - libs/one # the first\n";
    const files = {
      "package.json": packageJson({ lint: "eslint" }),
      "pnpm-workspace.yaml": yaml,
      "pnpm-lock.yaml": "",
    };
    expect(await checksOf({ ...files, "libs/one/package.json": packageJson({ test: "jest" }) })).toEqual([
      "install: pnpm install --frozen-lockfile (command)",
      "lint: pnpm run lint (command)",
      "test: pnpm -r test (test)",
    ]);
  });

  it("says what is wrong with the file that names pnpm's packages", async () => {
    const files = { "package.json": packageJson({}), "pnpm-lock.yaml": "", "pnpm-workspace.yaml": "packages: ['a/*'" };
    const { notes } = await gateOf({ ...files, "a/b/package.json": packageJson({ test: "jest" }) });
    expect(notes[0]).toMatch(/^pnpm-workspace\.yaml was ignored: .*\]/);
  });

  it.each([
    ["yarn.lock", "__metadata:\n  version: 10\n", "yarn workspaces foreach --all run test"],
    ["yarn.lock", "# yarn lockfile v1\n", "yarn workspaces run test"],
    ["bun.lock", "", "bun run --filter '*' test"],
  ])("runs the tests of a workspace of %s", async (lock, text, expected) => {
    const file = packageJson({}, { workspaces: { packages: ["packages/*"] } });
    const files = { "package.json": file, [lock]: text, "packages/a/package.json": packageJson({ test: "jest" }) };
    expect((await checksOf(files)).slice(1)).toEqual([`test: ${expected} (test)`]);
  });

  it("runs no tests of a Yarn workspace in a way that its version does not have, or in which they would fail", async () => {
    const file = packageJson({}, { workspaces: ["packages/*"] });
    const files = { "package.json": file, "packages/a/package.json": packageJson({ test: "jest" }) };
    expect(await checksOf({ ...files, "yarn.lock": "__metadata:\n  version: 6\n" })).toEqual([]);
    const untested = { ...files, "yarn.lock": "# yarn lockfile v1\n", "packages/b/package.json": packageJson({}) };
    const { checks, notes } = await gateOf(untested);
    expect(checks).toEqual([]);
    expect(notes[0]).toBe(
      "`yarn workspaces run test` needs a test script in every package: no check was added for those that have one.",
    );
  });

  it("says what is deeper, where nothing was found", async () => {
    const files = {
      "backend/go.mod": "",
      "web/package.json": packageJson({ test: "jest" }),
      "web/src/package.json": "",
    };
    expect((await gateOf(files)).notes).toEqual([
      "backend/go.mod, web/package.json: only the root is looked at; a check may begin with `cd FOLDER &&`.",
    ]);
  });

  it("says that it cannot install without a lock file", async () => {
    const { checks, notes } = await gateOf({ "package.json": packageJson({ test: "vitest" }, dependencies) });
    expect(checks.map(({ name }) => name)).toEqual(["test"]);
    expect(notes).toEqual(["package.json has dependencies but there is no lock file: no install check was added."]);
  });

  it("takes the stated package manager where there are several lock files, else says which it took", async () => {
    const files = { "package-lock.json": "{}", "pnpm-lock.yaml": "" };
    const stated = packageJson({ test: "jest" }, { ...dependencies, packageManager: "pnpm@10.1.0" });
    expect(await checksOf({ ...files, "package.json": stated })).toEqual([
      "install: pnpm install --frozen-lockfile (command)",
      "test: pnpm test (test)",
    ]);
    const { notes } = await gateOf({ ...files, "package.json": packageJson({ test: "jest" }, dependencies) });
    expect(notes).toEqual(["Several lock files (package-lock.json, pnpm-lock.yaml): package-lock.json is used."]);
  });

  it.each([
    ["npm's default", { test: 'echo "Error: no test specified" && exit 1' }, []],
    ["an empty script", { test: " " }, []],
    ["a script that is no text", { test: 3, lint: ["eslint"] }, []],
    ["an unknown script", { test: "./test.sh" }, ["test: npm test (command)"]],
    ["a runner among other commands", { test: "tsc && CI=1 jest" }, ["test: npm test (test)"]],
    ["a script of scripts", { test: "npm run -s unit && npm run e2e", unit: "vitest run" }, ["test: npm test (test)"]],
    ["run-s", { test: "run-s lint:x unit", unit: "mocha" }, ["test: npm test (test)"]],
    ["scripts in a circle", { test: "npm run a", a: "npm run test" }, ["test: npm test (command)"]],
    ["a script named like a property of every object", { test: "npm run constructor" }, ["test: npm test (command)"]],
    ["types", { types: "tsc", "type-check": "tsc" }, ["types: npm run -s type-check (command)"]],
  ])("reads %s", async (_what, own, expected) => {
    expect(await checksOf({ "package.json": packageJson(own) })).toEqual(expected);
  });

  it.each(["{", "[]", "null", "3", '"x"', "", "\0"])("notes a malformed file: %j", async (text) => {
    const { checks, notes } = await gateOf({ "package.json": text });
    expect(checks).toEqual([]);
    expect(notes).toEqual(["package.json is not a valid JSON object and was ignored."]);
  });

  it("survives odd values", async () => {
    const file = JSON.stringify({ scripts: "x", dependencies: [], devDependencies: 3, packageManager: {} });
    expect(await gateOf({ "package.json": `\uFEFF${file}` })).toEqual({ checks: [], notes: [] });
  });

  it("does not read more than a megabyte", async () => {
    const { checks, notes } = await gateOf({ "package.json": `{"x":"${"y".repeat(1_000_000)}"}` });
    expect(checks).toEqual([]);
    expect(notes).toEqual(["package.json is larger than 1000000 bytes and was not read."]);
  });

  it("waits for no pipe and reads no folder", async () => {
    execFileSync("mkfifo", [join(root, "package.json")]);
    await mkdir(join(root, "Makefile"));
    await symlink("nowhere", join(root, "pyproject.toml"));
    expect(await detectGate(root)).toEqual({ checks: [], notes: [] });
  });
});

const pytest = ["pytest: python3 -m pytest -q (test)"];
const unittestFile = "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n";

describe("Python", () => {
  it.each<[string, Files, string[]]>([
    ["pytest.ini", { "pytest.ini": "" }, pytest],
    ["pyproject.toml", { "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n" }, pytest],
    ["a dependency", { "pyproject.toml": '[dependency-groups]\ndev = [\n  "pytest>=8",\n]\n' }, pytest],
    ["setup.cfg", { "setup.cfg": "[metadata]\n[tool:pytest]\n" }, pytest],
    ["tox.ini", { "tox.ini": "[pytest]\n" }, pytest],
    ["conftest.py", { "tests/conftest.py": "" }, pytest],
    ["test functions", { "tests/test_a.py": "def test_a(): pass\n" }, pytest],
    ["tests in the root", { "a_test.py": "def test_a(): pass\n" }, pytest],
    ["mixed styles", { "tests/test_a.py": unittestFile, "tests/test_b.py": "import pytest\n" }, pytest],
    ["a configured pytest", { "tests/test_a.py": unittestFile, "pytest.ini": "" }, pytest],
    ["no tests", { "pyproject.toml": "[project]\nname = 'pytester'\n", "tests/data.py": "" }, []],
    ["files that are deeper", { "tests/unit/test_a.py": "def test_a(): pass\n" }, []],
    ["a file named tests", { tests: "" }, []],
  ])("is read from %s", async (_what, files, expected) => {
    expect(await checksOf(files)).toEqual(expected);
  });

  it.each<[string, Files]>([
    ["unittest: python3 -m unittest discover", { "test_a.py": unittestFile }],
    ["unittest: python3 -m unittest discover -p '*test*.py'", { "a_test.py": unittestFile }],
    ["unittest: python3 -m unittest discover -s tests", { "tests/test_a.py": unittestFile }],
    [
      "unittest: python3 -m unittest discover -s tests -t .",
      { "tests/__init__.py": "", "tests/test_a.py": unittestFile },
    ],
    [
      "unittest: python3 -m unittest discover",
      { "test_b.py": unittestFile, "tests/__init__.py": "", "tests/test_a.py": unittestFile },
    ],
  ])("runs %s, which finds the tests", async (expected, files) => {
    const { checks } = await gateOf(files);
    expect(checks.map(({ name, run }) => `${name}: ${run}`)).toEqual([expected]);
    const testFiles = Object.keys(files).filter((name) => !name.includes("__init__")).length;
    const output = execFileSync("sh", ["-c", `${checks[0]?.run} 2>&1`], { cwd: root, encoding: "utf8" });
    expect(output).toContain(`Ran ${testFiles} test`);
  });

  it("gives a folder that is no package a run of its own", async () => {
    expect(await checksOf({ "test_a.py": unittestFile, "tests/test_b.py": unittestFile })).toEqual([
      "unittest: python3 -m unittest discover (test)",
      "tests-unittest: python3 -m unittest discover -s tests (test)",
    ]);
  });

  it("says that nothing installs what a lock file lists", async () => {
    const { notes } = await gateOf({ "pytest.ini": "", "uv.lock": "" }, () => false);
    expect(notes).toEqual([
      "uv.lock was found, but no check installs it: the tests use the packages of the python3 on PATH.",
    ]);
  });
});

const go = ["go-build: go build ./... (command)", "go-test: go test ./... (test)"];

describe("build tools", () => {
  it.each<[string, Files, string[]]>([
    ["Go", { "go.mod": "module x\n" }, go],
    ["Cargo", { "Cargo.toml": "[package]\n" }, ["cargo-test: cargo test (test)"]],
    ["Maven", { "pom.xml": "<project/>" }, ["maven-test: mvn -B test (test)"]],
    ["Maven's wrapper", { "pom.xml": "<project/>", mvnw: "" }, ["maven-test: ./mvnw -B test (test)"]],
    ["Gradle's wrapper", { gradlew: "", "build.gradle": "" }, ["gradle-test: ./gradlew test (command)"]],
    ["make", { Makefile: ".PHONY: test\nall:\n\ttrue\ntest: all\n\t./run\n" }, ["test: make test (command)"]],
    ["make, one rule for several targets", { makefile: "check test ::\n\t./run\n" }, ["test: make test (command)"]],
    ["make without such a target", { Makefile: "test := 1\ntest ::= 2\ntests:\n\ttrue\n# test:\n\ttest:\n" }, []],
    ["a Makefile beside something better", { Makefile: "test:\n", "go.mod": "" }, go],
    [
      "a Makefile beside a package without tests",
      { Makefile: "test:\n", "package.json": packageJson({ lint: "oxlint" }) },
      ["lint: npm run -s lint (command)", "test: make test (command)"],
    ],
  ])("finds %s", async (_what, files, expected) => {
    expect(await checksOf(files)).toEqual(expected);
  });

  it("says why Gradle is judged by its exit code, and why there may be no check", async () => {
    expect((await gateOf({ gradlew: "" })).notes).toEqual([
      "Gradle prints no test count when all tests pass: `gradle-test` is judged by its exit code alone.",
    ]);
    await rm(join(root, "gradlew"));
    expect((await gateOf({ "build.gradle.kts": "" }, () => false)).notes).toEqual([
      "build.gradle.kts was found without a Gradle wrapper: no check was added for it.",
    ]);
  });

  it("finds all of several ecosystems", async () => {
    const files = {
      "package.json": packageJson({ test: "vitest run" }),
      "pytest.ini": "",
      "go.mod": "",
      "Cargo.toml": "",
    };
    expect(await checksOf({ ...files, Makefile: "test:\n" })).toEqual([
      "test: npm test (test)",
      ...pytest,
      ...go,
      "cargo-test: cargo test (test)",
    ]);
  });

  it("finds nothing in an empty folder, and rejects where there is none", async () => {
    expect(await gateOf({})).toEqual({ checks: [], notes: [] });
    await expect(detectGate(join(root, "missing"))).rejects.toThrow("ENOENT");
  });
});

describe("hostile files", () => {
  it.each([
    ["Makefile", "test ".repeat(199_000)],
    ["Makefile", `${"a".repeat(999_000)}\n`],
    ["pyproject.toml", "\n".repeat(999_000)],
    ["tests/test_a.py", " \n".repeat(499_000)],
    ["tests/test_a.py", " ".repeat(999_000)],
    ["package.json", `{"scripts":{"test":"${"npm run test & ".repeat(60_000)}"}}`],
    ["package.json", "[".repeat(900_000)],
  ])("%s full of %j is read in no time", async (name, text) => {
    const spent = await cpuMsUntil(async () => expect(await gateOf({ [name]: text })).toHaveProperty("checks"));
    expect(spent).toBeLessThan(5_000);
  });
});
