import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { allCrashPoints, type CrashPoint } from "../../src/engine/crash-point.ts";
import { crashingBinary } from "../rig/crash-build.ts";
import {
  binary,
  config,
  eventually,
  gate,
  jsonLines,
  jsonLinesIn,
  test,
  type Ended,
  type Repository,
  type Sandbox,
} from "../rig/sandbox.ts";

const roadmap = "- [ ] one\n- [ ] two\n- [ ] three\n  Depends on: 1\n";

interface World {
  /** What an agent does before its work. */
  readonly script?: string;
  readonly checks?: string;
}

/** Until the test writes `go`. */
const untilGo = (root: string): string => `until [ -e '${root}/go' ]; do sleep 0.02; done`;

/** A world whose processes die at a point, one of them, once; whose agents write their file and tell of themselves. */
function crashing(sandbox: Sandbox, point: CrashPoint, { script = "true", checks = gate }: World = {}): Repository {
  const { root } = sandbox;
  // The lock is the kernel's: it is gone with its process, however that ends.
  const agent = `exec 9> '${root}/lock-'"$NIGHTCREW_TASK"; flock -n 9 || echo "$NIGHTCREW_TASK" >> '${root}/beside'
    echo "$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT" >> '${root}/started'
    echo '{"type":"session","id":"s1"}'
    echo '{"type":"progress","percent":50}'
    ${script}
    echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"`;
  Object.assign(sandbox.env, { NIGHTCREW_CRASH_AT: point, NIGHTCREW_CRASH_MARK: join(root, "crashed") });
  sandbox.program = crashingBinary;
  return sandbox.repository({ "ROADMAP.md": roadmap, "nightcrew.yaml": config(agent, checks) });
}

function appeared(sandbox: Sandbox, name: string, lines = 1): Promise<void> {
  const file = sandbox.path(name);
  const there = (): boolean => existsSync(file) && readFileSync(file, "utf8").split("\n").length > lines;
  return eventually(there, `${lines} lines in ${name}`);
}

/** The follower starts the daemon again; where none is left, a person does with the same command or the next. */
async function toTheEnd(
  sandbox: Sandbox,
  repo: Repository,
  first: Promise<Ended>,
  again: readonly string[] = ["run", "ROADMAP.md", "--yes"],
): Promise<Ended> {
  let ended = await first;
  for (let tries = 0; ended.code !== 0 && tries < 2; tries++) {
    const begun = existsSync(join(sandbox.home, "runs")) && (await repo.run(["runs"])).stdout !== "";
    ended = await repo.run(begun ? ["status", "--watch"] : again);
  }
  return ended;
}

/** Every task landed once, nothing of it twice, nothing beside itself. */
async function expectDoneOnce(sandbox: Sandbox, repo: Repository, branch = "main"): Promise<void> {
  expect(existsSync(sandbox.path("crashed"))).toBe(true);
  const landings = repo.landings(branch);
  const taskOf = (commit: string): string =>
    repo.git("log", "-1", "--format=%(trailers:key=Nightcrew-Task,valueonly,separator=%x2C)", commit);
  expect(landings.map(taskOf).sort()).toEqual(["1", "2", "3"]);
  for (const commit of landings)
    expect(repo.git("diff", "--numstat", `${commit}^1`, commit, "--", "ROADMAP.md")).toBe("1\t1\tROADMAP.md");
  expect(repo.show(branch, "ROADMAP.md").match(/- \[x\]/g)).toHaveLength(3);
  for (const task of [1, 2, 3]) expect(repo.show(branch, `${task}.txt`)).toBe(`${task}\n`);
  expect(existsSync(sandbox.path("beside"))).toBe(false);
  const started = readFileSync(sandbox.path("started"), "utf8").trim().split("\n");
  expect(new Set(started)).toHaveLength(started.length);
  const { stdout } = await repo.run(["runs", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ runs: [{ status: "finished", completed: 3 }] });
}

const seedsFile = ".seeds/issues.jsonl";
const openSeed = (id: string): string => `${JSON.stringify({ id, title: id, status: "open", priority: 2 })}\n`;
const isClosed = ({ status }: Record<string, unknown>): boolean => status === "closed";

