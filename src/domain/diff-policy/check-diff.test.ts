import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMsOf } from "../../../test/rig/cpu-time.ts";
import { diffOf, fileDiff, found, policyInput } from "../../../test/rig/diff.ts";
import { checkDiff } from "./check-diff.ts";
import type { FileDiff } from "./diff.ts";
import { gatePaths } from "./gate-paths.ts";
import { gateScripts } from "./gate-scripts.ts";
import { leadsOut } from "./file-kinds.ts";
import { maxFindings } from "./finding.ts";
import { leftOutRoot, leftOutRule } from "./left-out.ts";
import { isTestFile, pathMatcher } from "./paths.ts";
import { isRuleName, ruleNames, rules } from "./rules.ts";
import { declaredPaths } from "./scope.ts";
import { defaultLimits, type PolicySettings } from "./settings.ts";

const task = { title: "Do it", description: "", files: [] as readonly string[], allow: [] };
/** In two parts, so that nobody takes it for a real one. */
const key = ["ghp_", "a8Zk29dkQpLm47Xc01VbNn56TtYy83Ww"].join("");

describe("scope", () => {
  const agent = { name: "docs", files: ["docs/**", "*.md"] };

  it.each([
    [["docs/a/b.txt", "README.md", "src/notes.md"], []],
    [["docs/a.txt", "src/a.ts"], ["fail write-scope"]],
    [["docs-old/a.txt"], ["fail write-scope"]],
  ])("of an agent: %j", (paths, wanted) => {
    expect(found(Object.fromEntries(paths.map((path) => [path, " 1\n+x"])), { agent })).toEqual(wanted);
  });

  it.each([
    [["src/parser.ts"], ["src/parser.ts"], []],
    [
      ["src/parser.ts"],
      ["src/parser.ts", "test/parser.test.ts", "package-lock.json", "package.json"],
      ["warn task-files"],
    ],
    [["src/parser.ts"], ["src/parser.ts", "test/parser.test.ts"], []],
    [["src/"], ["src/a.ts", "src/b/c.ts"], []],
    [["src/parser.ts"], ["src/other.ts"], ["fail missing-files", "warn task-files"]],
    [["parser.ts"], ["src/parser.ts"], []],
    [["src/parser.ts:10-20"], ["src/parser.ts"], []],
    [["tests/**/*.py"], ["src/a.py"], ["warn missing-files", "warn task-files"]],
    [["npm test", "https://example.org/a", "/etc/hosts", "../x", "a::b"], ["src/a.ts"], []],
  ])("of a task with files %j and changes of %j", (files, paths, wanted) => {
    const changes = Object.fromEntries(paths.map((path) => [path, " 1\n+x"]));
    expect(found(changes, { task: { ...task, files } })).toEqual(wanted);
  });

  it("takes a file for there where it was there and is not touched", () => {
    const about = { task: { ...task, files: ["a.ts", "b.ts"] }, present: new Set(["b.ts"]) };
    expect(found({ "a.ts": " 1\n+x" }, about)).toEqual([]);
  });

  it("is not the gate, unless the task says so", () => {
    const files = { "nightcrew.yaml": "-a: 1\n+a: 2", "scripts/check.sh": "-exit 1\n+exit 0" };
    expect(found(files, { gatePaths: ["scripts/check.sh"] })).toEqual(["fail gate-files"]);
    expect(found(files, { task: { ...task, files: ["nightcrew.yaml", "scripts/check.sh"] } })).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    ["vitest run", "true", ["fail gate-files"]],
    ["vitest run", "vitest run src/unit.test.ts", ["fail gate-files"]],
    ["node --test a.test.js", "node --test a.test.js b.test.js", ["warn gate-files"]],
    ["vitest run", "vitest run --coverage", ["warn gate-files"]],
    ["ava", "ava && npx --yes tsd@0.29.0", ["warn gate-files"]],
    ["vitest run", "vitest run || true", ["fail gate-files", "warn new-ignores"]],
    ["npm run a && npm run b", "npm run a", ["fail gate-files"]],
    ["jest", "frobnicate", ["warn gate-files"]],
  ])("is what a script of the gate does: %s became %s", (before, after, wanted) => {
    const files = { "package.json": ` {\n-    "test": "${before}",\n+    "test": "${after}",\n }` };
    const own = { ...task, title: "Use frobnicate" };
    expect(found(files, { gateScripts: ["test"], task: own })).toEqual(wanted);
    expect(found(files, { task: own })).not.toContain("fail gate-files");
    const named = { ...own, files: ["package.json"] };
    expect(found(files, { gateScripts: ["test"], task: named })).not.toContain("fail gate-files");
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ["npm test", ["test"], []],
    ["npm ci && npm -s run lint -- --fix", ["ci", "lint"], []],
    ["pnpm --filter web run unit", ["unit"], []],
    ["yarn lint", ["lint"], []],
    ["CI=1 bun run test", ["test"], []],
    ["composer run-script check", ["check"], []],
    ["make -j2 test", [], ["GNUmakefile", "makefile", "Makefile"]],
    ["tox -e py312", [], ["tox.ini"]],
    ["vitest run", [], []],
  ])("is named by its command: %s", (run, scripts, paths) => {
    const asked = { checks: [{ name: "a", run, kind: "command", timeoutMs: 1 }] } as const;
    expect([gateScripts(asked), gatePaths(asked)]).toEqual([scripts, paths]);
  });

  it("may be a Makefile, which holds much else", () => {
    expect(found({ Makefile: ` test:\n-\tpytest\n+\ttrue` }, { gatePaths: ["Makefile"] })).toEqual(["warn gate-files"]);
  });

  it("that a model expects demand nothing, and do not permit to change what judges", () => {
    const guessed = {
      title: "a",
      description: "",
      files: ["nightcrew.yaml", "src/b.ts"],
      allow: [],
      filesGuessed: true,
    };
    const files = { "nightcrew.yaml": " 1\n+gate: none" };
    expect(found(files, { task: guessed })).toEqual(["fail gate-files"]);
    expect(found(files, { task: { ...guessed, filesGuessed: false } })).toEqual(["fail missing-files"]);
  });
});

