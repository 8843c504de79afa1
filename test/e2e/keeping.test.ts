import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { config, eventually, gate, test, type Repository, type Sandbox } from "../rig/sandbox.ts";

const writes = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';
const failing = `case $NIGHTCREW_TASK in 2) echo half > half.txt; exit 3 ;; *) ${writes} ;; esac`;

function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

/** A run whose first task landed, and whose second left work that did not. */
async function halfDone(sandbox: Sandbox): Promise<{ repo: Repository; run: string }> {
  const repo = sandbox.repository({
    "ROADMAP.md": "- [ ] one\n- [ ] two\n",
    "nightcrew.yaml": config(failing, `attempts: 1\n${gate}`),
  });
  expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(1);
  return { repo, run: sandbox.newestRun() };
}

function branches(repo: Repository): string[] {
  return repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads/nightcrew").split("\n").filter(Boolean);
}

function salvageRefs(repo: Repository): string[] {
  return repo.git("for-each-ref", "--format=%(refname)", "refs/nightcrew/salvage").split("\n").filter(Boolean);
}

describe("cleanup", () => {
  test("removes what is proven to be merged, saves the rest first, and says which; a second one finds nothing", async ({
    sandbox,
  }) => {
    const { repo, run } = await halfDone(sandbox);
    const before = repo.git("rev-parse", `nightcrew/${run}/2-1`);
    const dry = await repo.run(["cleanup", "--dry-run", "--older-than", "0", "--json"]);
    expect(json(dry.stdout)).toMatchObject({
      version: 1,
      dryRun: true,
      olderThanDays: 0,
      runs: [
        {
          run,
          removed: false,
          kept: [],
          branches: [
            { branch: `nightcrew/${run}/1-1`, proof: { kind: "reachable" } },
            { branch: `nightcrew/${run}/2-1`, proof: { kind: "unproven", because: { reason: "not-in-target" } } },
          ],
        },
      ],
    });
    expect(branches(repo)).toHaveLength(2);
    expect(existsSync(join(sandbox.home, "runs", run))).toBe(true);
    expect((await repo.run(["cleanup"])).stdout).toContain("no run has been finished for 7 days");

    const { code, stdout } = await repo.run(["cleanup", "--older-than", "0"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`run ${run} removed`);
    expect(stdout).toContain(`branch nightcrew/${run}/1-1 removed: merged: main has its commits`);
    expect(stdout).toContain(`branch nightcrew/${run}/2-1 removed, saved as ${run}/2/1: not in main`);
    expect(branches(repo)).toEqual([]);
    expect(repo.git("rev-parse", `refs/nightcrew/salvage/${run}/2/1`)).toBe(before);
    expect(existsSync(join(sandbox.home, "runs", run))).toBe(false);
    expect((await repo.run(["runs"])).stdout).toContain("No run yet");
    expect(sandbox.files(join(sandbox.home, "workspaces"))).toEqual([]);
    expect((await repo.run(["cleanup", "--older-than", "0"])).stdout).toContain("Nothing to clean up");
    // The run is forgotten, its salvage is not.
    expect((await repo.run(["salvage", "list"])).stdout).toContain(`${run}/2/1`);
  });

  test("is not fooled by a cherry-pick that left something out, by white space, or by a merge", async ({ sandbox }) => {
    const script = `case $NIGHTCREW_TASK in
      1) printf 'a\\nb\\n' > picked.txt ;;
      2) printf 'if x:\\n  y\\n' > indented.txt ;;
      3) own=$(git symbolic-ref --short HEAD); git checkout -q -b side; echo s > side.txt; git add side.txt; git commit -q -m side
         git checkout -q $own; echo m > main.txt; git add main.txt; git commit -q -m main
         git merge -q --no-ff --no-commit side; echo resolved > only-in-merge.txt; git add -A; git commit -q -m merge ;;
      esac; exit 1`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n- [ ] three\n",
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    await repo.run(["run", "ROADMAP.md", "--yes"]);
    const run = sandbox.newestRun();
    // First, as a pick onto the very commit it began at, in the same second, would be the same commit.
    repo.commit({ "indented.txt": "if x:\n      y\n" }, "The same, indented otherwise");
    repo.git("cherry-pick", `nightcrew/${run}/1-1`);
    // Settings of a person by which git log speaks otherwise.
    for (const setting of ["diff.noprefix", "log.follow", "log.showSignature"]) repo.git("config", setting, "true");
    for (const branch of ["main", "side"]) {
      const commits = repo.git("log", "--no-merges", "--format=%H %s", `main..nightcrew/${run}/3-1`).split("\n");
      const [commit = ""] = commits.filter((line) => line.endsWith(` ${branch}`)).map((line) => line.split(" ")[0]);
      repo.git("cherry-pick", commit);
    }
    const { stdout } = await repo.run(["cleanup", "--older-than", "0"]);
    expect(stdout).toContain(`branch nightcrew/${run}/1-1 removed: main has its patch`);
    expect(stdout).toContain(`branch nightcrew/${run}/2-1 removed, saved as ${run}/2/1: not in main`);
    expect(stdout).toContain(`branch nightcrew/${run}/3-1 removed, saved as ${run}/3/1: 1 merge among its commits`);
    expect(salvageRefs(repo)).toHaveLength(2);
    expect(repo.show(`refs/nightcrew/salvage/${run}/3/1`, "only-in-merge.txt")).toBe("resolved\n");
  });

  test("leaves alone what is checked out, and what belongs to a run that goes on", async ({ sandbox }) => {
    const { repo, run } = await halfDone(sandbox);
    const other = sandbox.repository(
      {
        "ROADMAP.md": "- [ ] waits\n",
        "nightcrew.yaml": config(
          `touch '${sandbox.root}/begun'; until [ -e '${sandbox.root}/go' ]; do sleep 0.02; done; ${writes}`,
          gate,
        ),
      },
      "other",
    );
    const going = other.start(["run", "ROADMAP.md", "--yes"]);
    await eventually(() => existsSync(sandbox.path("begun")), "the agent");
    repo.git("worktree", "add", "-q", sandbox.path("mine"), `nightcrew/${run}/2-1`);
    const { stdout } = await repo.run(["cleanup", "--older-than", "0"]);
    expect(stdout).toContain(`run ${run} stays`);
    expect(stdout).toContain(`kept: nightcrew/${run}/2-1 is checked out in ${sandbox.path("mine")}`);
    expect(branches(repo)).toEqual([`nightcrew/${run}/2-1`]);
    expect(readdirSync(join(sandbox.home, "workspaces")).filter((name) => name.startsWith("other-"))).toHaveLength(1);
    sandbox.write("go", "");
    expect((await going.ended).code).toBe(0);
    repo.git("worktree", "remove", sandbox.path("mine"));
    expect((await repo.run(["cleanup", "--older-than", "0"])).stdout).toContain(`run ${run} removed`);
    expect((await repo.run(["runs"])).stdout).toContain("No run yet");
  });

  test("saves what a crash left in a workspace before it removes it; what was set aside stays", async ({ sandbox }) => {
    const { repo, run } = await halfDone(sandbox);
    const slot = crashed(sandbox, repo, run);
    mkdirSync(`${slot}.kept-1700000000000-1`);
    const { stdout } = await repo.run(["cleanup", "--older-than", "0"]);
    // Its branch was saved under the first name.
    expect(stdout).toContain(`work left by a crash was saved: refs/nightcrew/salvage/${run}/2/1-2`);
    expect(repo.show(`refs/nightcrew/salvage/${run}/2/1-2`, "left.txt")).toBe("left\n");
    expect(repo.show(`refs/nightcrew/salvage/${run}/2/1`, "half.txt")).toBe("half\n");
    expect(existsSync(slot)).toBe(false);
    const list = await repo.run(["salvage", "list"]);
    expect(list.stdout).toContain(`set aside, as it could not be saved as a commit: ${slot}.kept-1700000000000-1`);
    expect((await repo.run(["cleanup", "--older-than", "0"])).stdout).toContain("Nothing to clean up");
    expect(existsSync(`${slot}.kept-1700000000000-1`)).toBe(true);
  });

  test("says that nothing can be proven where the repository is gone, and keeps what is unsaved", async ({
    sandbox,
  }) => {
    const { repo, run } = await halfDone(sandbox);
    const slot = crashed(sandbox, repo, run);
    renameSync(repo.path, `${repo.path}-away`);
    const gone = await sandbox.nightcrew(["cleanup", "--older-than", "0"]);
    expect(gone.stdout).toContain(`run ${run} stays`);
    expect(gone.stdout).toContain(`its repository is gone (${repo.path}/.git): nothing can be proven of ${run}/2-1`);
    expect(gone.stdout).toContain(`workspace ${slot} stays: there is unsaved work in it`);
    expect(readFileSync(join(slot, "tree", "left.txt"), "utf8")).toBe("left\n");
    expect((await sandbox.nightcrew(["salvage", "list"])).stdout).toContain(`not looked at: ${repo.path}/.git`);
    renameSync(`${repo.path}-away`, repo.path);
    expect((await repo.run(["cleanup", "--older-than", "0"])).stdout).toContain(`run ${run} removed`);
    expect(salvageRefs(repo)).toHaveLength(2);
  });

  test("finishes what an earlier one was killed in the middle of", async ({ sandbox }) => {
    const { repo, run } = await halfDone(sandbox);
    const slot = crashed(sandbox, repo, run);
    const runs = join(sandbox.home, "runs");
    renameSync(join(runs, run), join(runs, `.removing-${run}`));
    renameSync(slot, `${slot}.removing-0a1b2c3d`);
    const { stdout } = await repo.run(["cleanup", "--older-than", "0"]);
    expect(stdout).toContain(`run ${run} removed`);
    expect(readdirSync(runs)).toEqual([]);
    expect(repo.show(`refs/nightcrew/salvage/${run}/2/1-2`, "left.txt")).toBe("left\n");
    expect(existsSync(`${slot}.removing-0a1b2c3d`)).toBe(false);
    expect((await repo.run(["salvage", "list"])).stdout).toContain(`${run}/2/1`);
  });

  test("keeps the history of repositories that agents made", async ({ sandbox }) => {
    const script = `git init -q nested; cd nested; echo x > f; git add f; git -c user.name=a -c user.email=a@b commit -q -m deep`;
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n",
      "nightcrew.yaml": config(script, `attempts: 1\n${gate}`),
    });
    await repo.run(["run", "ROADMAP.md", "--yes"]);
    const run = sandbox.newestRun();
    const { stdout } = await repo.run(["cleanup", "--older-than", "0"]);
    const kept = join(sandbox.home, "runs", `${run}.kept`);
    expect(stdout).toContain(`the history of repositories that agents made is kept in ${kept}`);
    const nested = join(kept, "attempts", "1-1", "nested", "0.git");
    expect(execFileSync("git", [`--git-dir=${nested}`, "log", "--format=%s"], { encoding: "utf8" })).toBe("deep\n");
    expect(readdirSync(kept)).toEqual(["attempts"]);
    expect((await repo.run(["salvage", "list"])).stdout).toContain(kept);
  });

  test("is done by the daemon itself where AGENT_AUTO_CLEANUP says so; settings that are none are refused", async ({
    sandbox,
  }) => {
    const { repo, run } = await halfDone(sandbox);
    await repo.run(["daemon", "stop"]);
    const wrong = await repo.run(["runs"], { AGENT_RUN_RETENTION: "soon" });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("AGENT_RUN_RETENTION is not a number of days");
    aged(sandbox, run, 8);
    const env = { AGENT_RUN_RETENTION: "7", AGENT_AUTO_CLEANUP: "true" };
    await repo.run(["daemon", "start"], env);
    await eventually(() => !existsSync(join(sandbox.home, "runs", run)), "the cleanup at start");
    expect((await repo.run(["salvage", "list"])).stdout).toContain(`${run}/2/1`);
    const told = (): boolean => sandbox.read("home/daemon.log").includes(`cleaned up run ${run}`);
    await eventually(told, "the cleanup is over");

    await repo.run(["daemon", "stop"]);
    await repo.run(["daemon", "start"], { AGENT_RUN_RETENTION: "0", AGENT_AUTO_CLEANUP: "1" });
    expect((await repo.run(["cleanup"])).stdout).toContain("Nothing is removed: AGENT_RUN_RETENTION is 0.");
  });
});