/** Task 3 is gone from the target, with its box, by one commit; the others are there. */
async function expectRevertedOnce(sandbox: Sandbox, repo: Repository): Promise<void> {
  expect(existsSync(sandbox.path("crashed"))).toBe(true);
  expect(repo.git("log", "--first-parent", "--format=%s", "--grep=^Revert", "main")).toBe('Revert "three (3)"');
  expect(repo.show("main", "ROADMAP.md").match(/- \[x\]/g)).toHaveLength(2);
  expect(repo.git("ls-tree", "--name-only", "main").split("\n")).not.toContain("3.txt");
  const { stdout } = await repo.run(["tasks", "--json"]);
  const { tasks } = JSON.parse(stdout) as { tasks: { state: { status: string } }[] };
  expect(tasks.map(({ state }) => state.status)).toEqual(["completed", "completed", "failed"]);
}

async function watchToTheEnd(sandbox: Sandbox, repo: Repository): Promise<void> {
  const watched = await toTheEnd(sandbox, repo, repo.run(["status", "--watch"]));
  expect(watched).toMatchObject({ code: 0 });
  expect((await repo.run(["report"])).code).toBe(0);
}

/** A command of a person: where the daemon died under it, it is given again. */
async function told(repo: Repository, ...args: readonly string[]): Promise<void> {
  const first = await repo.run(args);
  if (first.code !== 0) expect(await repo.run(args)).toMatchObject({ code: 0 });
}

/** A daemon that hears of no change of a file looks at the one that stops everything now and then only. */
async function everythingStopped(repo: Repository): Promise<void> {
  await told(repo, "stop", "--all");
  const isSeen = async (): Promise<boolean> =>
    (await repo.run(["runs", "--json"])).stdout.includes('"status":"interrupted"');
  await eventually(isSeen, "the run is interrupted");
}

interface Scenario {
  readonly when: string;
  readonly points: readonly CrashPoint[];
  readonly world?: (root: string) => World;
  readonly branch?: string;
  readonly play: (sandbox: Sandbox, repo: Repository) => Promise<void>;
  /** What has to come of it, where that is not that all is done once. */
  readonly expected?: (sandbox: Sandbox, repo: Repository, branch?: string) => Promise<void>;
}

const around = <N extends string>(name: N): [`${N}/before`, `${N}/after`] => [`${name}/before`, `${name}/after`];
const waitingAgents = (root: string): World => ({ script: untilGo(root) });