describe("secrets", () => {
  it.each<[string, string, readonly string[]]>([
    ["src/a.ts", ` 1\n+const token = "${key}";`, ["fail secrets"]],
    ["deploy.yml", " 1\n+token: quiet-otter-41-harbour", ["fail secrets"]],
    ["deploy.yml", " 1\n+region: moon-crater-7-north", ["warn secrets"]],
    ["test/fixtures/a.yml", " 1\n+token: quiet-otter-41-harbour", ["fail secrets"]],
    ["src/a.test.ts", ` 1\n+const token = "${key}";`, ["warn secrets"]],
    ["config/db.yml", " 1\n+url: postgres://admin:s3cr3t-pw-91@db.prod.acme.io/app", ["fail secrets"]],
    ["compose.yml", " 1\n+url: postgres://app:s3cr3t-pw-91@db:5432/app", ["warn secrets"]],
    [".env", "+API_KEY=8fh2k-29dkq-0qlxm", ["fail secrets"]],
    [".env", "+PORT=8080", ["warn secrets"]],
    [".env.example", "+API_KEY=your-key-here", []],
    ["certs/id_rsa", "+x", ["fail secrets"]],
    ["keys/quiet-otter-41-harbour.txt", "+x", ["fail secrets"]],
    ["keys/moon-crater-7-north.txt", "+x", ["warn secrets"]],
    [`keys/${key}`, "+x", ["fail secrets"]],
    [`docs/${key}.md`, "+x", ["warn secrets"]],
    [
      "src/key.pem",
      "+-----BEGIN PRIVATE KEY-----\n+MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n+-----END PRIVATE KEY-----",
      ["fail secrets"],
    ],
    ["src/a.ts", " 1\n+const id = process.env.API_KEY;", []],
    ["src/moved.ts", `-const token = "${key}";\n+  const token = "${key}";`, []],
  ])("in %s: %s", (path, text, wanted) => expect(found({ [path]: text })).toEqual(wanted));

  it("are never shown", () => {
    const files = {
      "src/a.test.ts": ` 1\n-  expect(f()).toBe("${key}");\n   f();`,
      "a.ts": ` 1\n+// eslint-disable-next-line x -- "${key}"`,
    };
    const verdict = checkDiff(policyInput(diffOf(files)));
    expect(verdict.violations.length + verdict.warnings.length).toBeGreaterThan(1);
    expect(JSON.stringify(verdict)).not.toContain(key);
  });
});