/** A workspace as a crash leaves it, with something of attempt 1 of task 2 in it. */
function crashed(sandbox: Sandbox, repo: Repository, run: string): string {
  const [folder = ""] = readdirSync(join(sandbox.home, "workspaces"));
  const slot = join(sandbox.home, "workspaces", folder, "agent-1");
  writeFileSync(join(slot, "tree", "left.txt"), "left\n");
  const base = repo.git("merge-base", "main", `nightcrew/${run}/2-1`);
  writeFileSync(join(slot, "busy"), JSON.stringify({ run, task: "2", number: 1, base }));
  return slot;
}

/** Lets a run have ended some days ago; no daemon may be running. */
function aged(sandbox: Sandbox, run: string, days: number): void {
  const at = Date.now() - days * 86_400_000;
  const script = `const { DatabaseSync } = require("@photostructure/sqlite");
    const database = new DatabaseSync(${JSON.stringify(join(sandbox.home, "store.db"))});
    database.prepare("UPDATE run SET row = json_set(row, '$.state.at', ?) WHERE id = ?").run(${at}, ${JSON.stringify(run)});
    database.close();`;
  execFileSync(process.execPath, ["-e", script], { cwd: process.cwd() });
}

describe("salvage", () => {
  test("is listed, shown, brought back as a branch and dropped; nothing is written over", async ({ sandbox }) => {
    const { repo, run } = await halfDone(sandbox);
    await repo.run(["cleanup", "--older-than", "0"]);
    const list = json((await repo.run(["salvage", "list", "--json"])).stdout);
    const commit = repo.git("rev-parse", `refs/nightcrew/salvage/${run}/2/1`);
    expect(list).toMatchObject({
      version: 1,
      salvages: [
        { id: `${run}/2/1`, run, task: "2", attempt: "1", commit, files: 1, checkout: repo.path, inTarget: null },
      ],
      setAside: [],
      unread: [],
    });
    const shown = await repo.run(["salvage", "show", "2/1"]);
    expect(shown.stdout).toContain("+half");
    expect(shown.stdout).toContain("half.txt");

    const wrong = await repo.run(["salvage", "show", `${run}/3/1`]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(`there is: ${run}/2/1`);
    const unnamed = await repo.run(["salvage", "restore", "2", "--branch", "bad..name"]);
    expect(unnamed.stderr).toContain("bad..name is no name for a branch");
    const taken = await repo.run(["salvage", "restore", "2", "--branch", "main"]);
    expect(taken.code).toBe(2);
    expect(taken.stderr).toContain("There is a branch main already");

    const status = repo.git("status", "--porcelain");
    expect((await repo.run(["salvage", "restore", "2"])).code).toBe(0);
    expect(repo.git("rev-parse", `salvage/${run}/2-1`)).toBe(commit);
    expect(repo.git("status", "--porcelain")).toBe(status);
    expect((await repo.run(["salvage", "restore", "2", "--branch", "mine"])).code).toBe(0);
    expect(repo.show("mine", "half.txt")).toBe("half\n");

    repo.git("merge", "-q", "mine");
    expect((await repo.run(["salvage", "list"])).stdout).toContain("all of it is in main");
    const unsure = await repo.run(["salvage", "drop", "2"]);
    expect(unsure.code).toBe(2);
    expect(unsure.stderr).toContain(`nightcrew salvage drop ${run}/2/1 --yes`);
    const dropped = await repo.run(["salvage", "drop", "2", "--yes"]);
    expect(dropped.stdout).toContain(commit);
    expect((await repo.run(["salvage", "list"])).stdout).toContain("Nothing is salvaged.");
  });
});

describe("export", () => {
  test("writes what the run left, whole, and over nothing but its own", async ({ sandbox }) => {
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n- [ ] two\n", "nightcrew.yaml": config(writes, gate) });
    for (const setting of ["diff.noprefix", "log.showSignature"]) repo.git("config", setting, "true");
    const start = repo.git("rev-parse", "HEAD");
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    const run = sandbox.newestRun();
    const first = await repo.run(["export", "--json"]);
    const folder = join(repo.path, "docs", "status", "runs", run);
    expect(json(first.stdout)).toMatchObject({ version: 1, run, folder, allPassing: true });
    expect(
      sandbox
        .files(folder)
        .map((file) => file.slice(folder.length + 1))
        .sort(),
    ).toEqual([
      ".nightcrew-export.json",
      "all_passing",
      "branch_info.json",
      "commit_log.json",
      "feature_request.md",
      "patches/1.patch",
      "patches/2.patch",
      "pipeline.log",
      "pipeline_status.json",
      "plan.json",
      "pr_body.md",
      "test_results/summary.json",
    ]);
    const read = (name: string): Record<string, unknown> => json(readFileSync(join(folder, name), "utf8"));
    expect(read("plan.json")).toMatchObject({
      run,
      target: "main",
      sources: [{ name: "ROADMAP.md" }],
      gate: [{ name: "tests", kind: "test" }],
      agents: [{ name: "sh", driver: "command" }],
      tasks: [
        { id: "1", title: "one", dependsOn: [] },
        { id: "2", title: "two", dependsOn: [] },
      ],
    });
    expect(read("pipeline_status.json")).toMatchObject({ run, status: "finished", totals: { completed: 2 } });
    expect(read("test_results/summary.json")).toMatchObject({ passed: 6, failed: 0, allPassing: true });
    expect(read("branch_info.json")).toMatchObject({ target: "main", targetCommit: repo.git("rev-parse", "main") });
    const { commits } = read("commit_log.json") as { commits: { task: string; commit: string; patch: string }[] };
    expect(commits.map(({ task }) => task)).toEqual(["1", "2"]);
    expect(readFileSync(join(folder, "pr_body.md"), "utf8")).toContain("All 2 tasks landed on main.");
    expect(readFileSync(join(folder, "feature_request.md"), "utf8")).toContain("## 1: one");
    expect(readFileSync(join(folder, "pipeline.log"), "utf8")).toMatch(/^\d{4}-.*Z run: started: 2 tasks/);

    // The patches are the landings: applied in order they give the same tree.
    repo.git("worktree", "add", "-q", "--detach", sandbox.path("apply"), start);
    const inOrder = repo.landings(`${start}..main`);
    for (const landed of inOrder) {
      const patch = commits.find(({ commit }) => commit === landed)?.patch ?? "none";
      execFileSync("git", ["am", "-q", join(folder, patch)], { cwd: sandbox.path("apply"), env: sandbox.env });
    }
    expect(
      execFileSync("git", ["rev-parse", "HEAD^{tree}"], { cwd: sandbox.path("apply"), encoding: "utf8" }).trim(),
    ).toBe(repo.git("rev-parse", "main^{tree}"));

    expect((await repo.run(["export", run])).code).toBe(0);
    writeFileSync(join(folder, "pr_body.md"), "my own words");
    const edited = await repo.run(["export", run]);
    expect(edited.code).toBe(2);
    expect(edited.stderr).toContain("pr_body.md in it was changed");
    expect(readFileSync(join(folder, "pr_body.md"), "utf8")).toBe("my own words");
    const others = await repo.run(["export", run, "--to", "."]);
    expect(others.stderr).toContain("it is not an export of nightcrew");
    expect((await repo.run(["export", run, "--to", "out"])).code).toBe(0);
    expect(existsSync(join(repo.path, "out", "all_passing"))).toBe(true);
    expect(readdirSync(join(repo.path, "docs", "status", "runs"))).toEqual([run]);
    expect((await repo.run(["export", `${run.slice(0, -1)}x`])).stderr).toContain(`there is: ${run}`);
  });

  test("where no folder can be made is told, and keeps neither the daemon nor the next export from going on", async ({
    sandbox,
  }) => {
    const { repo } = await halfDone(sandbox);
    const file = sandbox.path("file");
    writeFileSync(file, "");
    const refused = async (to: string): Promise<void> => {
      const { code, stderr } = await repo.run(["export", "--to", to]);
      expect(stderr).toMatch(/^error: .* could not be made\n {2}why: {2}\S.*\n {2}next: name another folder/);
      expect(code).toBe(2);
    };
    await refused(join(file, "out"));
    await refused(join(file, "deep", "out"));
    // Where the system makes no folder, a recursive mkdir of Node never ends.
    if (existsSync("/proc/self")) for (const to of ["/proc/out", "/proc/deep/out"]) await refused(to);
    expect((await repo.run(["export", "--to", sandbox.path("out")])).code).toBe(0);
  });

  test("of a run that did not land all says so, and has no all_passing", async ({ sandbox }) => {
    const { repo, run } = await halfDone(sandbox);
    const to = sandbox.path("out");
    expect((await repo.run(["export", "--to", to])).code).toBe(0);
    expect(existsSync(join(to, "all_passing"))).toBe(false);
    expect(readdirSync(join(to, "patches"))).toEqual(["1.patch"]);
    expect(json(readFileSync(join(to, "branch_info.json"), "utf8"))).toMatchObject({
      attempts: [
        { task: "1", attempt: 1, branch: `nightcrew/${run}/1-1`, exists: true },
        { task: "2", attempt: 1, branch: `nightcrew/${run}/2-1`, exists: true },
      ],
    });
  });

  test("`runs/latest` is the newest run of which everything landed", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "a.txt": "- no",
      "nightcrew.yaml": config(`[ -e fail ] || ${writes}; test ! -e '${sandbox.root}/fail'`, `attempts: 1\n${gate}`),
    });
    const latest = join(sandbox.home, "runs", "latest");
    expect((await repo.run(["run", "first", "--yes"])).code).toBe(0);
    const first = sandbox.newestRun();
    await eventually(() => existsSync(latest), "the link");
    expect(readlinkSync(latest)).toBe(first);
    sandbox.write("fail", "");
    expect((await repo.run(["run", "second", "--yes"])).code).toBe(1);
    // A cleanup waits for what follows a run.
    await repo.run(["cleanup", "--dry-run"]);
    expect(readlinkSync(latest)).toBe(first);
    await repo.run(["cleanup", "--older-than", "0"]);
    expect(readdirSync(join(sandbox.home, "runs"))).toEqual([]);
  });

  test("`runs/latest` is not missed where a person has removed the folders of runs", async ({ sandbox }) => {
    const repo = sandbox.repository({ "a.txt": "- no", "nightcrew.yaml": config(writes, gate) });
    expect((await repo.run(["run", "first", "--yes"])).code).toBe(0);
    await repo.run(["daemon", "stop"]);
    rmSync(join(sandbox.home, "runs"), { recursive: true });
    // It waits for what follows the start.
    expect((await repo.run(["cleanup", "--dry-run"])).code).toBe(0);
    expect(sandbox.read("home/daemon.log")).not.toContain("ENOENT");
  });
});

