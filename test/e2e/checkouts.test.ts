import { existsSync, readFileSync, rmSync } from "node:fs";
import { describe, expect } from "vitest";
import { config, gate, Repository, test } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';
const files = { "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(writesItsFile, gate), "docs/deep/a.md": "a\n" };

describe("where a run is started", () => {
  test("may be a subfolder; it is the repository around it, not one further out", async ({ sandbox }) => {
    const outer = sandbox.repository({ "outer.txt": "outer\n" });
    const inner = sandbox.repository(files, "repo/a/inner");
    const run = await sandbox.nightcrew(["run", "../../ROADMAP.md", "--yes"], { cwd: `${inner.path}/docs/deep` });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    expect(inner.read("ROADMAP.md")).toBe("- [x] one\n");
    expect(outer.git("for-each-ref", "--format=%(refname)")).toBe("refs/heads/main");
  });

  test("may be a repository whose git directory is elsewhere", async ({ sandbox }) => {
    const repo = sandbox.repository(files, "repo", [`--separate-git-dir=${sandbox.path("elsewhere.git")}`]);
    const run = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(run.code).toBe(0);
    expect(repo.read("1.txt")).toBe("1\n");
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test("may be a submodule of another repository, also below its root", async ({ sandbox }) => {
    const library = sandbox.repository(files, "library");
    const outer = sandbox.repository({ "outer.txt": "outer\n" });
    outer.git("submodule", "--quiet", "add", library.path, "lib");
    const inner = new Repository(sandbox, `${outer.path}/lib`);
    const run = await sandbox.nightcrew(["run", "../ROADMAP.md", "--yes"], { cwd: `${inner.path}/docs` });
    expect(run.code).toBe(0);
    expect(inner.read("ROADMAP.md")).toBe("- [x] one\n");
  });
});

describe("a target", () => {
  test("checked out in a work tree that was deleted is not held back by it", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("worktree", "add", "--quiet", "-b", "feature", sandbox.path("gone"));
    rmSync(sandbox.path("gone"), { recursive: true });
    const run = await repo.run(["run", "Something", "--yes", "--target", "feature"]);
    expect(run.stdout).toContain("The task landed on feature.");
  });

  test("in the middle of a rebase is not moved; the work waits beside it", async ({ sandbox }) => {
    const repo = sandbox.repository({ ...files, list: "a\n" });
    repo.git("checkout", "--quiet", "-b", "side");
    repo.commit({ list: "b\n" }, "Side");
    repo.git("checkout", "--quiet", "main");
    repo.commit({ list: "c\n" }, "Main");
    repo.git("checkout", "--quiet", "side");
    expect(() => repo.git("rebase", "main")).toThrow("Command failed");
    const before = repo.git("rev-parse", "refs/heads/side");
    const run = await repo.run(["run", "Something", "--yes", "--target", "side"]);
    expect(run.stdout).toContain("side is being rebased in");
    expect(repo.git("rev-parse", "refs/heads/side")).toBe(before);
    expect(repo.show("nightcrew/side", "1.txt")).toBe("1\n");
    repo.git("-c", "core.editor=true", "rebase", "--abort");
    expect(repo.git("merge", "--ff-only", "nightcrew/side")).toContain("Fast-forward");
  });
});

describe("what git cannot store", () => {
  test("is the agent's failure, told to it; other tasks are not disturbed, and nothing is thrown away", async ({
    sandbox,
  }) => {
    const script = `case $NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT in
      1-1) mkdir -p a/.GIT; echo evil > a/.GIT/config; echo precious > precious ;;
      1-*) cp "$NIGHTCREW_TASK_FILE" told.md ;;
      *) ${writesItsFile} ;; esac`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n- [ ] three\n",
      "nightcrew.yaml": config(script, gate),
    });
    const run = await repo.run(["run", "ROADMAP.md", "--yes", "--workers", "1"]);
    expect(run.stdout).toContain("All 3 tasks landed on main.");
    expect(repo.read("told.md")).toContain("git cannot commit what the agent left");
    const slots = sandbox.path("home/workspaces");
    const kept = existsSync(slots) ? sandbox.find(slots, "precious") : [];
    expect(kept.map((file) => readFileSync(file, "utf8"))).toContain("precious\n");
  });
});

describe("output", () => {
  test("that nobody reads any more ends neither the run nor a command with an error", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    await run.saw("started");
    run.child.stdout?.destroy();
    const ended = await run.ended;
    expect(ended.stderr).toBe("");
    expect(ended.code).toBe(0);
    expect(repo.read("1.txt")).toBe("1\n");
  });

  test("of a title is UTF-8 in commits, whatever the repository's encoding", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1");
    await repo.run(["run", "Génération 漢字 🚀", "--yes"]);
    expect(repo.git("-c", "i18n.logOutputEncoding=UTF-8", "log", "-1", "--format=%s", "main")).toBe(
      "Génération 漢字 🚀 (1)",
    );
  });
});

describe("sync", () => {
  test("is refused for runs whose boxes were ticked with their landings", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    await repo.run(["run", "ROADMAP.md", "--yes"]);
    const sync = await repo.run(["sync"]);
    expect(sync.code).toBe(2);
    expect(sync.stderr).toContain("was started with --sync landing");
  });
});
