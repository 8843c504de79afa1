import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { config, gate, test, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" >> "$NIGHTCREW_TASK.txt"';
const works = config(writesItsFile, gate);
/** The second task starts when the first has landed. */
const text = "- [ ] one\n- [ ] two\n  Depends on: one\n";
const ticked = text.replaceAll("[ ]", "[x]");
const files = { "ROADMAP.md": text, "nightcrew.yaml": works, "notes.txt": "notes\n" };
const runAll = ["run", "ROADMAP.md", "--yes"] as const;

/** Runs, as it stands, a command of git that the output names in backquotes. */
function doAsTold(repo: Repository, { stdout }: Ended): void {
  const command = /`git (merge [^`]+)`/.exec(stdout)?.[1] ?? "no command was named";
  repo.git(...command.split(" "));
}

function landings(repo: Repository, range: string): number {
  return repo.landings(range).length;
}

/** Before the numbered task ends, this happens in the user's world. */
function meanwhile(task: number, script: string): string {
  return config(`if [ $NIGHTCREW_TASK = ${task} ]; then (${script}) || exit 9; fi; ${writesItsFile}`, gate);
}

function inRepository(sandbox: Sandbox, script: string): string {
  return `cd '${sandbox.path("repo")}' && ${script}`;
}

describe("a target that is checked out clean", () => {
  test("is fast-forwarded, with its work tree and index, and nothing else is left behind", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    const before = repo.git("rev-parse", "HEAD");
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(repo.git("symbolic-ref", "HEAD")).toBe("refs/heads/main");
    expect(landings(repo, `${before}..main`)).toBe(2);
    expect(repo.read("ROADMAP.md")).toBe(ticked);
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.git("for-each-ref", "--format=%(refname)", "refs/heads/nightcrew/main")).toBe("");
  });

  test("with untracked files that no landing touches is fast-forwarded; they stay", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.write("mine/draft.txt", "draft\n");
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("All 2 tasks landed on main.");
    expect(repo.read("1.txt")).toBe("1\n");
    expect(repo.git("status", "--porcelain")).toBe("?? mine/");
  });

  // open-repository.ts:openRepository asks for the short name, which git makes `heads/main` where a tag has the same name.
  test("and shares its name with a tag is landed on", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("tag", "main");
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(repo.show("refs/heads/main", "ROADMAP.md")).toBe(ticked);
  });

  test("of a name with slashes is landed on", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("checkout", "--quiet", "-b", "feature/été/x");
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("All 2 tasks landed on feature/été/x.");
    expect(repo.read("ROADMAP.md")).toBe(ticked);
    expect(repo.show("main", "ROADMAP.md")).toBe(text);
  });
});

describe("a target that is checked out dirty", () => {
  test.for([
    ["an edit", (repo: Repository) => repo.write("notes.txt", "edited\n"), " M notes.txt"],
    [
      "a staged edit",
      (repo: Repository) => {
        repo.write("notes.txt", "staged\n");
        repo.git("add", "notes.txt");
      },
      "M  notes.txt",
    ],
    [
      "a staged new file",
      (repo: Repository) => {
        repo.write("new.txt", "new\n");
        repo.git("add", "new.txt");
      },
      "A  new.txt",
    ],
    [
      "a deleted file",
      (repo: Repository) => repo.git("rm", "--quiet", "--cached", "notes.txt"),
      "D  notes.txt\n?? notes.txt",
    ],
  ] as const)(
    "by %s keeps it; landings wait beside it, and the command that is named brings them in",
    async ([, edit, status], { sandbox }) => {
      const repo = sandbox.repository(files);
      edit(repo);
      const before = repo.git("rev-parse", "main");

      const run = await repo.run(runAll);

      expect(run.code).toBe(0);
      expect(run.stdout).toContain("All 2 tasks landed on nightcrew/main (not yet on main).");
      expect(run.stdout).toContain(`${repo.path} has uncommitted changes`);
      expect(repo.git("status", "--porcelain")).toBe(status);
      expect(repo.git("rev-parse", "main")).toBe(before);
      expect(landings(repo, "main..nightcrew/main")).toBe(2);
      expect(repo.show("nightcrew/main", "ROADMAP.md")).toBe(ticked);
      expect(existsSync(join(repo.path, "1.txt"))).toBe(false);

      repo.git("stash", "--quiet");
      doAsTold(repo, run);
      expect(repo.read("ROADMAP.md")).toBe(ticked);
      repo.git("stash", "pop", "--quiet", "--index");
      expect(repo.git("status", "--porcelain")).toBe(status);
    },
  );

  test("by an untracked file that a landing would overwrite keeps it; the rest of the night goes on", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository(files);
    repo.write("1.txt", "mine\n");
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("(not yet on main)");
    expect(run.stdout).toContain("1.txt");
    expect(repo.read("1.txt")).toBe("mine\n");
    expect(repo.git("status", "--porcelain")).toBe("?? 1.txt");
    expect(landings(repo, "main..nightcrew/main")).toBe(2);
    repo.git("stash", "--quiet", "--include-untracked");
    doAsTold(repo, run);
    expect(repo.read("1.txt")).toBe("1\n");
  });

  test("and clean at the end of the run has everything delivered", async ({ sandbox }) => {
    const repo = sandbox.repository({
      ...files,
      "nightcrew.yaml": meanwhile(2, inRepository(sandbox, "git checkout -q notes.txt")),
    });
    repo.write("notes.txt", "edited\n");
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("beside the target");
    expect(run.stdout).toContain("All 2 tasks landed on main.");
    expect(repo.read("ROADMAP.md")).toBe(ticked);
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.git("branch", "--list", "nightcrew/main")).toBe("");
  });

  test("and clean only after the last landing has everything delivered at the run's end", async ({ sandbox }) => {
    // The second task changes nothing, so that no landing follows the cleaning.
    const script = `case $NIGHTCREW_TASK in 1) ${writesItsFile} ;; 2) ${inRepository(sandbox, "git checkout -q notes.txt")} ;; esac`;
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": config(script, `attempts: 1\n${gate}`) });
    repo.write("notes.txt", "edited\n");
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("1 of 2 tasks landed on main; 1 failed.");
    expect(repo.read("1.txt")).toBe("1\n");
    expect(repo.git("branch", "--list", "nightcrew/main")).toBe("");
  });

  test("during the run only: what landed before stays, what comes after waits", async ({ sandbox }) => {
    const repo = sandbox.repository({
      ...files,
      "nightcrew.yaml": meanwhile(2, inRepository(sandbox, "echo edited > notes.txt")),
    });
    const before = repo.git("rev-parse", "main");
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(landings(repo, `${before}..main`)).toBe(1);
    expect(landings(repo, "main..nightcrew/main")).toBe(1);
    expect(repo.git("status", "--porcelain")).toBe(" M notes.txt");
    expect(repo.read("notes.txt")).toBe("edited\n");
  });

  test("has what waits brought in by the next run on the then clean checkout", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.write("notes.txt", "edited\n");
    await repo.run(runAll);
    repo.git("commit", "--quiet", "--all", "--message", "My notes");
    const next = await repo.run(["run", "A third", "--yes", "--gate", "test -e 2.txt"]);
    expect(next.stdout).toContain("The task landed on main.");
    expect(repo.read("ROADMAP.md")).toBe(ticked);
    expect(repo.read("notes.txt")).toBe("edited\n");
    expect(repo.git("branch", "--list", "nightcrew/main")).toBe("");
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  // domain/present/report-text.ts:nextSteps names --ff-only also where the target has gone on.
  test("and committed to while landings wait is told a command that brings both together", async ({ sandbox }) => {
    const commit = "git add -A && git commit -qm Person";
    const script = `case $NIGHTCREW_TASK in 1) ${writesItsFile} ;; 2) ${inRepository(sandbox, commit)} ;; esac`;
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": config(script, `attempts: 1\n${gate}`) });
    repo.write("notes.txt", "edited\n");
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("1 of 2 tasks landed on nightcrew/main (not yet on main)");
    doAsTold(repo, run);
    expect(repo.read("1.txt")).toBe("1\n");
    expect(repo.read("notes.txt")).toBe("edited\n");
  });
});

describe("a target that is not checked out", () => {
  test("moves, and HEAD, index and work tree stay", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("branch", "other");
    repo.write("notes.txt", "edited\n");
    const before = repo.git("rev-parse", "HEAD");
    const run = await repo.run([...runAll, "--target", "other", "--sync", "landing"]);
    expect(run.stdout).toContain("All 2 tasks landed on other.");
    expect(repo.git("rev-parse", "main")).toBe(before);
    expect(repo.git("symbolic-ref", "HEAD")).toBe("refs/heads/main");
    expect(repo.git("status", "--porcelain")).toBe(" M notes.txt");
    expect(repo.read("ROADMAP.md")).toBe(text);
    expect(repo.show("other", "ROADMAP.md")).toBe(ticked);
    expect(landings(repo, `${before}..other`)).toBe(2);
  });

  test("because HEAD is detached moves, and HEAD stays where it is", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("checkout", "--quiet", "--detach");
    const before = repo.git("rev-parse", "HEAD");
    const run = await repo.run([...runAll, "--target", "main"]);
    expect(run.stdout).toContain("All 2 tasks landed on main.");
    expect(repo.git("rev-parse", "HEAD")).toBe(before);
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(existsSync(join(repo.path, "1.txt"))).toBe(false);
  });

  test("and does not have the roadmap: the work lands, and it is said that no box was ticked", async ({ sandbox }) => {
    const repo = sandbox.repository({ "nightcrew.yaml": works });
    repo.git("branch", "other");
    repo.commit({ "ROADMAP.md": "- [ ] one\n" }, "Plan");
    const run = await repo.run([...runAll, "--target", "other"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("note 1: its box was not ticked: the roadmap is not in the target");
    expect(repo.git("ls-tree", "--name-only", "other").split("\n")).toEqual(["1.txt", "nightcrew.yaml"]);
    expect(repo.read("ROADMAP.md")).toBe("- [ ] one\n");
  });

  test("comes from the configuration, and agents work on it, not on what is checked out", async ({ sandbox }) => {
    const repo = sandbox.repository({ ...files, "nightcrew.yaml": `target: other\n${config("ls > seen.txt", gate)}` });
    repo.git("branch", "other");
    repo.commit({ "only-on-main.txt": "" }, "More");
    const run = await repo.run(["run", "Look", "--yes"]);
    expect(run.stdout).toContain("The task landed on other.");
    expect(repo.show("other", "seen.txt")).not.toContain("only-on-main");
  });
});

describe("a target that another work tree has checked out", () => {
  test("is fast-forwarded there, and nothing moves here", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("worktree", "add", "--quiet", "-b", "other", sandbox.path("the other's tree"));
    const run = await repo.run([...runAll, "--target", "other"]);
    expect(run.stdout).toContain("All 2 tasks landed on other.");
    expect(sandbox.read("the other's tree/ROADMAP.md")).toBe(ticked);
    expect(repo.git("-C", sandbox.path("the other's tree"), "status", "--porcelain")).toBe("");
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.read("ROADMAP.md")).toBe(text);
  });

  test("dirty keeps what it has; landings wait", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("worktree", "add", "--quiet", "-b", "other", sandbox.path("tree"));
    sandbox.write("tree/notes.txt", "edited there\n");
    const run = await repo.run([...runAll, "--target", "other"]);
    expect(run.stdout).toContain("landed on nightcrew/other (not yet on other)");
    expect(run.stdout).toContain(`${sandbox.path("tree")} has uncommitted changes`);
    expect(repo.git("-C", sandbox.path("tree"), "status", "--porcelain")).toBe(" M notes.txt");
  });

  // git/target.ts:checkoutOf takes a work tree that git lists as prunable for one that is there.
  test("whose folder is gone is moved like one that is not checked out", async ({ sandbox }) => {
    const repo = sandbox.repository(files);
    repo.git("worktree", "add", "--quiet", "-b", "other", sandbox.path("tree"));
    rmSync(sandbox.path("tree"), { recursive: true });
    const run = await repo.run([...runAll, "--target", "other"]);
    expect(run.stdout).toContain("All 2 tasks landed on other.");
    expect(repo.show("other", "ROADMAP.md")).toBe(ticked);
  });
});

describe("a person's commit on the target while a task is worked on", () => {
  const lib = 'mkdir -p lib && echo person > lib/person.txt && git add lib && git commit -qm "Person"';

  test("is kept: the landing is built on it, and the gate judges the two together", async ({ sandbox }) => {
    const seen = sandbox.path("seen");
    const script = `(${inRepository(sandbox, lib)}) && ${writesItsFile}`;
    const judge = `gate: {checks: [{name: both, run: "ls -d 1.txt lib/person.txt >> '${seen}'", kind: command}]}\n`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, judge) });
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("The task landed on main.");
    expect(sandbox.read("seen")).toBe("1.txt\nlib/person.txt\n");
    expect(repo.git("log", "--first-parent", "--format=%s", "main").split("\n")).toEqual([
      "one (1)",
      "Person",
      "Start",
    ]);
    expect(repo.read("lib/person.txt")).toBe("person\n");
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test("that makes the work red is judged so: nothing lands, and the next attempt starts from it", async ({
    sandbox,
  }) => {
    const script = `if [ $NIGHTCREW_ATTEMPT = 1 ]; then (${inRepository(sandbox, lib)}); echo a > a; else ls lib > a; echo > mended; fi`;
    const judge = `gate: {checks: [{name: both, run: "test ! -e a || test ! -e lib || test -e mended", kind: command}]}\n`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, judge) });
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("note 1: attempt 1 did not land: check “both” failed");
    expect(repo.read("a")).toBe("person.txt\n");
  });

  test("that comes while the gate judges makes it judge again; nothing is lost", async ({ sandbox }) => {
    const seen = sandbox.path("seen");
    const commit = inRepository(sandbox, lib);
    const judge = `echo judged >> '${seen}'; test -e '${sandbox.path("repo/lib")}' || (${commit})`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      "nightcrew.yaml": config(
        writesItsFile,
        `gate: {checks: [{name: slow, run: ${JSON.stringify(judge)}, kind: command}]}\n`,
      ),
    });
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("The task landed on main.");
    expect(run.stdout).toContain("the target moved; merging again");
    expect(sandbox.read("seen")).toBe("judged\njudged\n");
    expect(repo.git("log", "--first-parent", "--format=%s", "main").split("\n")).toEqual([
      "one (1)",
      "Person",
      "Start",
    ]);
    expect(repo.read("lib/person.txt")).toBe("person\n");
  });

  test("that touches the same line is not written over: the task starts over from it", async ({ sandbox }) => {
    const edit = inRepository(sandbox, "echo person > notes.txt && git commit -qam Person");
    const script = `if [ $NIGHTCREW_ATTEMPT = 1 ]; then (${edit}); echo agent > notes.txt; else echo agent >> notes.txt; fi`;
    const repo = sandbox.repository({ ...files, "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, gate) });
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("conflicts with what landed meanwhile in notes.txt");
    expect(repo.read("notes.txt")).toBe("person\nagent\n");
  });

  test("that takes the target back is respected: what landed is not brought back by itself", async ({ sandbox }) => {
    const repo = sandbox.repository({
      ...files,
      "nightcrew.yaml": meanwhile(2, inRepository(sandbox, "git reset -q --hard HEAD~1")),
    });
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(repo.git("log", "--first-parent", "--format=%s", "main").split("\n")).toEqual(["two (2)", "Start"]);
  });

  test("that deletes the target is told, and the work is kept on its branch", async ({ sandbox }) => {
    const repo = sandbox.repository({
      ...files,
      "ROADMAP.md": "- [ ] one\n",
      "nightcrew.yaml": config(
        `(${inRepository(sandbox, "git branch -qD other")}); ${writesItsFile}`,
        `attempts: 1\n${gate}`,
      ),
    });
    repo.git("branch", "other");
    const run = await repo.run([...runAll, "--target", "other"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("branch other is gone");
    const branch = /branch (nightcrew\/\S+)/.exec(run.stdout)?.[1] ?? "none";
    expect(repo.show(branch, "1.txt")).toBe("1\n");
    expect(repo.git("branch", "--list", "other")).toBe("");
  });
});