describe("locks", () => {
  test("tells who holds the home, a workspace and a job; what a crash left is stale", async ({ sandbox }) => {
    const script = `touch '${sandbox.root}/begun'; until [ -e '${sandbox.root}/go' ]; do sleep 0.02; done; ${writes}`;
    const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, gate) });
    const going = repo.start(["run", "ROADMAP.md", "--yes"]);
    await eventually(() => existsSync(sandbox.path("begun")), "the agent");
    const run = sandbox.newestRun();
    const pid = await sandbox.daemonPid();
    const { locks } = json((await repo.run(["locks", "--json"])).stdout) as { locks: Record<string, unknown>[] };
    const owner = { alive: true, run, task: "1", attempt: 1, agent: "sh" };
    expect(locks).toMatchObject([
      { kind: "home", resource: sandbox.home, token: 1, stale: false, owner: { pid, alive: true } },
      { kind: "workspace", repository: join(repo.path, ".git"), token: 1, stale: false, owner },
      { kind: "job", resource: `${run}/1-1`, stale: false, owner },
    ]);
    expect((await repo.run(["locks"])).stdout).toMatch(
      new RegExp(`held +job +${run}/1-1 +process \\d+, sh on ${run}/1-1`),
    );
    sandbox.write("go", "");
    expect((await going.ended).code).toBe(0);
    crashedOf(sandbox, repo, run);
    const after = json((await repo.run(["locks", "--json"])).stdout) as { locks: Record<string, unknown>[] };
    expect(after.locks).toMatchObject([{ kind: "home" }, { kind: "workspace", stale: true, owner: { alive: false } }]);
  });
});

