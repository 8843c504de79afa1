import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "../rig/sandbox.ts";

describe("nightcrew scan", () => {
  test("tells what the target shows, to people and as JSON", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "src/main.py": "import os\nprint(os.environ['GREETING'])\n",
      "AGENTS.md": "Use tabs.\n",
      "pytest.ini": "[pytest]\n",
    });
    repo.git("branch", "other");
    const text = await repo.run(["scan"]);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    expect(text.stdout).toContain("main.py");
    expect(text.stdout).toContain("GREETING");
    expect(text.stdout).toContain("| Use tabs.");
    expect(text.stdout).toContain("pytest");
    const json = await repo.run(["scan", "--target", "other", "--json"]);
    const { version, project } = JSON.parse(json.stdout) as { version: number; project: Record<string, unknown> };
    expect(version).toBe(1);
    expect(project).toMatchObject({ branch: "other", variables: ["GREETING"], commit: repo.git("rev-parse", "other") });
  });

  test("tells who imports a file, reads again only what has changed, and keeps it in the home", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "src/a.ts": "export const a = 1;\n",
      "src/b.ts": 'import { a } from "./a.ts";\n',
      "c.py": "import os\n",
      "large.js": `// ${"x".repeat(1_000_001)}\n`,
    });
    const { stdout } = await repo.run(["scan", "--importers-of", "src/a.ts", "c.py"]);
    expect(stdout).toContain("src/a.ts: 1 file\n  src/b.ts\nc.py: nothing is known to import it\n");
    expect(stdout).toContain("not read: large.js (too-large)");
    const below = await sandbox.nightcrew(["scan", "--importers-of", "./a.ts", "../c.py"], {
      cwd: join(repo.path, "src"),
    });
    expect(below.stdout).toContain("src/a.ts: 1 file\n  src/b.ts\nc.py: nothing is known to import it\n");
    repo.write("src/c.ts", 'export * from "./b";\n');
    repo.git("add", "--all");
    repo.git("commit", "--quiet", "--message", "One more");
    const { code, stderr } = await repo.run(["scan", "--importers-of", "src/nosuch.ts"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("There is no file src/nosuch.ts on main")]);
    const again = await repo.run(["scan", "--importers-of", "src/a.ts", "--steps", "2", "--json"]);
    expect((JSON.parse(again.stdout) as { imports: unknown }).imports).toMatchObject({
      importers: { "src/a.ts": ["src/b.ts", "src/c.ts"] },
      files: 4,
      read: 1,
    });
  });

  test("says which branches there are where it is asked for another", async ({ sandbox }) => {
    const repo = sandbox.repository({ a: "" });
    const { code, stderr } = await repo.run(["scan", "--target", "mian"]);
    expect(code).toBe(2);
    expect(stderr).toContain("There is no branch mian");
    expect(stderr).toContain("main");
  });
});
