import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { describe, expect } from "vitest";
import {
  breaksInTurn,
  config,
  eventually,
  jsonLines,
  noneIsLate,
  test,
  type Repository,
  type Sandbox,
} from "../rig/sandbox.ts";

// The merge queue through the command line, with real git and real gates: what lands together, what does not, what is taken back.

/** One open task for each number. */
const roadmap = (count: number): string =>
  Array.from({ length: count }, (_, index) => `- [ ] Task ${index + 1}\n`).join("");

/** Red where a file says so, or where two files do not go together; the files are told apart by their contents. */
const check = `cat task-* 2>/dev/null > all || true
if grep -q bad all; then echo "0 passed, 1 failed"; exit 1; fi
if grep -q left all && grep -q right all; then echo "left and right: 0 passed, 1 failed"; exit 1; fi
echo "1 passed, 0 failed"`;

const gateOf = (text: string, more = ""): string =>
  `gate:\n  ${more}\n  checks:\n    - {name: tests, kind: test, run: ${JSON.stringify(text)}}\n`;

/** Every agent writes its file at the end, when all of them are there, so that all changes are ready at once. */
function together(sandbox: Sandbox, count: number, write: string): string {
  return `touch '${sandbox.root}'/here-$NIGHTCREW_TASK
until [ "$(ls '${sandbox.root}' | grep -c here-)" -ge ${count} ]; do sleep ${count > 12 ? 0.2 : 0.02}; done
what=good; case "$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT" in ${write} esac
echo "$what" > "task-$NIGHTCREW_TASK"`;
}