const settled = (path: string, patch: Partial<FileDiff>): string[] => {
  const { violations, warnings } = checkDiff(
    policyInput({ files: [fileDiff(path, "", { status: "added", ...patch })], truncated: false }),
  );
  return [...violations, ...warnings].map(({ rule, level }) => `${level} ${rule}`);
};

describe("files", () => {
  it.each<[string, Partial<FileDiff>, readonly string[]]>([
    ["tool.bin", { binary: true, bytes: 2_000 }, ["warn binaries"]],
    ["logo.png", { binary: true, bytes: 2_000 }, []],
    ["logo.png", { binary: true, bytes: 9_000_000, unread: true }, ["fail large-files"]],
    ["data.json", { binary: true, bytes: 2_000_000, unread: true }, ["warn large-diff"]],
    ["model.bin", { binary: true, bytes: 60_000_000, unread: true }, ["fail large-files", "warn large-diff"]],
    ["CLAUDE.md", {}, ["warn agent-settings"]],
    [".claude/settings.json", {}, ["warn agent-settings"]],
  ])("%s %j", (path, patch, wanted) => expect(settled(path, patch)).toEqual(wanted));

  it.each([
    ["a/link", "../b", false],
    ["a/link", "../../b", true],
    ["link", "/etc/passwd", true],
    ["a/b/link", "./../../c/../d", false],
  ])("the link %s to %s leads out: %s", (path, target, out) => {
    expect(leadsOut(path, target)).toBe(out);
    const link = fileDiff(path, `+${target}`, { newMode: "120000", oldMode: null });
    const { violations } = checkDiff(policyInput({ files: [link], truncated: false }));
    expect(violations.map(({ rule }) => rule)).toEqual(out ? ["symlinks"] : []);
  });

  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ["nothing but a lock file", { "package-lock.json": "-a\n+b" }, ["fail lock-files"]],
    ["with what it locks", { "package-lock.json": "-a\n+b", "package.json": "-a\n+b" }, []],
    ["noise beside the work", { "go.sum": "-a\n+b", "a.go": " a\n+b" }, ["warn lock-files"]],
  ])("lock files: %s", (_, files, wanted) => expect(found(files)).toEqual(wanted));

  it("lock files alone are the work of a task about dependencies", () => {
    const about = { task: { ...task, title: "Update the dependencies" } };
    expect(found({ "Cargo.lock": "-a\n+b" }, about)).toEqual(["warn lock-files"]);
  });

  it.each<[string, ReturnType<typeof leftOutRule>]>([
    [".aider.chat.history.md", "own-files"],
    ["sub/.aider.tags.cache.v4/cache.db", "own-files"],
    [".aider.conf.yml", null],
    [".claude/settings.local.json", "own-files"],
    [".claude/settings.json", null],
    ["CLAUDE.local.md", "own-files"],
    ["CLAUDE.md", null],
    ["TASK.md", "own-files"],
    ["docs/TASK.md", null],
    [".nightcrew/x", "own-files"],
    ["nightcrew.yaml", null],
    ["a/node_modules/b/index.js", "generated-files"],
    ["a/__pycache__/b.cpython-312.pyc", "generated-files"],
    [".DS_Store", "generated-files"],
    ["src/coverage.ts", null],
    ["build/output.js", null],
  ])("%s is left out by %s", (path, rule) => expect(leftOutRule(path)).toBe(rule));

  it("are the project's where the base has the folder they are in", () => {
    expect(leftOutRoot("a/node_modules/b/c.js")).toBe("a/node_modules");
    expect(leftOutRoot(".aider.tags.cache.v4/x")).toBe(".aider.tags.cache.v4");
    expect(leftOutRoot("CLAUDE.local.md")).toBe("CLAUDE.local.md");
  });

  it("that were left out are told of in one finding", () => {
    const leftOut = [".aider.chat.history.md", ".aider.input.history", "a/__pycache__/x.pyc"];
    const { warnings } = checkDiff(policyInput(diffOf({ "a.py": " 1\n+x" }), { leftOut }));
    expect(warnings.map(({ rule, what }) => [rule, what])).toEqual([
      ["own-files", "left out of the work, and 1 other file"],
      ["generated-files", "left out of the work"],
    ]);
  });
});

