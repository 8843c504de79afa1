import { existsSync, mkdirSync } from "node:fs";
import { describe, expect } from "vitest";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { toldBy } from "../rig/outcome.ts";
import { test, type Puppet, type Puppets } from "../rig/puppet.ts";
import { config, eventually, jsonLines, kill, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";

// Lock files that two changes have both changed, through the command line: made anew by their tool instead of being merged.
const found = await findSandbox();

const names = ["b", "c", "d", "e", "f"];
/** What the tool makes of the files in `deps`. */
const lockOf = (...more: readonly string[]): string => {
  const all = [...names, ...more].sort();
  return `total: ${all.length}\n${all.join("\n")}\n`;
};
const lockScript = 'echo "total: $(ls deps | wc -l)"; ls deps\n';
const makesLock = "sh lock.sh > new && mv new deps.lock";
/** The lock file has to fit to what it is made of. */
const fits = `gate: {checks: [{name: fits, run: "sh lock.sh | cmp - deps.lock"}]}\n`;

interface Rule {
  readonly run?: string;
  readonly more?: string;
}

function rules(sandbox: Sandbox, { run = makesLock, more = fits }: Rule = {}): string {
  const counted = `echo ran >> '${sandbox.path("tool")}'; ${run}`;
  return `lockFiles: [{path: deps.lock, run: ${JSON.stringify(counted)}}]\n${more}`;
}

function timesRun(sandbox: Sandbox): number {
  return existsSync(sandbox.path("tool")) ? sandbox.read("tool").trim().split("\n").length : 0;
}

function world(sandbox: Sandbox, puppets: Puppets, yaml: string): Repository {
  const deps = Object.fromEntries(names.map((name) => [`deps/${name}`, ""]));
  return sandbox.repository({
    "ROADMAP.md": "- [ ] one\n- [ ] two\n",
    ...deps,
    "lock.sh": lockScript,
    "deps.lock": lockOf(),
    "list.txt": "",
    "nightcrew.yaml": puppets.config(yaml),
  });
}

async function adds(puppet: Puppet, name: string): Promise<void> {
  await puppet.write(`deps/${name}`, "");
  await puppet.write("deps.lock", lockOf(name));
}

/** Both begin on the same target; the second is ready when the first has landed. */
async function both(repo: Repository, puppets: Puppets, [first, second]: readonly [string, string]): Promise<Ended> {
  const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
  const [one, two] = [await puppets.next(), await puppets.next()];
  await adds(one, first);
  await one.exit(0);
  await run.saw('"type":"change.landed"');
  await adds(two, second);
  await two.exit(0);
  return run.ended;
}

const typesOf = (told: Ended): unknown[] =>
  jsonLines(told.stdout).map(({ event }) => (event as { body?: { type: string } } | undefined)?.body?.type);

describe("a lock file that two changes have both changed", () => {
  test("is made anew by its tool where its lines conflict, at the cost of no attempt", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, rules(sandbox));
    const told = await both(repo, puppets, ["c1", "c2"]);
    expect(told).toMatchObject({ code: 0 });
    expect(repo.show("main", "deps.lock")).toBe(lockOf("c1", "c2"));
    expect([timesRun(sandbox), puppets.all.length]).toEqual([1, 2]);
    expect(typesOf(told)).toContain("change.regenerated");
    // The change is on its branch as it landed: both sides, merged.
    const branch = `nightcrew/${sandbox.newestRun()}/${puppets.all[1]?.task ?? ""}-1`;
    expect(repo.show(branch, "deps.lock")).toBe(lockOf("c1", "c2"));
    expect(repo.git("log", "-1", "--format=%B", branch)).toContain("Made anew by their tools: deps.lock");
    expect(repo.landings()).toHaveLength(2);
  });

  test("is made anew also where its lines could be merged, as nothing says that they fit", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, rules(sandbox));
    expect(await both(repo, puppets, ["c1", "z"])).toMatchObject({ code: 0 });
    expect(repo.show("main", "deps.lock")).toBe(lockOf("c1", "z"));
    expect([timesRun(sandbox), puppets.all.length]).toEqual([1, 2]);
  });

  test("of many at once is made anew once for each, one after the other", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, `workers: 6\nattempts: 1\n${rules(sandbox)}`);
    const added = ["c1", "c2", "c3", "c4", "c5", "c6"];
    repo.commit({ "ROADMAP.md": added.map((name) => `- [ ] ${name}\n`).join("") }, "More to do");
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    const all = Object.values(await puppets.come(added.length));
    for (const [index, puppet] of all.entries()) await adds(puppet, added[index] ?? "");
    await Promise.all(all.map((puppet) => puppet.exit(0)));
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(repo.show("main", "deps.lock")).toBe(lockOf(...added));
    // All at once each landing would have made all the others' anew.
    expect(timesRun(sandbox)).toBeLessThanOrEqual(added.length);
  });

  test("is merged as text without a rule, and such a change is red", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, `attempts: 1\n${fits}`);
    expect(await both(repo, puppets, ["c1", "z"])).toMatchObject({ code: 1 });
    expect(repo.show("main", "deps.lock")).toBe(lockOf("c1"));
  });

  test("is all that the tool may change", async ({ sandbox, puppets }) => {
    const run = `${makesLock}; echo junk > junk.txt; echo junk > list.txt; rm deps/b`;
    const repo = world(
      sandbox,
      puppets,
      rules(sandbox, { run, more: `gate: {checks: [{run: "test ! -e junk.txt"}]}\n` }),
    );
    expect(await both(repo, puppets, ["c1", "c2"])).toMatchObject({ code: 0 });
    expect(repo.show("main", "list.txt")).toBe("");
    expect(repo.git("ls-tree", "-r", "--name-only", "main").split("\n")).toEqual(
      expect.arrayContaining(["deps/b", "deps/c1", "deps/c2"]),
    );
    expect(repo.git("ls-tree", "-r", "--name-only", "main")).not.toContain("junk");
  });

  test("is a conflict like any other where the tool fails; its log is told to the next attempt", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, rules(sandbox, { run: "echo the registry is out of order; exit 3" }));
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    const [one, two] = [await puppets.next(), await puppets.next()];
    await adds(one, "c1");
    await one.exit(0);
    await run.saw('"type":"change.landed"');
    await adds(two, "c2");
    await two.exit(0);
    const again = await puppets.next();
    const asked = await again.asked();
    expect(asked).toContain("conflicts with what landed meanwhile in deps.lock; “");
    expect(asked).toContain("could not make them anew: exit code 3");
    expect(asked).toContain("the registry is out of order");
    expect((await repo.run(["logs", two.name])).stdout).toContain("lock files made anew");
    await again.write("deps/c2", "");
    await again.write("deps.lock", lockOf("c1", "c2"));
    await again.exit(0);
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(timesRun(sandbox)).toBe(1);
  });

  test("is a conflict like any other where the tool leaves what git cannot keep", async ({ sandbox, puppets }) => {
    const run = "rm deps.lock; mkdir deps.lock; touch deps.lock/x";
    const repo = world(sandbox, puppets, `onConflict: skip\n${rules(sandbox, { run })}`);
    const told = await both(repo, puppets, ["c1", "c2"]);
    expect(told.code).toBe(1);
    expect(told.stdout).toContain("could not make them anew");
  });

  test("is left alone where other files are in conflict, too", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, `onConflict: skip\n${rules(sandbox)}`);
    const run = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    const [one, two] = [await puppets.next(), await puppets.next()];
    for (const [puppet, name] of [
      [one, "c1"],
      [two, "c2"],
    ] as const) {
      await adds(puppet, name);
      await puppet.write("list.txt", `${name}\n`);
    }
    await one.exit(0);
    await run.saw('"type":"change.landed"');
    await two.exit(0);
    expect((await run.ended).stdout).toMatch(/"reason":"conflict","paths":\["deps.lock","list.txt"\]/);
    expect(timesRun(sandbox)).toBe(0);
  });
});