/** What the gate says of each commit on the target's own line, oldest first, the first one left out. */
function verdicts(sandbox: Sandbox, repo: Repository, text = check): boolean[] {
  const folder = sandbox.path("judged");
  return repo
    .git("rev-list", "--first-parent", "--reverse", "main")
    .split("\n")
    .slice(1)
    .map((commit) => {
      mkdirSync(folder);
      try {
        const tar = execFileSync("git", ["archive", commit], { cwd: repo.path, env: sandbox.env });
        execFileSync("tar", ["-x"], { cwd: folder, input: tar });
        execFileSync("sh", ["-c", text], { cwd: folder, stdio: "ignore" });
        return true;
      } catch {
        return false;
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
}

interface Told {
  readonly tasks: Record<string, { readonly status: string; readonly failure: string | null }>;
}

async function run(
  repo: Repository,
  ...more: readonly string[]
): Promise<Told & { code: number | null; stdout: string }> {
  const { code, stdout } = await repo.run(["run", "ROADMAP.md", "--yes", "--json", ...more]);
  const report = jsonLines(stdout).at(-1)?.["report"] as {
    tasks: { id: string; status: string; failure: { reason: string } | null }[];
  };
  const tasks = report.tasks.map(
    ({ id, status, failure }) => [id, { status, failure: failure?.reason ?? null }] as const,
  );
  return { code, stdout, tasks: Object.fromEntries(tasks) };
}

/** Changes that are in queues. */
async function waiting(repo: Repository): Promise<number> {
  const { queues } = JSON.parse((await repo.run(["queue", "--json"])).stdout) as { queues: { changes: unknown[] }[] };
  return queues.flatMap(({ changes }) => changes).length;
}

const settings = (sandbox: Sandbox, count: number, write: string, more = ""): string =>
  `workers: ${count}\nattempts: 1\n${config(together(sandbox, count, write), more)}`;

describe("changes that are ready at once", () => {
  test("land as one commit of the target, each with a merge of its own and its box ticked in it", async ({
    sandbox,
  }) => {
    const waits = `until [ -e '${sandbox.root}/go' ]; do sleep 0.02; done; ${check}`;
    const yaml = settings(sandbox, 4, "", `${gateOf(waits)}queue: {slots: 1}\n`);
    const repo = sandbox.repository({ "ROADMAP.md": roadmap(4), "nightcrew.yaml": yaml });
    const going = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    await going.saw('"type":"change.built"');
    // The first is judged alone; what is ready by the time that is over is judged and lands together.
    await eventually(async () => (await waiting(repo)) === 4, "all are in the queue");
    sandbox.write("go", "");
    expect((await going.ended).code).toBe(0);
    expect(repo.landings()).toHaveLength(4);
    const line = repo.git("rev-list", "--first-parent", "main").split("\n");
    expect(line).toHaveLength(3);
    expect(repo.git("log", "-1", "--format=%s", "main")).toBe("Land 3 changes");
    for (const commit of repo.landings())
      expect(repo.git("diff", "--numstat", `${commit}^1`, commit, "--", "ROADMAP.md")).toBe("1\t1\tROADMAP.md");
    expect(repo.show("main", "ROADMAP.md")).toBe(roadmap(4).replaceAll("[ ]", "[x]"));
    expect(verdicts(sandbox, repo)).not.toContain(false);
  });

  test("are one commit of the target each, every one of them green, where that is asked for", async ({ sandbox }) => {
    const more = `${gateOf(check)}queue: {history: every-change, slots: 3}\n`;
    const repo = sandbox.repository({
      "ROADMAP.md": roadmap(5),
      "nightcrew.yaml": settings(sandbox, 5, "3-*) what=bad;;", more),
    });
    const { code, tasks } = await run(repo);
    expect([code, tasks["3"]]).toEqual([1, { status: "failed", failure: "check-failed" }]);
    expect(repo.git("log", "--first-parent", "--format=%s", "main")).not.toContain("Land ");
    expect(verdicts(sandbox, repo)).toEqual([true, true, true, true]);
  });

  test("that are green alone and red together never meet on the target", async ({ sandbox }) => {
    const write = "2-*) what=left;; 5-*) what=right;;";
    const repo = sandbox.repository({
      "ROADMAP.md": roadmap(6),
      "nightcrew.yaml": settings(sandbox, 6, write, gateOf(check)),
    });
    const { code, tasks } = await run(repo);
    expect(code).toBe(1);
    const failed = Object.entries(tasks).filter(([, { status }]) => status !== "completed");
    expect(failed).toHaveLength(1);
    expect(["2", "5"]).toContain(failed[0]?.[0]);
    expect(failed[0]?.[1]).toEqual({ status: "failed", failure: "check-failed" });
    expect(verdicts(sandbox, repo)).not.toContain(false);
    expect((await repo.run(["report"])).stdout).toContain("left and right");
  });

  test("lose none but the culprit, in a batch of twelve", async ({ sandbox }) => {
    const more = `${gateOf(check)}queue: {strategy: groups, slots: 2}\n`;
    const repo = sandbox.repository({
      "ROADMAP.md": roadmap(12),
      "nightcrew.yaml": settings(sandbox, 12, "8-*) what=bad;;", more),
    });
    const { tasks } = await run(repo);
    const failed = Object.entries(tasks).filter(([, { status }]) => status !== "completed");
    expect(failed).toEqual([["8", { status: "failed", failure: "check-failed" }]]);
    expect(verdicts(sandbox, repo)).not.toContain(false);
  });

  test("land, forty of them", { timeout: 240_000 }, async ({ sandbox }) => {
    const write = "7-*|23-*) what=bad;;";
    const waits = `until [ -e '${sandbox.root}/go' ]; do sleep 0.05; done; ${check}`;
    const repo = sandbox.repository({
      "ROADMAP.md": roadmap(40),
      "nightcrew.yaml": settings(sandbox, 40, write, gateOf(waits)),
    });
    const going = run(repo);
    // Where work is collected more slowly than it is judged, few are ready at once.
    await eventually(async () => (await waiting(repo)) === 40, "all are in the queue", 150_000);
    sandbox.write("go", "");
    const { tasks } = await going;
    const failed = Object.entries(tasks).filter(([, { status }]) => status !== "completed");
    expect(failed.map(([id]) => id)).toEqual(["7", "23"]);
    expect(repo.landings()).toHaveLength(38);
    // Far fewer gates than changes.
    expect(verdicts(sandbox, repo).length).toBeLessThan(12);
    expect(verdicts(sandbox, repo)).not.toContain(false);
  });
});

/** What no gate sees: a file that only shows in use. */
const smoke = `test ! -e late`;
const validating = (more = ""): string => `validate: {run: '${smoke}'${more}}\n`;
const writesLate = (ids: string): string => `${ids}) touch late;;`;

describe("a target that is validated", () => {
  test("is green again when a landing broke it: the culprit is taken back, told why, and done again", async ({
    sandbox,
  }) => {
    const more = `${gateOf(check)}${validating()}`;
    const yaml = settings(sandbox, 5, writesLate("4-1"), more).replace("attempts: 1", "attempts: 2");
    const repo = sandbox.repository({ "ROADMAP.md": roadmap(5), "nightcrew.yaml": yaml });
    const { code, stdout } = await run(repo);
    expect(code).toBe(0);
    expect(repo.git("log", "--first-parent", "--format=%s", "main").split("\n")).toContain('Revert "Task 4 (4)"');
    expect(repo.git("ls-tree", "--name-only", "main", "late")).toBe("");
    expect(repo.show("main", "ROADMAP.md")).toBe(roadmap(5).replaceAll("[ ]", "[x]"));
    const reverted = jsonLines(stdout).flatMap(({ event }) => event as { task: string; body: { type: string } }[]);
    expect(JSON.stringify(reverted)).toContain('"type":"change.reverted"');
    // The revert clears the box of that task, and of no other.
    const revert = repo.git("log", "--first-parent", "--format=%H", "--grep=^Revert", "main");
    expect(repo.git("diff", "--numstat", `${revert}^1`, revert, "--", "ROADMAP.md")).toBe("1\t1\tROADMAP.md");
    expect(repo.git("log", "-1", "--format=%(trailers:key=Nightcrew-Task,valueonly)", revert)).toContain("4");
    expect(verdicts(sandbox, repo, `${check}\n`)).not.toContain(false);
    expect((await repo.run(["report"])).stdout).toContain("was taken back by");
  });

  test("is green again where four of one batch had broken it, each one found without those before it", async ({
    sandbox,
  }) => {
    const culprits = [1, 2, 4, 7];
    const late = culprits.map((id) => `${id}-1) touch late-${id};;`).join(" ");
    const validation = `validate: {run: '${noneIsLate}'}\nqueue: {strategy: groups}\n`;
    const yaml = settings(sandbox, 7, late, `${gateOf(check)}${validation}`);
    const repo = sandbox.repository({ "ROADMAP.md": roadmap(7), "nightcrew.yaml": yaml });
    // All of them are asked to land at once.
    await repo.run(["run", "ROADMAP.md", "--yes", "--no-land"]);
    const landed = await repo.run(["land", "--completed", "--json"]);
    const subjects = repo.git("log", "--first-parent", "--format=%s", "main").split("\n");
    // The root is the last one.
    expect(subjects.slice(0, -1).toSorted()).toEqual([
      "Land 7 changes",
      ...culprits.map((id) => `Revert "Task ${id} (${id})"`),
    ]);
    // Nothing more lands, and that is told once.
    expect(landed.stdout.split('"type":"queue.halted"')).toHaveLength(2);
    const there = repo.git("ls-tree", "--name-only", "main").split("\n");
    const good = [1, 2, 3, 4, 5, 6, 7].filter((id) => !culprits.includes(id));
    expect(there.filter((name) => /^(task|late)-/.test(name))).toEqual(good.map((id) => `task-${id}`));
    expect(repo.show("main", "ROADMAP.md").match(/\[ \].*/g)).toEqual(culprits.map((id) => `[ ] Task ${id}`));
    expect(verdicts(sandbox, repo, `${check}\n`)).not.toContain(false);
  });

  test("keeps what broke it where only an alert is wanted, and takes nothing more", async ({ sandbox }) => {
    const more = `${gateOf(check)}${validating(", rollback: false")}`;
    const agent = 'touch late; echo x > "task-$NIGHTCREW_TASK"';
    const files = { "ROADMAP.md": "- [ ] one\n- [ ] two\n  Depends on: 1\n", "nightcrew.yaml": config(agent, more) };
    const repo = sandbox.repository(files);
    const { code, tasks, stdout } = await run(repo);
    expect([code, tasks["1"]?.status, tasks["2"]?.status]).toEqual([1, "completed", "blocked"]);
    expect(stdout).toContain('"type":"validation.failed"');
    expect(repo.git("ls-tree", "--name-only", "main", "late")).toBe("late");
  });

  test("that is red before anything landed takes nothing, and says so", async ({ sandbox }) => {
    const more = `${gateOf(check)}${validating()}`;
    const files = { "ROADMAP.md": roadmap(1), "nightcrew.yaml": settings(sandbox, 1, "", more), late: "" };
    const repo = sandbox.repository(files);
    const before = repo.git("rev-parse", "main");
    const { code, tasks, stdout } = await run(repo);
    expect([code, tasks["1"]?.status]).toEqual([1, "blocked"]);
    expect(stdout).toContain('"reason":"red-base"');
    expect(repo.git("rev-parse", "main")).toBe(before);
  });

  test("that three landings in a row broke halts its queue, which goes on when a person says so", async ({
    sandbox,
  }) => {
    const more = `${gateOf(check)}validate: {run: '${noneIsLate}'}\nqueue: {history: every-change}\n`;
    const yaml = `workers: 1\nattempts: 1\n${config(breaksInTurn(sandbox), more)}`;
    const repo = sandbox.repository({ "ROADMAP.md": roadmap(5), "nightcrew.yaml": yaml });
    const { code, tasks } = await run(repo);
    expect(code).toBe(4);
    const statuses = Object.values(tasks).map(({ status }) => status);
    expect(statuses.filter((status) => status === "failed")).toHaveLength(3);
    expect(statuses.filter((status) => status === "blocked")).toHaveLength(2);
    expect(repo.git("ls-tree", "--name-only", "main")).not.toContain("late");
    const shown = await repo.run(["queue"]);
    expect(shown.stdout).toContain("HALTED: 3 landings in a row had to be taken back");
    // Also meanwhile a person may take something back.
    const start = repo.git("rev-list", "--max-parents=0", "main");
    expect((await repo.run(["revert"])).stderr).toContain("Nothing that nightcrew landed here is left to take back");
    expect(repo.git("rev-parse", "main^{tree}")).toBe(repo.git("rev-parse", `${start}^{tree}`));
    expect((await repo.run(["queue", "resume"])).code).toBe(0);
    expect((await repo.run(["queue", "resume"])).stderr).toContain("No queue is halted here");
    await repo.run(["status", "--watch"]);
    // The target as it is may still be judged: no run waits for that.
    const isIdle = async (): Promise<boolean> =>
      (await repo.run(["queue"])).stdout === "nothing is on its way into a target\n";
    await eventually(isIdle, "nothing is on its way");
  });
});

describe("a landing that a person takes back", () => {
  const agent = 'echo "$NIGHTCREW_TASK" > "task-$NIGHTCREW_TASK"; echo "$NIGHTCREW_TASK" > shared';
  const chained = "- [ ] one\n- [ ] two\n  Depends on: 1\n- [ ] three\n  Depends on: 2\n";
  const landed = async (sandbox: Sandbox, script = agent): Promise<Repository> => {
    const repo = sandbox.repository({ "ROADMAP.md": chained, "nightcrew.yaml": config(script, gateOf(check)) });
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    return repo;
  };

  test("is the last one, and goes with its box; its task is left for the person", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    const reverted = await repo.run(["revert", "--json"]);
    expect(reverted.code).toBe(0);
    const { results } = JSON.parse(reverted.stdout) as { results: { task: string; commit: string }[] };
    expect(results.map(({ task }) => task)).toEqual(["3"]);
    expect(repo.git("rev-parse", "main")).toBe(results[0]?.commit);
    expect(repo.read("ROADMAP.md")).toBe(chained.replace("[ ] one", "[x] one").replace("[ ] two", "[x] two"));
    expect(repo.read("shared")).toBe("2\n");
    expect(repo.git("status", "--porcelain")).toBe("");
    expect((await repo.run(["tasks"])).stdout).toMatch(/failed +3 /);
    expect((await repo.run(["report"])).stdout).toContain("a person asked for it");
    const back = repo.git("rev-parse", "main");
    expect((await repo.run(["revert", back])).stderr).toContain(`${back} took back what task 3 of run`);
    expect((await repo.run(["retry", "3"])).code).toBe(0);
    await repo.run(["status", "--watch"]);
    expect(repo.read("shared")).toBe("3\n");
    // What the person is at stays: main is where it was, and that is said.
    const before = repo.git("rev-parse", "main");
    repo.write("shared", "mine\n");
    const beside = await repo.run(["revert"]);
    expect(beside.stdout).toMatch(
      /taken back by [0-9a-f]{10}, on nightcrew\/main\nnext {2}.*uncommitted changes: bring it in/,
    );
    expect([repo.git("rev-parse", "main"), repo.read("shared")]).toEqual([before, "mine\n"]);
  });

  test("may be one that later ones built on: then it stays, with the way to do it by hand", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    const before = repo.git("rev-parse", "main");
    const { code, stdout } = await repo.run(["rollback", "1"]);
    expect(code).toBe(1);
    expect(stdout).toContain("stays: undoing it conflicts with what came after, in shared");
    expect(stdout).toContain(`git revert -m 1 ${repo.landings()[0]}`);
    expect(repo.git("rev-parse", "main")).toBe(before);
  });

  test("is found by its commit; what is no landing is refused with git's own way", async ({ sandbox }) => {
    const repo = await landed(sandbox, 'echo "$NIGHTCREW_TASK" > "task-$NIGHTCREW_TASK"');
    const [, two = ""] = repo.landings();
    const { code, stdout } = await repo.run(["revert", two.slice(0, 12)]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("2 two")]);
    expect(repo.git("ls-tree", "--name-only", "main").split("\n")).not.toContain("task-2");
    const start = repo.git("rev-list", "--max-parents=0", "main");
    const refused = await repo.run(["revert", start]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`git revert ${start}`)]);
    expect((await repo.run(["revert", "2"])).stderr).toContain("has landed nothing that is still there");
  });

  test("is every one of a run, newest first; what is left is as before", async ({ sandbox }) => {
    const repo = await landed(sandbox);
    const start = repo.git("rev-list", "--max-parents=0", "main");
    const { code, stdout } = await repo.run(["revert", sandbox.newestRun(), "--json"]);
    expect(code).toBe(0);
    const { results } = JSON.parse(stdout) as { results: { task: string }[] };
    expect(results.map(({ task }) => task)).toEqual(["3", "2", "1"]);
    expect(repo.git("rev-parse", "main^{tree}")).toBe(repo.git("rev-parse", `${start}^{tree}`));
    expect((await repo.run(["revert"])).stderr).toContain("Nothing that nightcrew landed here");
  });

  test("is by the person's own merge where that was quicker than the queue's", async ({ sandbox }) => {
    const branch = "$(git branch --list 'nightcrew/*/1-1' --format='%(refname)')";
    const mine = `git merge -q --no-ff -m Mine ${branch} && echo x > more && git add more && git commit -qm More`;
    const once = sandbox.path("once");
    const slow = `echo "1 passed, 0 failed"; mkdir '${once}' 2>/dev/null || exit 0; cd '${sandbox.path("repo")}' && ${mine}`;
    const files = { "ROADMAP.md": "", "nightcrew.yaml": config('echo x > "task-$NIGHTCREW_TASK"', gateOf(slow)) };
    const repo = sandbox.repository(files);
    expect((await repo.run(["run", "One", "--yes"])).code).toBe(0);
    const { code, stdout } = await repo.run(["revert", "1"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("taken back by")]);
    expect(repo.git("log", "--format=%s", "--first-parent")).toBe('Revert "One (1)"\nMore\nMine\nStart');
    expect(repo.git("ls-tree", "--name-only", "main")).toBe("ROADMAP.md\nmore\nnightcrew.yaml");
  });

  test("is none where another one of the same batch had done the same: that one's stays", async ({ sandbox }) => {
    const wait = (name: string): string => `until [ -e '${sandbox.root}/${name}' ]; do sleep 0.02; done`;
    const agent = `if [ $NIGHTCREW_TASK = 1 ]; then echo x > first; else ${wait("judging")}; echo x > same; fi`;
    const gate = gateOf(`touch '${sandbox.root}/judging'; ${wait("go")}; ${check}`);
    const yaml = `sync: none\nworkers: 3\nqueue: {slots: 1}\n${config(agent, gate)}`;
    const repo = sandbox.repository({ "ROADMAP.md": roadmap(3), "nightcrew.yaml": yaml });
    const going = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    await going.saw('"type":"change.built"');
    await eventually(async () => (await waiting(repo)) === 3, "all are in the queue");
    sandbox.write("go", "");
    expect((await going.ended).code).toBe(0);
    const [last, ...before] = repo.git("log", "--format=%s", "--first-parent", "main").split("\n");
    expect(before).toEqual(["Task 1 (1)", "Start"]);
    const [brought, same] = last === "Task 2 (2)" ? ["2", "3"] : ["3", "2"];
    const refused = await repo.run(["revert", same]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("has landed nothing that is still there"),
    ]);
    expect((await repo.run(["revert", brought])).code).toBe(0);
    expect(repo.git("ls-tree", "--name-only", "main")).toBe("ROADMAP.md\nfirst\nnightcrew.yaml");
  });

  test("is none where somebody else had done the same: theirs stays", async ({ sandbox }) => {
    const theirs = `cd '${sandbox.path("repo")}' && echo x > task-1 && git add task-1 && git commit -qm Theirs`;
    const agent = `(${theirs}); echo x > task-1`;
    const repo = sandbox.repository({ "ROADMAP.md": "", "nightcrew.yaml": config(agent, gateOf(check)) });
    expect((await repo.run(["run", "One", "--yes"])).code).toBe(0);
    for (const named of [["1"], [], [repo.git("rev-parse", "main")]]) {
      const refused = await repo.run(["revert", ...named]);
      expect([refused.code, refused.stdout]).toEqual([2, ""]);
    }
    expect(repo.git("log", "--format=%s")).toBe("Theirs\nStart");
  });

  test("stays where what is left does not pass the gate", async ({ sandbox }) => {
    const needs = 'test ! -e task-2 || test -e task-1; echo "1 passed, 0 failed"; test ! -e task-2 || test -e task-1';
    const files = { "ROADMAP.md": chained, "nightcrew.yaml": config('echo x > "task-$NIGHTCREW_TASK"', gateOf(needs)) };
    const repo = sandbox.repository(files);
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
    const { code, stdout } = await repo.run(["revert", "1"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("without it tests does not pass")]);
    expect(repo.git("ls-tree", "--name-only", "main").split("\n")).toContain("task-1");
  });
});