describe("thresholds and ignores", () => {
  it.each<[string, string, readonly string[]]>([
    ["vitest.config.ts", " coverage: {\n-  lines: 90,\n+  lines: 70,", ["fail lowered-thresholds"]],
    ["vitest.config.ts", " coverage: {\n-  lines: 70,\n+  lines: 90,", []],
    [
      "package.json",
      ` "scripts": {\n-    "lint": "eslint --max-warnings 0 ."\n+    "lint": "eslint --max-warnings 50 ."`,
      ["fail lowered-thresholds"],
    ],
    ["pyproject.toml", " [tool.coverage.report]\n-fail_under = 95\n+fail_under = 80", ["fail lowered-thresholds"]],
    ["setup.cfg", " [tool:pytest]\n-addopts = --cov-fail-under=95\n+addopts = -q", ["warn lowered-thresholds"]],
    ["tsconfig.json", ` {\n-    "strict": true,\n+    "strict": false,`, ["fail lowered-thresholds"]],
    ["pom.xml", " <limit>\n-<minimum>0.90</minimum>\n+<minimum>0.50</minimum>", ["warn lowered-thresholds"]],
    ["src/config.ts", " x\n-  lines: 90,\n+  lines: 70,", []],
    ["src/a.ts", " 1\n+// eslint-disable-next-line no-eval", ["warn new-ignores"]],
    ["src/a.ts", " 1\n+// @ts-expect-error later", ["warn new-ignores"]],
    ["src/a.test.ts", " 1\n+// @ts-expect-error a wrong type on purpose", []],
    ["a.py", " 1\n+import os  # noqa: F401", ["warn new-ignores"]],
    ["a.go", " 1\n+x() //nolint:errcheck", ["warn new-ignores"]],
    ["src/a.rs", " 1\n+#[allow(dead_code)]", ["warn new-ignores"]],
    ["A.java", ` 1\n+@SuppressWarnings("unchecked")`, ["warn new-ignores"]],
    [".github/workflows/ci.yml", " 1\n+        continue-on-error: true", ["warn new-ignores"]],
    ["package.json", ` 1\n+    "test": "vitest run || true"`, ["warn new-ignores"]],
    ["src/a.ts", "-  // eslint-disable-next-line no-eval\n+// eslint-disable-next-line no-eval", []],
  ])("%s: %s", (path, text, wanted) => expect(found({ [path]: text })).toEqual(wanted));
});

describe("a rule", () => {
  const files = { "a.test.ts": ` 1\n-it("is old", () => {\n-});`, "src/a.ts": ` 1\n+const t = "${key}";` };

  it("can be allowed for one task, and counts for the rest", () => {
    expect(found(files)).toEqual(["fail deleted-tests", "fail secrets"]);
    expect(found(files, { task: { ...task, allow: ["deleted-tests"] } })).toEqual(["fail secrets"]);
  });

  it("can be off, a warning, a failure, and leave paths alone", () => {
    const settings = (rules: PolicySettings["rules"]): PolicySettings => ({ rules, limits: defaultLimits });
    const except = { level: "fail", except: ["src/"] } as const;
    expect(found(files, { settings: settings({ secrets: except }) })).toEqual(["fail deleted-tests"]);
    expect(
      found(files, {
        settings: settings({ "deleted-tests": { level: "warn", except: [] }, secrets: { level: "off", except: [] } }),
      }),
    ).toEqual(["warn deleted-tests"]);
  });

  it("is in the table, by its name", () => {
    expect(Object.keys(rules)).toEqual([...ruleNames]);
    expect(isRuleName("deleted-tests") && !isRuleName("toString")).toBe(true);
  });
});

const texts = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    'it("a", () => {',
    "def test_a():",
    "#[test]",
    "@Test",
    "    assert x == 1",
    "expect(a).toBe(1);",
    "it.skip('a', () => {",
    "t.Skip()",
    "# noqa",
  ),
);
const anyFile = fc
  .record({
    path: fc.constantFrom(
      "a.test.ts",
      "test_a.py",
      "a_test.go",
      "src/lib.rs",
      "ATest.java",
      "package.json",
      "go.sum",
      "x/__proto__",
      "constructor",
    ),
    added: fc.array(texts, { maxLength: 12 }),
    removed: fc.array(texts, { maxLength: 12 }),
  })
  .map(({ path, added, removed }) => {
    const lines = (all: readonly string[]): FileDiff["added"] => all.map((text, index) => ({ line: index + 1, text }));
    return fileDiff(path, " 1", { added: lines(added), removed: lines(removed) });
  });