describe("while a lock file is made anew", () => {
  const waits = (sandbox: Sandbox): string => `until [ -e '${sandbox.path("go")}' ]; do sleep 0.02; done; ${makesLock}`;

  test("the daemon may be killed: the next one goes on with what is being done", async ({ sandbox, puppets }) => {
    const repo = world(sandbox, puppets, rules(sandbox, { run: waits(sandbox) }));
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const [one, two] = [await puppets.next(), await puppets.next()];
    await adds(one, "c1");
    await one.exit(0);
    await adds(two, "c2");
    await two.exit(0);
    await eventually(() => timesRun(sandbox) === 1, "the tool runs");
    kill(await sandbox.daemonPid(), "SIGKILL");
    const watched = repo.start(["status", "--watch"]);
    await watched.saw("landed");
    expect((await repo.run(["queue"])).stdout).toMatch(
      /regenerating .*changed on both sides, and made anew: deps.lock/,
    );
    sandbox.write("go", "");
    expect((await watched.ended).stdout).toContain("2/2 landed");
    expect(repo.show("main", "deps.lock")).toBe(lockOf("c1", "c2"));
    expect(timesRun(sandbox)).toBe(1);
  });

  test("its task may be cancelled, and the run interrupted and resumed: the tool is stopped", async ({
    sandbox,
    puppets,
  }) => {
    const repo = world(sandbox, puppets, rules(sandbox, { run: waits(sandbox) }));
    await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
    const [one, two] = [await puppets.next(), await puppets.next()];
    await adds(one, "c1");
    await one.exit(0);
    await adds(two, "c2");
    await two.exit(0);
    await eventually(() => timesRun(sandbox) === 1, "the tool runs");
    expect((await repo.run(["stop", "--all"])).code).toBe(0);
    expect((await repo.run(["status"])).stdout).toContain("interrupted");
    expect((await repo.run(["resume", "--all", "--detach"])).code).toBe(0);
    await eventually(() => timesRun(sandbox) === 2, "the tool runs again");
    const open = repo.show("main", "deps.lock") === lockOf("c1") ? two.task : one.task;
    expect((await repo.run(["cancel", open])).code).toBe(0);
    const watched = await repo.run(["status", "--watch"]);
    expect(watched.stdout).toContain("1/2 landed");
  });
});

