import { chmodSync, existsSync, readFileSync, renameSync } from "node:fs";
import { describe, expect } from "vitest";
import { config, gate, jsonLines, test, type Repository, type Sandbox } from "../rig/sandbox.ts";

// What lands is pushed first, to a real bare repository that others push to as well.

const writesItsFile = 'echo "$NIGHTCREW_TASK" >> "$NIGHTCREW_TASK.txt"';
const roadmap = "- [ ] one\n- [ ] two\n  Depends on: one\n";
const toOrigin = "remote: origin\n";
const runAll = ["run", "ROADMAP.md", "--yes"] as const;

interface Shared {
  readonly repo: Repository;
  /** Somebody else's clone. */
  readonly other: Repository;
  readonly remote: string;
}

/** A repository, the bare one that it is pushed to, and the clone of somebody else. */
function shared(sandbox: Sandbox, script = writesItsFile, more = `${gate}${toOrigin}`): Shared {
  const repo = sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(script, more) });
  const remote = sandbox.path("remote.git");
  repo.git("init", "--quiet", "--bare", remote);
  repo.git("remote", "add", "origin", remote);
  repo.git("push", "--quiet", "origin", "main");
  const other = sandbox.repository({ "mine.txt": "" }, "other");
  other.git("remote", "add", "origin", remote);
  other.git("fetch", "--quiet", "origin");
  other.git("checkout", "--quiet", "--detach", "origin/main");
  return { repo, other, remote };
}

/** As a line for the shell: what somebody else pushes in the middle of things. */
function somebodyPushes(sandbox: Sandbox, file: string): string {
  return `cd '${sandbox.path("other")}' && git fetch -q origin && git checkout -q --detach origin/main &&
echo theirs > ${file} && git add ${file} && git commit -qm 'Theirs ${file}' && git push -q origin HEAD:main`;
}

/** Where the branch of the remote is. */
function there({ repo, remote }: Shared, branch = "main"): string {
  return repo.git("--git-dir", remote, "rev-parse", branch);
}

function firstParents(repo: Repository): string[] {
  return repo.git("log", "--first-parent", "--format=%s", "main").split("\n");
}

describe("a run with a remote", () => {
  test("says what is pushed where, pushes what lands, and its report tells", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo } = world;
    const plan = await repo.run(["plan", "ROADMAP.md"]);
    expect(plan.stdout).toContain("remote         origin: what lands is pushed to main there");
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("remote: 2 landed tasks pushed to main on origin");
    expect(repo.landings()).toHaveLength(2);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
    expect(repo.git("status", "--porcelain", "--branch")).toBe("## main");
    expect((await repo.run(["logs", sandbox.newestRun()])).stdout).toMatch(/[0-9a-f]{10} is pushed to main on origin/);
  });

  test("takes along what was committed here and not pushed, and says so before", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo } = world;
    repo.commit({ "mine.txt": "mine\n" }, "Mine");
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("1 commit of main that origin does not have goes along with the first push");
    expect(run.code).toBe(0);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
    expect(firstParents(repo)).toContain("Mine");
  });

  test("makes the branch there where it is missing", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo } = world;
    repo.git("branch", "release");
    const run = await repo.run([...runAll, "--target", "release"]);
    expect(run.stdout).toContain("origin has no branch release: the first push makes it");
    expect(run.code).toBe(0);
    expect(there(world, "release")).toBe(repo.git("rev-parse", "release"));
  });

  test("begins where the remote is", async ({ sandbox }) => {
    const world = shared(sandbox, "ls > seen.txt");
    const { repo, other } = world;
    other.commit({ "theirs.txt": "theirs\n" }, "Theirs");
    other.git("push", "--quiet", "origin", "HEAD:main");
    const run = await repo.run(["run", "Look", "--yes"]);
    expect(run.stdout).toContain("main is 1 commit behind origin, and is brought there first");
    expect(run.code).toBe(0);
    expect(repo.show("main", "seen.txt")).toContain("theirs.txt");
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
    expect(repo.git("status", "--porcelain")).toBe("");
  });
});

