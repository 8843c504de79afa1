import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ProjectFacts } from "../../domain/project-facts.ts";
import { ObjectServer } from "../git/object-server.ts";
import { scanProject } from "./scan-project.ts";

const root = mkdtempSync(join(tmpdir(), "nightcrew-scan-"));
const env = { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    cwd: root,
    env,
    encoding: "utf8",
  }).trim();
const write = (path: string, text: string): void => {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const commit = (subject: string): void => {
  git("add", "--all", "--force");
  git("commit", "--quiet", "--message", subject);
};
const servers: ObjectServer[] = [];

async function scanned(): Promise<ProjectFacts> {
  const gitDir = join(root, ".git");
  const objects = new ObjectServer(gitDir);
  servers.push(objects);
  return await scanProject({ gitDir, objects, commit: git("rev-parse", "HEAD"), branch: "main" });
}

beforeAll(() => {
  git("init", "--quiet", "--initial-branch=main");
  write("package.json", JSON.stringify({ name: "x", scripts: { test: "vitest run", lint: "oxlint" } }));
  write("src/a.ts", "export const key = process.env.STRIPE_KEY ?? process.env['OTHER_NAME'];\n");
  write(
    "tools/b.py",
    "import os\nx = os.environ.get('PY_ONE')\ny = os.getenv(\"PY_TWO\")\nz = os.environ['PY_THREE']\n",
  );
  write("cmd/c.go", 'package main\nvar v = os.Getenv("GO_NAME")\n');
  write("node_modules/dep/index.js", "process.env.NOT_OURS\n");
  write(".env.example", "# EXAMPLE_OFF=1\nEXAMPLE_NAME=its-value-is-secret\nexport EXAMPLE_TWO=2\n");
  write("AGENTS.md", "Use tabs.\u001b[31m\nNever push.\n");
  commit("Start \u001b[31mred");
  write("src/a.ts", "export const key = process.env.STRIPE_KEY;\nprocess.env['OTHER_NAME'];\n");
  commit("Second");
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a scan", () => {
  it("tells files, languages, checks, history and guides of a commit", async () => {
    const facts = await scanned();
    expect(facts.files).toBe(7);
    expect(facts.paths).toContain("src/a.ts");
    expect(facts.languages.map(({ name }) => name).sort()).toEqual([
      "Go",
      "JavaScript",
      "Markdown",
      "Python",
      "TypeScript",
    ]);
    expect(facts.checks.map(({ run }) => run)).toEqual(["npm run -s lint", "npm test"]);
    expect(facts.recent).toEqual(["Second", "Start red"]);
    expect(facts.busy).toEqual([{ path: "src/a.ts", commits: 2 }]);
    expect(facts.guides).toEqual([{ path: "AGENTS.md", head: "Use tabs.\nNever push." }]);
    expect(facts.notes).toEqual([]);
  });

  it("knows names of variables in every notation, none of what is installed, and no value", async () => {
    const facts = await scanned();
    expect(facts.variables).toEqual([
      "EXAMPLE_NAME",
      "EXAMPLE_OFF",
      "EXAMPLE_TWO",
      "GO_NAME",
      "OTHER_NAME",
      "PY_ONE",
      "PY_THREE",
      "PY_TWO",
      "STRIPE_KEY",
    ]);
    expect(JSON.stringify(facts)).not.toContain("secret");
  });

  it("looks at the commit: files of the checkout, and links that lead out of it, do not count", async () => {
    write("Cargo.toml", "[package]\nname = 'x'\n");
    symlinkSync("/etc/hostname", join(root, "CLAUDE.md"));
    expect((await scanned()).files).toBe(7);
    commit("A link");
    const facts = await scanned();
    expect(facts.guides.map(({ path }) => path)).toEqual(["AGENTS.md"]);
    expect(facts.checks.map(({ run }) => run)).toContain("cargo test");
  });
});