describe.runIf(found.kind === "bubblewrap")("in the sandbox", () => {
  test("npm makes its own lock file anew, and reaches nothing else", async ({ sandbox }) => {
    const outside = sandbox.path("user", "written");
    const npm = "npm install --package-lock-only --ignore-scripts --offline --no-audit --no-fund";
    // Both begin on the same target: the one goes on when the other has begun.
    const shared = sandbox.path("shared");
    mkdirSync(shared);
    const agent = `until [ -e '${shared}/go' ]; do sleep 0.02; done; case $NIGHTCREW_TASK in 1) kind=dependencies ;; *) kind=devDependencies ;; esac
npm pkg set "$kind.d$NIGHTCREW_TASK=file:d$NIGHTCREW_TASK" && ${npm}`;
    const yaml = `lockFiles: [{path: package-lock.json, run: ${JSON.stringify(`touch '${outside}'; ${npm}`)}}]\n`;
    const manifest = {
      name: "p",
      version: "1.0.0",
      dependencies: { d0: "file:d0" },
      description: "Between the edits of both",
      author: "somebody",
      license: "UNLICENSED",
      devDependencies: { d3: "file:d3" },
    };
    const packages = ["d0", "d1", "d2", "d3"].map(
      (name) => [`${name}/package.json`, `{"name": "${name}", "version": "1.0.0"}`] as const,
    );
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n",
      "package.json": `${JSON.stringify(manifest, null, 2)}\n`,
      ".gitignore": "node_modules\n",
      ...Object.fromEntries(packages),
      "nightcrew.yaml": config(
        agent,
        `${yaml}sandbox: {readable: ['${shared}']}\ngate: {checks: [{run: npm ci --offline}]}\n`,
      ),
    });
    const going = repo.start(["run", "ROADMAP.md", "--yes", "--json"], { NIGHTCREW_SANDBOX: "auto" });
    await eventually(() => going.stdout().split('"stage":"working"').length > 2, "both are at work");
    sandbox.write("shared/go", "");
    const told = await going.ended;
    expect([told.code, toldBy(told.stdout).ended]).toEqual([0, ["done", "done"]]);
    expect(typesOf(told)).toContain("change.regenerated");
    const lock = JSON.parse(repo.show("main", "package-lock.json")) as { packages: Record<string, unknown> };
    expect(Object.keys(lock.packages)).toEqual(expect.arrayContaining(["d0", "d1", "d2", "d3"]));
    expect(existsSync(outside)).toBe(false);
  });
});

describe("init", () => {
  test("proposes a rule for a lock file that it knows, which can be taken as it is; what cannot be is said before", async ({
    sandbox,
  }) => {
    const repo = sandbox.repository({ "package-lock.json": "{}\n", Makefile: "test:\n\ttrue\n" });
    const { stdout } = await repo.run(["init", "--print"]);
    const proposal = stdout.slice(stdout.indexOf("#lockFiles:"));
    expect(proposal).toBe(
      `#lockFiles:\n#  - {path: package-lock.json, run: "npm install --package-lock-only --ignore-scripts"}\n`,
    );
    repo.write("nightcrew.yaml", config("true", proposal.replaceAll("#", "")));
    expect(await repo.run(["plan", "x", "--gate", "true"])).toMatchObject({ code: 0 });
    repo.write("nightcrew.yaml", config("true", "lockFiles: [{path: a.lock, run: no-such-tool lock}]\n"));
    const plan = await repo.run(["plan", "x", "--gate", "true"]);
    expect([plan.code, plan.stdout]).toEqual([
      0,
      expect.stringContaining("a.lock cannot be made anew: no-such-tool was not found"),
    ]);
    repo.write("nightcrew.yaml", config("true", "lockFiles: [{path: ../outside.lock, run: true}]\n"));
    expect(await repo.run(["plan", "x", "--gate", "true"])).toMatchObject({ code: 2 });
  });
});