function crashedOf(sandbox: Sandbox, repo: Repository, run: string): void {
  const [folder = ""] = readdirSync(join(sandbox.home, "workspaces"));
  const busy = { run, task: "1", number: 1, base: repo.git("rev-parse", "main") };
  writeFileSync(join(sandbox.home, "workspaces", folder, "agent-1", "busy"), JSON.stringify(busy));
}

test("git's own maintenance is done after a run where the repository's settings ask for it", async ({ sandbox }) => {
  const script = 'echo "$NIGHTCREW_RUN" > "$NIGHTCREW_RUN.txt"';
  const repo = sandbox.repository({ "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config(script, gate) });
  // git guesses how many loose objects there are from those whose id begins with 17: these four do.
  for (const number of [263, 410, 523, 790]) repo.write(`${number}.txt`, `${number}\n`);
  repo.git("add", "--all");
  repo.git("commit", "--quiet", "--message", "Many");
  const loose = (): number => Number(/count: (\d+)/.exec(repo.git("count-objects", "-v"))?.[1]);
  repo.git("config", "gc.auto", "0");
  const before = loose();
  expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  expect(loose()).toBeGreaterThan(before);
  repo.git("config", "gc.auto", "1");
  expect((await repo.run(["run", "Another thing", "--yes"])).code).toBe(0);
  await eventually(() => loose() === 0, "the objects are packed");
  repo.git("fsck", "--no-dangling");
});