describe("what is brought to the target by hand", () => {
  test("is pushed as well: a landing that is taken back", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo } = world;
    expect((await repo.run(runAll)).code).toBe(0);
    const revert = await repo.run(["revert", "2"]);
    expect([revert.code, revert.stdout]).toEqual([
      0,
      expect.stringMatching(/taken back by [0-9a-f]{10}, pushed to origin\n/),
    ]);
    // The run is told of once more.
    await repo.run(["status", "--watch"]);
    expect(firstParents(repo)[0]).toBe('Revert "two (2)"');
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("is pushed as well: a promotion, on top of what others pushed there", async ({ sandbox }) => {
    const world = shared(sandbox, writesItsFile, `${gate}${toOrigin}staging: {branch: staging, main: main}\n`);
    const { repo, other } = world;
    expect((await repo.run(runAll)).code).toBe(0);
    expect(there(world, "staging")).toBe(repo.git("rev-parse", "staging"));
    other.commit({ "theirs.txt": "theirs\n" }, "Theirs");
    other.git("push", "--quiet", "origin", "HEAD:main");
    const promote = await repo.run(["promote"]);
    expect([promote.code, promote.stdout]).toEqual([
      0,
      expect.stringMatching(/passed the gate \([0-9a-f]{10}\), pushed to origin\n/),
    ]);
    expect(firstParents(repo)).toEqual(["Promote staging to main", "Theirs", "Start"]);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("is done work that waited to be landed", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo, other } = world;
    expect((await repo.run(["run", "One", "--yes", "--no-land"])).code).toBe(0);
    other.commit({ "theirs.txt": "theirs\n" }, "Theirs");
    other.git("push", "--quiet", "origin", "HEAD:main");
    expect((await repo.run(["land", "--completed"])).code).toBe(0);
    expect(firstParents(repo)).toEqual(["One (1)", "Theirs", "Start"]);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });
});