const scenarios: readonly Scenario[] = [
  {
    when: "a run begins, works, lands",
    points: allCrashPoints().filter(
      (point) =>
        !/control|time|freeze|frozen|stop|wait|nudged|swapped|revert|promotion|setup|remote|pushed|foreseen|told|tell|message|alert|issue|source|extend/.test(
          point,
        ),
    ),
    play: async (sandbox, repo) => {
      const ended = await toTheEnd(sandbox, repo, repo.run(["run", "ROADMAP.md", "--yes"]));
      expect(ended).toMatchObject({ code: 0 });
    },
  },
  {
    when: "its roadmap gets one more task meanwhile",
    points: [...around("commit/source.changed"), ...around("commit/run.extend")],
    world: waitingAgents,
    play: async (sandbox, repo) => {
      repo.commit({ "ROADMAP.md": "- [ ] one\n- [ ] two\n" }, "Without the third");
      await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
      await appeared(sandbox, "started");
      repo.commit({ "ROADMAP.md": roadmap }, "With the third");
      await told(repo, "reconcile");
      sandbox.write("go", "");
      await watchToTheEnd(sandbox, repo);
    },
  },
  {
    when: "a remote has first what lands",
    points: [
      "landing/before-move",
      "landing/pushed",
      "landing/fast-forwarded",
      ...around("commit/remote.told"),
      ...around("effect/land"),
      ...around("commit/landing.ended"),
    ],
    world: () => ({ checks: `${gate}remote: origin\n` }),
    play: async (sandbox, repo) => {
      repo.git("init", "--quiet", "--bare", sandbox.path("remote.git"));
      repo.git("remote", "add", "origin", sandbox.path("remote.git"));
      repo.git("push", "--quiet", "origin", "main");
      const ended = await toTheEnd(sandbox, repo, repo.run(["run", "ROADMAP.md", "--yes"]));
      expect(ended).toMatchObject({ code: 0 });
      expect(repo.git("--git-dir", sandbox.path("remote.git"), "rev-parse", "main")).toBe(
        repo.git("rev-parse", "main"),
      );
    },
  },
  {
    when: "dependencies are set up first",
    points: ["runner/setup-begins", "runner/setup-ends", "runner/setup-kept"],
    world: () => ({
      script: "grep -q whole deps/a || exit 1",
      checks: `setup: {run: "mkdir deps && echo whole > deps/a", key: [lock], keep: [deps]}\n${gate.replace("test !", "grep -q whole deps/a && test !")}`,
    }),
    play: async (sandbox, repo) => {
      const ended = await toTheEnd(sandbox, repo, repo.run(["run", "ROADMAP.md", "--yes"]));
      expect(ended).toMatchObject({ code: 0 });
    },
    expected: async (sandbox, repo) => {
      await expectDoneOnce(sandbox, repo);
      const [folder = ""] = readdirSync(join(sandbox.home, "workspaces"));
      const kept = readdirSync(join(sandbox.home, "workspaces", folder, "kept"));
      expect(kept.filter((name) => !name.includes(".lock."))).toEqual([expect.stringMatching(/^[0-9a-f]{20}$/)]);
    },
  },
  {
    when: "the target is checked out nowhere",
    points: ["landing/before-move", "landing/swapped"],
    branch: "release",
    play: async (sandbox, repo) => {
      repo.git("branch", "release");
      const ended = await toTheEnd(sandbox, repo, repo.run(["run", "ROADMAP.md", "--yes", "--target", "release"]));
      expect(ended).toMatchObject({ code: 0 });
    },
  },
  {
    when: "a task waits to be tried again",
    points: [...around("effect/wait"), ...around("commit/time.reached")],
    // The agent's parent is its runner.
    world: () => ({ script: `[ "$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT" != 1-1 ] || { kill -9 $PPID; exit 1; }` }),
    play: async (sandbox, repo) => {
      const ended = await toTheEnd(sandbox, repo, repo.run(["run", "ROADMAP.md", "--yes"]));
      expect(ended).toMatchObject({ code: 0 });
    },
  },
  {
    when: "a daemon takes up what another one left",
    points: [...around("commit/run.nudged"), ...around("commit/queue.nudged")],
    world: waitingAgents,
    play: async (sandbox, repo) => {
      await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
      await appeared(sandbox, "started", 2);
      process.kill(await sandbox.daemonPid(), "SIGKILL");
      sandbox.write("go", "");
      await told(repo, "runs");
      await watchToTheEnd(sandbox, repo);
    },
  },
  {
    when: "a task is paused and resumed",
    points: [...around("commit/task.control"), ...around("effect/set-frozen"), ...around("commit/attempt.freeze-sent")],
    world: waitingAgents,
    play: async (sandbox, repo) => {
      await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
      await appeared(sandbox, "started", 2);
      await told(repo, "pause", "1");
      await told(repo, "resume", "1");
      sandbox.write("go", "");
      await watchToTheEnd(sandbox, repo);
    },
  },
  {
    when: "an agent is told something while it works",
    points: [
      ...around("effect/tell-attempt"),
      ...around("commit/attempt.message-sent"),
      ...around("commit/attempt.told"),
    ],
    // It says that it took up what it read.
    world: () => ({
      script: `[ "$NIGHTCREW_TASK" != 1 ] || { IFS= read -r line; printf '%s' "$line" | sed s/message/told/; echo; }`,
      checks: `    converses: true\n${gate}`,
    }),
    play: async (sandbox, repo) => {
      await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
      await appeared(sandbox, "started", 2);
      // Where the daemon died under it before it had heard of it, it is said again.
      if ((await repo.run(["message", "1", "Go on."])).code !== 0) await repo.run(["message", "1", "Go on."]);
      await watchToTheEnd(sandbox, repo);
      expect((await repo.run(["report"])).stdout).toContain("a person said: “Go on.” (attempt 1 was told)");
    },
  },
  {
    when: "a conflict is foreseen",
    points: around("commit/attempt.foreseen"),
    world: (root) => ({
      script: `echo "$NIGHTCREW_TASK" > shared
    if [ "$NIGHTCREW_TASK" = 1 ]; then ${untilGo(root)}; rm shared; fi`,
    }),
    play: async (sandbox, repo) => {
      await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
      await appeared(sandbox, "started", 2);
      // A daemon that died is started by the next command, and looks again.
      const isSeen = async (): Promise<boolean> =>
        (await repo.run(["status"])).stdout.includes("conflicts with main in shared");
      await eventually(isSeen, "the conflict is seen");
      sandbox.write("go", "");
      await watchToTheEnd(sandbox, repo);
    },
  },
  {
    when: "agents are stopped, and the run is resumed",
    points: [
      ...around("commit/run.control"),
      ...around("effect/stop-attempt"),
      ...around("commit/attempt.stop-sent"),
      "commit/attempt.ended/before",
    ],
    world: waitingAgents,
    play: async (sandbox, repo) => {
      await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
      await appeared(sandbox, "started", 2);
      await everythingStopped(repo);
      sandbox.write("go", "");
      await told(repo, "resume", "--all");
      await watchToTheEnd(sandbox, repo);
    },
  },
  {
    when: "a landing is taken back",
    points: [...around("commit/queue.control"), ...around("commit/revert.built"), ...around("effect/build-revert")],
    play: async (_sandbox, repo) => {
      expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
      await repo.run(["revert", "3"]);
      // Where the daemon died under it, the next one goes on with it; where it had not heard of it, it is asked again.
      await repo.run(["queue", "--watch"]);
      await repo.run(["revert", "3"]);
      await repo.run(["status", "--watch"]);
    },
    expected: expectRevertedOnce,
  },
  {
    when: "the target is judged by hand, and loses its last landing",
    points: around("commit/queue.control"),
    play: async (_sandbox, repo) => {
      expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
      const validate = ["validate", "test ! -e 3.txt", "--rollback-on-fail"];
      await repo.run(validate);
      // Where the daemon died under it, the next one goes on with it; where it had not heard of it, it is asked again.
      await repo.run(["queue", "--watch"]);
      await repo.run(validate);
      await repo.run(["status", "--watch"]);
    },
    expected: expectRevertedOnce,
  },
  {
    when: "a landing breaks the target, and alerts are told",
    points: [...around("effect/alert"), ...around("commit/alert.sent")],
    world: () => ({ checks: `attempts: 1\n${gate}validate: {run: "test ! -e 3.txt"}\n` }),
    play: async (sandbox, repo) => {
      sandbox.write("home/alert", `#!/bin/sh\ncat >> '${sandbox.root}/notices'\n`);
      chmodSync(sandbox.path("home/alert"), 0o700);
      await repo.run(["run", "ROADMAP.md", "--yes"]);
      await repo.run(["status", "--watch"]);
      const kinds = (): string[] => jsonLinesIn(sandbox.path("notices")).map(({ kind }) => String(kind));
      const all = (): boolean => ["reverted", "run-ended"].every((kind) => kinds().includes(kind));
      // Nobody follows the run any more: where the daemon died of its last alert, a command starts the next one.
      await eventually(async () => (await repo.run(["runs"])).code === 0 && all(), "both were told");
    },
    expected: expectRevertedOnce,
  },
  {
    when: "issues are claimed, and closed by what landed",
    points: [
      ...around("effect/claim-issue"),
      ...around("commit/issue.claimed"),
      ...around("effect/tell-issue"),
      ...around("commit/issue.told"),
    ],
    play: async (sandbox, repo) => {
      repo.commit({ [seedsFile]: ["1", "2", "3"].map(openSeed).join("") }, "Issues");
      const command = ["run", "seeds:", "--all", "--yes"];
      const ended = await toTheEnd(sandbox, repo, repo.run(command), command);
      expect(ended).toMatchObject({ code: 0 });
    },
    expected: async (sandbox, repo) => {
      expect(existsSync(sandbox.path("crashed"))).toBe(true);
      expect(repo.landings()).toHaveLength(3);
      const started = readFileSync(sandbox.path("started"), "utf8").trim().split("\n");
      expect(started.sort()).toEqual(["1-1", "2-1", "3-1"]);
      // Where the daemon died of the last word, a command starts the one that says it.
      const closed = (): number => jsonLines(repo.read(seedsFile)).filter(isClosed).length;
      await eventually(async () => (await repo.run(["runs"])).code === 0 && closed() === 3, "all are closed");
      expect(existsSync(sandbox.path("beside"))).toBe(false);
    },
  },
  {
    when: "somebody closes an issue that is worked on, and a tracker does not hear of the others at once",
    points: [...around("commit/issue.lost"), ...around("commit/issue.tell-again")],
    world: waitingAgents,
    play: async (sandbox, repo) => {
      repo.commit({ [seedsFile]: ["1", "2", "3"].map(openSeed).join("") }, "Issues");
      expect((await repo.run(["run", "seeds:", "--all", "--yes", "--detach", "--workers", "3"])).code).toBe(0);
      await appeared(sandbox, "started", 3);
      const worked = repo.read(seedsFile);
      const first = worked.replace('"status":"in_progress"', '"status":"closed"');
      repo.write(seedsFile, first);
      const lost = async (): Promise<boolean> => (await repo.run(["tasks"])).stdout.includes("its issue is closed");
      await eventually(lost, "the first is cancelled");
      repo.write(seedsFile, `<<<<<<< HEAD\n${repo.read(seedsFile)}`);
      sandbox.write("go", "");
      await toTheEnd(sandbox, repo, repo.run(["status", "--watch"]));
      repo.write(seedsFile, repo.read(seedsFile).replace("<<<<<<< HEAD\n", ""));
    },
    expected: async (sandbox, repo) => {
      const closed = (): number => jsonLines(repo.read(seedsFile)).filter(isClosed).length;
      await eventually(async () => (await repo.run(["runs"])).code === 0 && closed() === 3, "all are closed");
      expect(existsSync(sandbox.path("crashed"))).toBe(true);
      expect(repo.landings()).toHaveLength(2);
      expect(repo.git("ls-tree", "--name-only", "main").split("\n")).not.toContain("1.txt");
    },
  },
  {
    when: "staging is promoted",
    points: [...around("effect/build-promotion"), ...around("commit/promotion.built"), "landing/fast-forwarded"],
    world: () => ({ checks: `${gate}staging: {branch: staging}\n` }),
    play: async (_sandbox, repo) => {
      expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
      await repo.run(["promote"]);
      // Where the daemon died under it, the next one goes on with it.
      await repo.run(["queue", "--watch"]);
      expect((await repo.run(["promote"])).code).toBe(0);
      expect(repo.git("rev-parse", "main")).toBe(repo.git("rev-parse", "staging"));
      expect(repo.git("status", "--porcelain")).toBe("");
    },
  },
  {
    when: "a gate is stopped, and the run is resumed",
    points: [...around("effect/stop-gate"), ...around("commit/gate.stop-sent")],
    world: (root) => ({
      checks: gate.replace("test !", () => `echo >> "${root}/gating"; ${untilGo(root).replaceAll("'", '"')}; test !`),
    }),
    play: async (sandbox, repo) => {
      await repo.run(["run", "ROADMAP.md", "--yes", "--detach"]);
      await appeared(sandbox, "gating");
      await everythingStopped(repo);
      sandbox.write("go", "");
      await told(repo, "resume", "--all");
      await watchToTheEnd(sandbox, repo);
    },
  },
];

describe.each(scenarios)("when $when", ({ points, world, branch, play, expected }) => {
  test.concurrent.for(points)("and a process dies at %s, all is done once", async (point, { sandbox }) => {
    const repo = crashing(sandbox, point, world?.(sandbox.root));
    await play(sandbox, repo);
    await (expected ?? expectDoneOnce)(sandbox, repo, branch);
  });
});

test("every crash point is in a scenario", () => {
  const tried = new Set(scenarios.flatMap(({ points }) => points));
  expect(allCrashPoints().filter((point) => !tried.has(point))).toEqual([]);
});

describe("the product", () => {
  test("has no crash points", () => {
    const dist = join(binary, "..", "..", "dist");
    const files = readdirSync(dist).filter((file) => file.endsWith(".cjs"));
    const trace = /crash[A-Z]|NIGHTCREW_CRASH|CRASH_POINTS|runner\/claimed|daemon\/locked/;
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => trace.test(readFileSync(join(dist, file), "utf8")))).toEqual([]);
    expect(readFileSync(join(crashingBinary, "..", "..", "dist", "runner.cjs"), "utf8")).toMatch(trace);
  });
});
