import { describe, expect } from "vitest";
import { config, gate, test, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";

// Work lands on a staging branch, and comes to the main one when a person promotes it.

const agent = 'echo "$NIGHTCREW_TASK" >> "$NIGHTCREW_TASK.txt"';
const staging = "staging: {branch: staging, main: main}\n";

function prepared(sandbox: Sandbox, more = `${gate}${staging}`, roadmap = "- [ ] one\n- [ ] two\n"): Repository {
  return sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(agent, more) });
}

async function landed(sandbox: Sandbox, more?: string): Promise<Repository> {
  const repo = prepared(sandbox, more);
  expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  return repo;
}

const tip = (repo: Repository, branch: string): string => repo.git("rev-parse", branch);
const filesOn = (repo: Repository, branch: string): string[] => repo.git("ls-tree", "--name-only", branch).split("\n");

async function promoted(
  repo: Repository,
  ...more: readonly string[]
): Promise<Ended & { view: Record<string, unknown> }> {
  const ended = await repo.run(["promote", "--json", ...more]);
  return { ...ended, view: JSON.parse(ended.stdout) as Record<string, unknown> };
}

describe("a run where there is staging", () => {
  test("lands on the staging branch, which is made from the main one, as the plan says", async ({ sandbox }) => {
    const repo = prepared(sandbox);
    const before = tip(repo, "main");
    const plan = await repo.run(["plan", "ROADMAP.md"]);
    expect(plan.stdout).toContain(`staging is made from main (${before.slice(0, 10)})`);
    expect(plan.stdout).toContain("it lands on staging; nightcrew promote brings that to main");
    expect(repo.git("branch", "--list", "staging")).toBe("");
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    expect(tip(repo, "main")).toBe(before);
    expect(repo.landings("staging")).toHaveLength(2);
    expect(repo.git("merge-base", "main", "staging")).toBe(before);
    expect((await repo.run(["plan", "ROADMAP.md"])).stdout).not.toContain("is made from");
  });

  test("may be had by variables, and lands elsewhere where a target is named", async ({ sandbox }) => {
    const repo = prepared(sandbox, gate);
    repo.git("branch", "trunk");
    const env = { SWARM_STAGING_BRANCH: "stage", SWARM_MAIN_BRANCH: "trunk" };
    expect((await repo.run(["run", "ROADMAP.md", "--yes"], env)).code).toBe(0);
    expect(repo.landings("stage")).toHaveLength(2);
    expect((await repo.run(["promote"], env)).stdout).toContain("trunk is at it");
    expect(tip(repo, "trunk")).toBe(tip(repo, "stage"));
    const elsewhere = await repo.run(["plan", "ROADMAP.md", "--target", "main"], env);
    expect(elsewhere.stdout).not.toContain("promote");
  });

  test("is refused where the target is named besides, or there is nothing to make it from", async ({ sandbox }) => {
    const repo = prepared(sandbox, `${gate}target: main\n${staging}`);
    const both = await repo.run(["plan", "ROADMAP.md"]);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("name one of the two")]);
    repo.write("nightcrew.yaml", config(agent, `${gate}staging: {main: production}\n`));
    const missing = await repo.run(["plan", "ROADMAP.md"]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("There is no branch staging")]);
  });
});