describe("a change that conflicts with what landed meanwhile", () => {
  /** Both begin from the same list; each puts its own word into it, and knows how to put two together. */
  const agent = (sandbox: Sandbox): string => `touch '${sandbox.root}'/here-$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT
cp "$NIGHTCREW_TASK_FILE" '${sandbox.root}'/told-$NIGHTCREW_TASK-$NIGHTCREW_ATTEMPT
until [ -e '${sandbox.root}'/here-1-1 ] && [ -e '${sandbox.root}'/here-2-1 ]; do sleep 0.02; done
if grep -q '<<<<<<<' list; then grep -v '^[<=>]' list | tr '\\n' ' ' > both; mv both list
else sed -i "s/$/ $NIGHTCREW_TASK/" list; fi`;
  const world = (sandbox: Sandbox, policy: string): Repository =>
    sandbox.repository({
      "ROADMAP.md": roadmap(2),
      list: "words:\n",
      "nightcrew.yaml": `${config(agent(sandbox), gateOf(check))}onConflict: ${policy}\n`,
    });
  const statuses = ({ tasks }: Told): string[] =>
    Object.values(tasks)
      .map(({ status }) => status)
      .sort();

  test("is done again by default", async ({ sandbox }) => {
    const repo = world(sandbox, "reopen");
    const told = await run(repo);
    expect([told.code, statuses(told)]).toEqual([0, ["completed", "completed"]]);
    expect(repo.show("main", "list").trim().split(" ").sort()).toEqual(["1", "2", "words:"]);
  });

  test("is resolved by an agent that has both sides and is told of both, where that is wanted", async ({ sandbox }) => {
    const repo = world(sandbox, "resolve");
    const told = await run(repo);
    expect([told.code, statuses(told)]).toEqual([0, ["completed", "completed"]]);
    expect(repo.show("main", "list").trim().split(" ").sort()).toEqual(["1", "2", "words:", "words:"]);
    const again = ["1", "2"].find((task) => existsSync(sandbox.path(`told-${task}-2`))) ?? "none";
    const text = sandbox.read(`told-${again}-2`);
    expect(text).toContain("## A conflict to resolve");
    expect(text).toContain("- `list`");
    expect(text).toContain(`Task ${again === "1" ? 2 : 1}`);
    expect(verdicts(sandbox, repo)).not.toContain(false);
  });

  test("is refused with its markers left, whatever the gate says", async ({ sandbox }) => {
    const repo = sandbox.repository({
      "ROADMAP.md": roadmap(2),
      list: "words:\n",
      "nightcrew.yaml": `attempts: 2\nonConflict: resolve\n${config(agent(sandbox).replace(/if grep[^]*else (.*); fi/, "$1"), gateOf(check))}`,
    });
    const told = await run(repo);
    expect([told.code, statuses(told)]).toEqual([1, ["completed", "failed"]]);
    expect(told.stdout).toContain('"rule":"conflict-markers"');
    expect(repo.show("main", "list")).not.toContain("<<<<<<<");
  });

  test("is kept, and the others go on: block; left on its branch: skip", async ({ sandbox }) => {
    const repo = world(sandbox, "block");
    const told = await run(repo);
    expect([told.code, statuses(told)]).toEqual([1, ["blocked", "completed"]]);
    expect((await repo.run(["queue"])).stdout).toMatch(/held .*conflicts with what landed meanwhile/);
    expect((await repo.run(["run", "ROADMAP.md", "--yes", "--on-conflict", "skip", "--json"])).code).toBe(0);
  });

  test("stops the run where that is wanted; resume tries it again", async ({ sandbox }) => {
    const repo = world(sandbox, "stop");
    const { code, stdout } = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(code).toBe(1);
    expect(stdout).toContain("interrupted: stopping what is running");
    expect((await repo.run(["status"])).stdout).toContain("interrupted");
    const resumed = await repo.run(["resume"]);
    expect(resumed.code).toBe(1);
    expect(resumed.stdout).toContain("conflicts with what landed meanwhile");
  });
});

