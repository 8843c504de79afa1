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

  test("says which branches there are where it is asked for another", async ({ sandbox }) => {
    const repo = sandbox.repository({ a: "" });
    const { code, stderr } = await repo.run(["scan", "--target", "mian"]);
    expect(code).toBe(2);
    expect(stderr).toContain("There is no branch mian");
    expect(stderr).toContain("main");
  });
});