describe("promoting", () => {
  test("moves main forward to what is known to be good, tells git's own command, and does it once", async ({
    sandbox,
  }) => {
    const repo = await landed(sandbox);
    const { code, stdout } = await repo.run(["promote"]);
    expect(code).toBe(0);
    expect(stdout).toContain("main is at it");
    expect(stdout).toContain("as by: git merge --ff-only staging\n");
    expect(tip(repo, "main")).toBe(tip(repo, "staging"));
    // Checked out clean, it is git's own fast-forward.
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.read("1.txt")).toBe("1\n");
    const again = await promoted(repo);
    expect([again.code, again.view["outcome"]]).toEqual([0, "unchanged"]);
    expect(tip(repo, "main")).toBe(tip(repo, "staging"));
  });

  test("does not touch a checkout that is dirty: it waits beside, and comes in when promoted again", async ({
    sandbox,
  }) => {
    const repo = await landed(sandbox);
    const before = tip(repo, "main");
    repo.write("ROADMAP.md", "mine\n");
    const { code, stdout } = await repo.run(["promote"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("git merge --ff-only nightcrew/main")]);
    expect([tip(repo, "main"), tip(repo, "nightcrew/main")]).toEqual([before, tip(repo, "staging")]);
    expect(repo.read("ROADMAP.md")).toBe("mine\n");
    repo.git("checkout", "--quiet", "--", "ROADMAP.md");
    expect((await promoted(repo)).view["outcome"]).toBe("unchanged");
    expect(tip(repo, "main")).toBe(tip(repo, "staging"));
    expect(repo.git("branch", "--list", "nightcrew/main")).toBe("");
  });

  test("moves a branch that is checked out nowhere", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    repo.git("checkout", "--quiet", "-b", "work");
    const { view } = await promoted(repo);
    expect([view["outcome"], view["command"]]).toEqual(["fast-forwarded", "git fetch . staging:main"]);
    expect(tip(repo, "main")).toBe(tip(repo, "staging"));
  });

  test("merges where main has gone on, judges that, and lands it like anything", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    repo.commit({ "hotfix.txt": "x\n" }, "Hotfix");
    const hotfix = tip(repo, "main");
    const { code, stdout } = await repo.run(["promote"]);
    expect(code).toBe(0);
    expect(stdout).toContain("has it by a merge that passed the gate");
    expect(stdout).toContain("as by: git merge -m 'Promote staging to main' staging\n");
    expect(repo.git("log", "-1", "--format=%P %s", "main")).toBe(
      `${hotfix} ${tip(repo, "staging")} Promote staging to main`,
    );
    expect(filesOn(repo, "main")).toEqual(expect.arrayContaining(["1.txt", "2.txt", "hotfix.txt"]));
    expect(repo.git("status", "--porcelain")).toBe("");
    expect((await promoted(repo)).view["outcome"]).toBe("unchanged");
  });

  test("leaves main as it is where the merge is red or conflicts, and says how to do it by hand", async ({
    sandbox,
  }) => {
    const both = 'if [ -e 1.txt ] && [ -e hotfix.txt ]; then echo "they do not go together"; exit 1; fi';
    const repo = await landed(sandbox, `gate: {checks: [{name: both, run: '${both}'}]}\n${staging}`);
    repo.commit({ "hotfix.txt": "x\n" }, "Hotfix");
    const hotfix = tip(repo, "main");
    const red = await repo.run(["promote"]);
    expect(red.code).toBe(1);
    expect(red.stdout).toContain("was not promoted to main: “both” does not pass with it");
    expect(red.stdout).toContain("│ they do not go together");
    expect(tip(repo, "main")).toBe(hotfix);
    repo.git("rm", "--quiet", "hotfix.txt");
    repo.commit({ "1.txt": "mine\n" }, "Another one");
    const conflict = await promoted(repo);
    expect([conflict.code, conflict.view["why"]]).toEqual([1, "both have changed 1.txt"]);
    expect(conflict.view["command"]).toBe("git merge -m 'Promote staging to main' staging");
  });

  test("to two branches is judged for each", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    repo.git("branch", "release");
    repo.commit({ "hotfix.txt": "x\n" }, "Hotfix");
    repo.git("checkout", "--quiet", "release");
    repo.commit({ broken: "" }, "Broken");
    const before = tip(repo, "release");
    expect((await promoted(repo)).view["outcome"]).toBe("merged");
    const red = await promoted(repo, "--to", "release");
    expect([red.code, red.view["outcome"]]).toEqual([1, "stays"]);
    expect(tip(repo, "release")).toBe(before);
  });

  test("is refused where staging is not known to be good, until it is", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    const before = tip(repo, "main");
    repo.git("checkout", "--quiet", "staging");
    repo.commit({ "by-hand.txt": "x\n" }, "By hand");
    repo.git("checkout", "--quiet", "main");
    const refused = await repo.run(["promote"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("has not passed the gate: it is not as nightcrew landed it");
    expect(refused.stderr).toContain("nightcrew validate --target staging");
    expect(tip(repo, "main")).toBe(before);
    expect((await repo.run(["validate", "--target", "staging"])).code).toBe(0);
    expect((await repo.run(["promote"])).code).toBe(0);
    expect(filesOn(repo, "main")).toContain("by-hand.txt");
  });

  test("asks the validation, too, where there is one", async ({ sandbox }) => {
    const repo = await landed(sandbox, `${gate}${staging}validate: {run: 'test ! -e late', rollback: false}\n`);
    repo.git("checkout", "--quiet", "staging");
    repo.commit({ late: "" }, "Late");
    repo.git("checkout", "--quiet", "main");
    // Its gate passes, and its validation does not.
    const judged = await repo.run(["validate", "--target", "staging"]);
    expect([judged.code, judged.stdout]).toEqual([1, expect.stringContaining("“test ! -e late” failed")]);
    const red = await repo.run(["promote"]);
    expect([red.code, red.stderr]).toEqual([2, expect.stringContaining("does not pass its validation")]);
    repo.git("checkout", "--quiet", "staging");
    repo.git("rm", "--quiet", "late");
    repo.git("commit", "--quiet", "--message", "On time");
    repo.git("checkout", "--quiet", "main");
    expect((await repo.run(["promote"])).stderr).toContain("has not been validated");
    expect((await repo.run(["validate", "--target", "staging"])).code).toBe(0);
    expect((await repo.run(["promote"])).code).toBe(0);
    expect(tip(repo, "main")).toBe(tip(repo, "staging"));
  });

  test("takes any two branches, and says what is wrong with what it is given", async ({ sandbox }) => {
    const repo = prepared(sandbox, gate);
    expect((await repo.run(["promote"])).stderr).toContain("nightcrew promote --from staging --to main");
    const gone = await repo.run(["promote", "--from", "next", "--to", "main"]);
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining("There is no branch next")]);
    repo.git("branch", "next");
    expect((await repo.run(["promote", "--from", "next", "--to", "next"])).stderr).toContain("to itself");
    const never = await repo.run(["promote", "--from", "next", "--to", "main"]);
    expect([never.code, never.stderr]).toEqual([2, expect.stringContaining("No run of nightcrew has landed on next")]);
    expect((await repo.run(["run", "ROADMAP.md", "--yes", "--target", "next"])).code).toBe(0);
    expect((await promoted(repo, "--from", "next", "--to", "main")).view["outcome"]).toBe("fast-forwarded");
    const unchecked = await repo.run(["run", "a task", "--yes", "--target", "next", "--gate", "none"]);
    expect(unchecked.code).toBe(0);
    const refused = await repo.run(["promote", "--from", "next", "--to", "main"]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("without a gate")]);
  });
});