describe("somebody else who pushes", () => {
  test("while an agent works has the work judged on top of theirs", async ({ sandbox }) => {
    const once = `[ -e '${sandbox.path("pushed")}' ] || { touch '${sandbox.path("pushed")}'; (${somebodyPushes(sandbox, "theirs.txt")}); }`;
    const world = shared(sandbox, `${once} && ${writesItsFile}`);
    const { repo } = world;
    const run = await repo.run(runAll);
    expect(run.code).toBe(0);
    expect(firstParents(repo)).toEqual(["two (2)", "one (1)", "Theirs theirs.txt", "Start"]);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
    expect(repo.read("theirs.txt")).toBe("theirs\n");
  });

  test("while the gate judges has the push rejected, and the two judged together", async ({ sandbox }) => {
    const seen = sandbox.path("seen");
    const judge = `echo "$(ls theirs.txt 2>/dev/null)" >> '${seen}'; [ "$(wc -l < '${seen}')" -gt 1 ] || (${somebodyPushes(sandbox, "theirs.txt")})`;
    const judged = `gate: {checks: [{name: slow, run: ${JSON.stringify(judge)}, kind: command}]}\n`;
    const world = shared(sandbox, writesItsFile, `${judged}${toOrigin}`);
    const { repo } = world;
    const run = await repo.run(["run", "One", "--yes"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain("somebody had pushed to main on origin before; merging again");
    expect(run.stdout).toContain("main follows origin to");
    expect(readFileSync(seen, "utf8")).toBe("\ntheirs.txt\n");
    expect(firstParents(repo)).toEqual(["One (1)", "Theirs theirs.txt", "Start"]);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("before each push has the queue halt in the end, until a person lets it go on", async ({ sandbox }) => {
    const go = sandbox.path("go");
    const judge = `[ -e '${go}' ] || (n=$(date +%s%N); ${somebodyPushes(sandbox, "theirs-$n.txt")})`;
    const judged = `gate: {checks: [{name: slow, run: ${JSON.stringify(judge)}, kind: command}]}\n`;
    const world = shared(sandbox, writesItsFile, `${judged}${toOrigin}`);
    const { repo } = world;
    const run = await repo.run(["run", "One", "--yes"]);
    expect(run.code).toBe(4);
    expect(run.stdout).toContain("5 times in a row somebody else had pushed to origin before");
    expect(repo.landings()).toEqual([]);
    sandbox.write("go", "");
    expect((await repo.run(["queue", "resume"])).code).toBe(0);
    await repo.run(["status", "--watch"]);
    expect(repo.landings()).toHaveLength(1);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("while the checkout here is dirty: their work and ours wait beside it", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo, other } = world;
    repo.write("nightcrew.yaml", `${repo.read("nightcrew.yaml")}# mine\n`);
    const before = repo.git("rev-parse", "main");
    other.commit({ "theirs.txt": "theirs\n" }, "Theirs");
    other.git("push", "--quiet", "origin", "HEAD:main");
    const run = await repo.run(runAll);
    expect(run.stdout).toContain("landed on nightcrew/main (not yet on main)");
    expect(repo.git("rev-parse", "main")).toBe(before);
    expect(repo.git("status", "--porcelain")).toBe(" M nightcrew.yaml");
    expect(there(world)).toBe(repo.git("rev-parse", "nightcrew/main"));
    expect(repo.show("nightcrew/main", "theirs.txt")).toBe("theirs\n");
  });
});

describe("a remote that does not take it", () => {
  test("by a hook holds the change with its words, and nothing moves here", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo, remote } = world;
    const hook = sandbox.write(
      "remote.git/hooks/pre-receive",
      "#!/bin/sh\nprintf 'no pushes \\033[31mat night\\n' >&2\nexit 1\n",
    );
    chmodSync(hook, 0o755);
    const before = repo.git("rev-parse", "main");
    const run = await repo.run(runAll);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain(
      "origin did not take it: no pushes at night; [remote rejected] (pre-receive hook declined)",
    );
    expect([repo.git("rev-parse", "main"), there(world)]).toEqual([before, before]);
    expect(repo.git("for-each-ref", "refs/heads/nightcrew/main")).toBe("");
    expect(run.stdout).toContain("have what is held landed: `nightcrew retry ");
    // Nothing is lost: once it may be pushed, it lands as it is.
    renameSync(hook, `${remote}/hooks/off`);
    expect((await repo.run(["retry", sandbox.newestRun()])).code).toBe(0);
    await repo.run(["status", "--watch"]);
    expect(repo.landings()).toHaveLength(2);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("keeps what broke the target there, until the queue goes on: then it is taken back", async ({ sandbox }) => {
    const validate = "validate: {run: 'test ! -e late'}\n";
    const agent = `[ "$NIGHTCREW_ATTEMPT" -gt 1 ] || touch late; ${writesItsFile}`;
    const world = shared(sandbox, agent, `${gate}${toOrigin}${validate}`);
    const { repo, remote } = world;
    const script = "#!/bin/sh\nread old new ref; ! git log -1 --format=%s $new | grep -q '^Revert'\n";
    const hook = sandbox.write("remote.git/hooks/pre-receive", script);
    chmodSync(hook, 0o755);
    const run = await repo.run(["run", "One", "--yes"]);
    expect(run.stdout).toContain("origin did not take it");
    expect(firstParents(repo)).toEqual(["One (1)", "Start"]);
    renameSync(hook, `${remote}/hooks/off`);
    expect((await repo.run(["queue", "resume"])).code).toBe(0);
    await repo.run(["queue", "--watch"]);
    await repo.run(["status", "--watch"]);
    expect(firstParents(repo)).toEqual(["One (1)", 'Revert "One (1)"', "One (1)", "Start"]);
    expect(repo.git("ls-tree", "--name-only", "main", "late")).toBe("");
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("because both have gone their own ways has nothing begin, and it is told what to do", async ({ sandbox }) => {
    const { repo, other } = shared(sandbox);
    repo.commit({ "mine.txt": "mine\n" }, "Mine");
    other.commit({ "theirs.txt": "theirs\n" }, "Theirs");
    other.git("push", "--quiet", "origin", "HEAD:main");
    const run = await repo.run(runAll);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("main here and on origin have diverged");
    expect(run.stderr).toContain("1 commit only here, 1 commit only there");
    expect(run.stderr).toContain("git pull --rebase origin main");
    expect((await repo.run(["runs"])).stdout).not.toContain("main");
    // A plan is shown all the same.
    const plan = await repo.run(["plan", "ROADMAP.md"]);
    expect([plan.code, plan.stdout]).toEqual([0, expect.stringContaining("it cannot begin: main here and on origin")]);
    expect((await repo.run([...runAll, "--remote", "none"])).code).toBe(0);
  });

  test("because both went their own ways meanwhile holds what is done", async ({ sandbox }) => {
    const mine = `cd '${sandbox.path("repo")}' && echo mine > mine.txt && git add mine.txt && git commit -qm Mine`;
    const world = shared(sandbox, `(${mine}); (${somebodyPushes(sandbox, "theirs.txt")}); ${writesItsFile}`);
    const { repo } = world;
    const run = await repo.run(["run", "One", "--yes"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("main here and on origin have diverged: 1 commit only here, 1 commit only there");
    const command = /`git (pull [^`]+)`/.exec(run.stdout)?.[1] ?? "no command was named";
    repo.git(...command.split(" "));
    expect((await repo.run(["retry", sandbox.newestRun()])).code).toBe(0);
    await repo.run(["status", "--watch"]);
    expect(firstParents(repo)).toEqual(["One (1)", "Mine", "Theirs theirs.txt", "Start"]);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("because it is away for a while is tried again", async ({ sandbox }) => {
    const away = `mv '${sandbox.path("remote.git")}' '${sandbox.path("away.git")}'`;
    const world = shared(sandbox, `${away}; ${writesItsFile}`);
    const { repo, remote } = world;
    const run = repo.start(["run", "One", "--yes", "--json"]);
    await run.saw('"type":"remote.lost"');
    const queue = await repo.run(["queue"]);
    expect(queue.stdout).toMatch(/next {2}origin could not be reached: .*; it is tried again at /);
    renameSync(sandbox.path("away.git"), remote);
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    const lost = jsonLines(stdout).filter((line) => JSON.stringify(line).includes('"type":"remote.lost"'));
    expect(lost.length).toBeGreaterThan(0);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("and whose answer is lost is looked at when it is back: what it took has landed, once", async ({ sandbox }) => {
    const world = shared(sandbox);
    const { repo, other, remote } = world;
    const away = sandbox.path("away.git");
    other.commit({ "theirs.txt": "theirs\n" }, "Theirs");
    other.git("push", "--quiet", "origin", "HEAD:main");
    // It has taken what was pushed, and is gone before it could say so; a person commits what kept the checkout dirty.
    const mine = `cd '${repo.path}' && git commit -qam Mine`;
    const script = `#!/bin/sh\nunset GIT_DIR GIT_QUARANTINE_PATH\n(${mine})\nmv '${remote}' '${away}'\nkill -9 $PPID\n`;
    chmodSync(sandbox.write("remote.git/hooks/post-receive", script), 0o755);
    repo.write("nightcrew.yaml", `${repo.read("nightcrew.yaml")}# mine\n`);
    const run = repo.start(["run", "One", "--yes", "--json"]);
    await run.saw('"type":"change.moved"');
    const landed = repo.git("--git-dir", away, "rev-parse", "main");
    renameSync(`${away}/hooks/post-receive`, `${away}/hooks/off`);
    renameSync(away, remote);
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(repo.landings()).toEqual([landed]);
    expect(stdout).toContain(`"type":"task.completed","commit":"${landed}"`);
    expect(firstParents(repo)).toEqual(["Merge what waited", "One (1)", "Theirs", "Start"]);
    expect(repo.show("main", "nightcrew.yaml")).toContain("# mine\n");
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
  });

  test("because it cannot be reached has nothing begin", async ({ sandbox }) => {
    const { repo, remote } = shared(sandbox);
    repo.git("remote", "set-url", "origin", `${remote}x`);
    const run = await repo.run(runAll);
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining("What lands could not be pushed to origin")]);
    expect(run.stderr).toContain("does not appear to be a git repository");
    expect(run.stderr).toContain("--remote none");
  });
});

describe("a login", () => {
  /** In place of ssh: what it is asked for is done on this machine, and told. */
  const ssh = (sandbox: Sandbox, script: string): string => {
    const file = sandbox.write("bin/ssh", `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  test("is that of the terminal, though the daemon has another; no agent sees it", async ({ sandbox }) => {
    const world = shared(sandbox, `env > env.txt; ${writesItsFile}`);
    const { repo, remote } = world;
    repo.git("remote", "set-url", "origin", `ssh://somewhere${remote}`);
    await repo.run(["daemon", "start"], { DISPLAY: ":9", SSH_ASKPASS: "/bin/true" });
    const told = sandbox.path("told");
    // Neither a terminal nor a screen, on which somebody could be asked.
    const asks = `if (: < /dev/tty) 2> /dev/null || [ -n "$DISPLAY$SSH_ASKPASS" ]; then exit 1; fi`;
    const command = ssh(
      sandbox,
      `${asks}; for word; do :; done; echo "$SSH_AUTH_SOCK $word" >> '${told}'; eval "$word"`,
    );
    const login = { GIT_SSH_COMMAND: command, SSH_AUTH_SOCK: "/the/agent" };
    const run = await repo.run(["run", "One", "--yes"], login);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    expect(there(world)).toBe(repo.git("rev-parse", "main"));
    expect(sandbox.read("told")).toContain(`/the/agent git-receive-pack '${remote}'`);
    expect(repo.show("main", "env.txt")).not.toMatch(/the\/agent|bin\/ssh/);
    // It is kept in memory alone.
    expect(sandbox.contents(sandbox.home).filter(([, text]) => text.includes("/the/agent"))).toEqual([]);
  });

  test("that is refused has nothing begin, and is called so", async ({ sandbox }) => {
    const { repo, remote } = shared(sandbox);
    repo.git("remote", "set-url", "origin", `ssh://somewhere${remote}`);
    const command = ssh(sandbox, "echo 'me@somewhere: Permission denied (publickey).' >&2; exit 255");
    const run = await repo.run([...runAll, "--json"], { GIT_SSH_COMMAND: command });
    expect(run.code).toBe(2);
    expect(jsonLines(run.stdout)[0]).toMatchObject({
      error: { code: "remote-unauthorized", why: expect.stringContaining("origin let nobody in: me@somewhere") },
    });
  });
});

describe("doctor", () => {
  test("says where the remote is, and what would keep a run from beginning", async ({ sandbox }) => {
    const { repo, remote } = shared(sandbox);
    repo.commit({ "mine.txt": "mine\n" }, "Mine");
    const well = await repo.run(["doctor", "--json"]);
    const findings = (ended: { stdout: string }): unknown =>
      (JSON.parse(ended.stdout) as { findings: { name: string }[] }).findings.find(({ name }) => name === "remote");
    expect(findings(well)).toMatchObject({ verdict: "ok", detail: expect.stringMatching(/^origin; 1 commit of main/) });
    renameSync(remote, `${remote}x`);
    const away = await repo.run(["doctor", "--json"]);
    expect(findings(away)).toMatchObject({
      verdict: "problem",
      next: expect.stringContaining("git fetch origin main"),
    });
    repo.write("nightcrew.yaml", config(writesItsFile, gate));
    expect(findings(await repo.run(["doctor", "--json"]))).toBeUndefined();
  });
});

describe("which remote", () => {
  test("is one that the repository has, and no mirror", async ({ sandbox }) => {
    const { repo } = shared(sandbox);
    const unknown = await repo.run(["plan", "ROADMAP.md", "--remote", "upstream"]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no remote "upstream"')]);
    expect(unknown.stderr).toContain("it has origin");
    const option = await repo.run(["plan", "ROADMAP.md", "--remote=--upload-pack=x"]);
    expect([option.code, option.stderr]).toEqual([2, expect.stringContaining("no remote")]);
    repo.git("config", "remote.origin.fetch", "+refs/*:refs/*");
    const mirror = await repo.run(["plan", "ROADMAP.md"]);
    expect([mirror.code, mirror.stderr]).toEqual([2, expect.stringContaining("origin mirrors this repository")]);
  });

  test("is none where none is named: nothing is pushed, fetched, or asked for", async ({ sandbox }) => {
    const world = shared(sandbox, writesItsFile, gate);
    const { repo } = world;
    const asked = sandbox.path("asked");
    for (const program of ["uploadpack", "receivepack"])
      repo.git("config", `remote.origin.${program}`, `touch '${asked}'; exit 1; :`);
    const before = there(world);
    expect((await repo.run(runAll)).code).toBe(0);
    expect([existsSync(asked), there(world)]).toEqual([false, before]);
    const named = await repo.run(["run", "Another", "--yes", "--remote", "origin"]);
    expect([named.code, existsSync(asked)]).toEqual([2, true]);
  });
});