describe("whatever an agent wrote", () => {
  it("is looked at to the end, within bounds", () => {
    fc.assert(
      fc.property(fc.array(anyFile, { maxLength: 60 }), (files) => {
        const { violations, warnings, more } = checkDiff(policyInput({ files, truncated: false }));
        expect(violations.length + warnings.length).toBeLessThanOrEqual(maxFindings);
        expect(more).toBeGreaterThanOrEqual(0);
        for (const { what } of [...violations, ...warnings]) expect(what.length).toBeLessThanOrEqual(300);
      }),
    );
  });

  it.each([
    ["expect(", 1_000],
    ["((((((((", 1_000],
    [",;,;,;", 1_500],
    ["lines          ", 600],
    ["it it it ", 1_000],
    ["assertEquals(a, ", 600],
    ["('\"`", 2_000],
  ])("does not make it slow: %s", (piece, times) => {
    const lines = Array.from({ length: 800 }, (_, at) => ({
      line: at + 1,
      text: piece.repeat(times).slice(0, 10_000),
    }));
    const paths = ["a.test.ts", "test_a.py", "a_test.go", "tests/a.rs", "ATest.java", "package.json"];
    const files = paths.map((path) => fileDiff(path, " 1", { added: lines, removed: lines.slice(0, 400) }));
    expect(cpuMsOf(() => checkDiff(policyInput({ files, truncated: false })))).toBeLessThan(10_000);
  });

  it("does not make it slow by the number of files", () => {
    const files = Array.from({ length: 6_000 }, (_, at) => [
      fileDiff(`test/a${at}.test.ts`, "", {
        status: "deleted",
        removed: [{ line: 1, text: `test("a${at}", () => {` }],
      }),
      fileDiff(`l${at}/go.sum`, " 1", {}),
    ]).flat();
    const spent = cpuMsOf(() =>
      expect(checkDiff(policyInput({ files, truncated: false })).more).toBeGreaterThan(10_000),
    );
    expect(spent).toBeLessThan(10_000);
  });

  it("dilutes nothing where it only moved between files of a language", () => {
    const moved = fc.array(texts, { maxLength: 20 }).map((all) => {
      const lines = all.map((text, index) => ({ line: index + 1, text }));
      return [
        fileDiff("test/old.test.ts", "", { status: "deleted", removed: lines }),
        fileDiff("test/new.test.ts", "", { status: "added", added: lines }),
      ];
    });
    const dilution = new Set(["deleted-tests", "skipped-tests", "removed-assertions"]);
    fc.assert(
      fc.property(moved, (files) => {
        const { violations, warnings } = checkDiff(policyInput({ files, truncated: false }));
        expect([...violations, ...warnings].filter(({ rule }) => dilution.has(rule))).toEqual([]);
      }),
    );
  });
});

describe("paths", () => {
  it.each([
    ["src/**", "src/a/b.ts", true],
    ["src", "src/a/b.ts", true],
    ["src/", "src2/a.ts", false],
    ["*.md", "a/b/c.md", true],
    ["docs/*.md", "docs/a/b.md", false],
    [".", "anything/at/all", true],
  ])("%s matches %s: %s", (glob, path, wanted) => expect(pathMatcher([glob])(path)).toBe(wanted));

  it.each([
    ["src/a.test.ts", true],
    ["test/helpers.ts", true],
    ["src/latest.ts", false],
    ["src/contest.py", false],
    ["testing/test_x.py", true],
    ["pkg/a_test.go", true],
    ["test/main.go", false],
    ["src/test/java/com/acme/Order.java", true],
    ["src/main/java/OrderTest.java", true],
    ["tests/it.rs", true],
    ["README.md", false],
  ])("%s holds tests: %s", (path, wanted) => expect(isTestFile(path)).toBe(wanted));

  it("of a task are read as people write them", () => {
    const written = ["./src/a.ts", "src/b.ts#L10-L20", "lib/", "`x`", "two words.ts", "C:\\x", "--flag"];
    expect(declaredPaths(written)).toEqual(["src/a.ts", "src/b.ts", "lib/", "C:\\x"]);
  });
});