describe("the queue", () => {
  test("is shown: who is in it, what is judged, what comes next", async ({ sandbox }) => {
    const slow = `until [ -e '${sandbox.root}/go' ]; do sleep 0.02; done; ${check}`;
    const repo = sandbox.repository({
      "ROADMAP.md": roadmap(3),
      "nightcrew.yaml": settings(sandbox, 3, "", gateOf(slow)),
    });
    const going = repo.start(["run", "ROADMAP.md", "--yes", "--json"]);
    await going.saw('"type":"change.built"');
    const { queues } = JSON.parse((await repo.run(["queue", "--json"])).stdout) as {
      queues: { target: string; slots: number; changes: unknown[]; trials: { state: string; changes: string[] }[] }[];
    };
    expect(queues).toHaveLength(1);
    expect(queues[0]).toMatchObject({ target: "main", halted: null });
    expect(queues[0]?.trials.some(({ state }) => state === "judging")).toBe(true);
    const { stdout } = await repo.run(["queue"]);
    expect(stdout).toMatch(/^main {2}/);
    expect(stdout).toMatch(/next {2}judges \d changes?/);
    sandbox.write("go", "");
    expect((await going.ended).code).toBe(0);
    expect((await repo.run(["queue", "--watch"])).stdout).toBe("nothing is on its way into a target\n");
  });
});
