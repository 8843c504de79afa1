import { describe, expect } from "vitest";
import { config, gate, test, type Sandbox, type Repository } from "../rig/sandbox.ts";

// Workspaces that have a part of the tree, through the command line.
const files = {
  "ROADMAP.md": "- [ ] one\n",
  "src/a/1.txt": "1\n",
  "src/beside.txt": "b\n",
  "src/b/2.txt": "2\n",
  "docs/deep/er/3.txt": "3\n",
  "docs/4.txt": "4\n",
};
const sparse = "workspace: {sparse: [src/a]}\n";
const seen = "find . -name '*.txt' | sort | tr '\\n' ' '";
const sparseGate = `gate: {checks: [{name: tests, run: "test -e src/a && test -e src/beside.txt && test ! -e src/b && test ! -e docs && echo '1 passed, 0 failed'", kind: test}]}\n`;

function project(sandbox: Sandbox, script: string, yaml = sparse + sparseGate): Repository {
  return sandbox.repository({ ...files, "nightcrew.yaml": config(script, yaml) });
}

function landed(repo: Repository): string[] {
  return repo.git("ls-tree", "-r", "--name-only", "main").split("\n");
}

describe("a sparse workspace", () => {
  test("has the folders that are named, and what lands is whole: files outside are neither lost nor changed", async ({
    sandbox,
  }) => {
    const repo = project(sandbox, `${seen} > src/a/seen.md; echo more >> src/a/1.txt`);
    const before = repo.git("ls-tree", "main", "docs", "src/b");
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    expect(repo.show("main", "src/a/seen.md").trim()).toBe("./src/a/1.txt ./src/beside.txt");
    expect(repo.show("main", "src/a/1.txt")).toBe("1\nmore\n");
    expect(repo.git("ls-tree", "main", "docs", "src/b")).toBe(before);
    expect(landed(repo).sort()).toEqual([...Object.keys(files), "nightcrew.yaml", "src/a/seen.md"].sort());
    // The checkout of the user is whole, too.
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.read("docs/deep/er/3.txt")).toBe("3\n");
  });

  test("takes what an agent makes outside of it for its work, also where the target has such a file", async ({
    sandbox,
  }) => {
    const script = "mkdir -p docs/new src/b; echo n > docs/new/n.txt; echo changed > src/b/2.txt; rm src/a/1.txt";
    const repo = project(sandbox, script, sparse + gate);
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    expect(repo.show("main", "docs/new/n.txt")).toBe("n\n");
    expect(repo.show("main", "src/b/2.txt")).toBe("changed\n");
    expect(repo.show("main", "docs/4.txt")).toBe("4\n");
    expect(landed(repo)).not.toContain("src/a/1.txt");
    // And the slot is as it should be for the next one.
    expect((await repo.run(["run", "again", "--yes"])).stdout).toContain("again");
  });

  test("keeps whole what an agent commits by itself, and what a crash left", async ({ sandbox }) => {
    const script = `echo $NIGHTCREW_ATTEMPT >> src/a/1.txt; git add -A; git commit -qm own; git status --porcelain > src/a/status.md
      [ "$NIGHTCREW_ATTEMPT" != 1 ] || kill -9 $PPID`;
    const repo = project(sandbox, script);
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    expect(repo.show("main", "src/a/1.txt")).toBe("1\n2\n");
    expect(repo.show("main", "src/a/status.md")).toBe("?? src/a/status.md\n");
    const salvage = repo.git("for-each-ref", "--format=%(refname)", "refs/nightcrew/salvage");
    expect(repo.git("diff", "--name-only", "main~1", salvage).split("\n")).not.toContain("docs/4.txt");
    expect(repo.show(salvage, "docs/deep/er/3.txt")).toBe("3\n");
  });

  test("becomes whole where the setting goes, and another part where it changes", async ({ sandbox }) => {
    const repo = project(sandbox, `${seen} > seen-$NIGHTCREW_RUN.md`, sparse + gate);
    let runs = 0;
    const sees = async (yaml: string): Promise<string> => {
      repo.commit({ "nightcrew.yaml": config(`${seen} > seen.md`, yaml + gate) }, `With ${yaml}`);
      expect((await repo.run(["run", `see ${++runs}`, "--yes"])).code).toBe(0);
      return repo.show("main", "seen.md").trim();
    };
    expect(await sees(sparse)).toBe("./src/a/1.txt ./src/beside.txt");
    expect(await sees("")).toBe("./docs/4.txt ./docs/deep/er/3.txt ./src/a/1.txt ./src/b/2.txt ./src/beside.txt");
    expect(await sees("workspace: {sparse: [docs/deep]}\n")).toBe("./docs/4.txt ./docs/deep/er/3.txt");
  });
});
