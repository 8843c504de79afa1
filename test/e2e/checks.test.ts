import { availableParallelism } from "node:os";
import { describe, expect } from "vitest";
import { findSandbox } from "../../src/adapters/sandbox/find-sandbox.ts";
import { config, test, type Ended, type Repository, type Sandbox } from "../rig/sandbox.ts";

const writesItsFile = 'echo "$NIGHTCREW_TASK" > "$NIGHTCREW_TASK.txt"';

/** Lines of a gate: checks by name, on a work tree that has the change alone. */
function gated(checks: Readonly<Record<string, string>>, more = ""): string {
  const lines = Object.entries(checks).map(
    ([name, run]) =>
      `    - {name: ${name}, run: ${JSON.stringify(`test -e 1.txt || exit 0; ${run}`)}, kind: command}\n`,
  );
  return config(writesItsFile, `attempts: 1\ngate:\n${more}  checks:\n${lines.join("")}`);
}

const oneTask = (sandbox: Sandbox, yaml: string): Repository =>
  sandbox.repository({ "ROADMAP.md": "- [ ] one\n", ".gitignore": "*.ignored\n", "nightcrew.yaml": yaml });

const run = (repo: Repository, env = {}): Promise<Ended> => repo.run(["run", "ROADMAP.md", "--yes"], env);

describe.runIf(availableParallelism() > 1)("checks side by side", () => {
  const parallel = "  parallel: true\n";

  test("run at once, and are told in declared order", async ({ sandbox }) => {
    const meet = (own: string, other: string): string =>
      `touch '${sandbox.path(own)}'; until test -e '${sandbox.path(other)}'; do sleep 0.02; done`;
    const repo = oneTask(sandbox, gated({ left: meet("a", "b"), right: meet("b", "a") }, parallel));
    expect((await run(repo)).stdout).toContain("The task landed on main.");
  });

  test("have ports of their own", async ({ sandbox }) => {
    const say = (name: string): string => `echo "$NIGHTCREW_PORT-$NIGHTCREW_PORT_LAST" > '${sandbox.path(name)}'`;
    await run(oneTask(sandbox, gated({ one: say("one"), two: say("two") }, parallel)));
    const [first = 0, last = 0] = sandbox.read("one").trim().split("-").map(Number);
    expect(sandbox.read("two").trim()).toBe(`${last + 1}-${last + 1 + last - first}`);
  });

  test("are stopped a while after one has failed, which is the one that is named", async ({ sandbox }) => {
    const repo = oneTask(
      sandbox,
      gated(
        { slow: "setsid sleep 300 & exec sleep 300", bad: "echo reason; exit 3" },
        `${parallel}  flaky: {reruns: 0}\n`,
      ),
    );
    const result = await run(repo);
    expect(result.stdout).toContain("check “bad” failed (exit code 3)");
    expect(result.stdout).toContain("reason");
    expect(await sandbox.left()).toEqual([]);
  });

  test("that were stopped for a flaky one are run after all", async ({ sandbox }) => {
    const [first, slow] = [sandbox.path("first"), sandbox.path("slow")];
    const once = (mark: string, then: string): string => `test -e '${mark}' || { touch '${mark}'; ${then}; }`;
    // It fails when the other one has begun: however long that takes, it is stopped in the middle.
    const fails = `until test -e '${slow}'; do sleep 0.02; done; exit 3`;
    const repo = oneTask(sandbox, gated({ slow: once(slow, "exec sleep 300"), shaky: once(first, fails) }, parallel));
    const result = await run(repo);
    expect(result.stdout).toContain("The task landed on main.");
    expect(result.stdout).toContain("“shaky” is flaky: failed 1 of 2 times (exit code 3)");
    expect(await sandbox.left()).toEqual([]);
  });

  test("are not what a detected gate can be: those have an order", async ({ sandbox }) => {
    const result = await run(oneTask(sandbox, config(writesItsFile, "gate: {parallel: true}\n")));
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("name the checks: those that are detected have to run in order");
  });
});

describe("a check", () => {
  test("that writes into its workspace spoils no later gate", async ({ sandbox }) => {
    const spoils = 'test ! -e left && test ! -e left.ignored && test ! -e folder && test -z "$(cat state)" || exit 9';
    const writes = "mkdir -p folder/.git; touch left left.ignored folder/x; echo changed > state; chmod 500 folder";
    const repo = sandbox.repository({
      "ROADMAP.md": "- [ ] one\n- [ ] two\n- [ ] three\n",
      ".gitignore": "*.ignored\n",
      state: "",
      "nightcrew.yaml": config(
        writesItsFile,
        `workers: 1\nattempts: 1\ngate:\n  checks:\n    - {name: check, run: ${JSON.stringify(`${spoils}; ${writes}`)}}\n`,
      ),
    });
    const result = await run(repo);
    expect(result.stdout).toContain("All 3 tasks landed on main.");
    expect(repo.git("show", "main:state")).toBe("");
  });

  test("that leaves a server has it ended before the next one begins", async ({ sandbox }) => {
    const serve = `node -e 'require("http").createServer((q, a) => a.end("here")).listen(process.env.NIGHTCREW_PORT, "127.0.0.1", () => require("fs").writeFileSync("up.ignored", ""))'`;
    const ask = `node -e 'require("http").get("http://127.0.0.1:" + process.env.NIGHTCREW_PORT).on("response", () => process.exit(4)).on("error", () => process.exit(0))'`;
    const repo = oneTask(
      sandbox,
      gated({ serves: `setsid ${serve} >/dev/null 2>&1 & until test -e up.ignored; do sleep 0.02; done`, asks: ask }),
    );
    expect((await run(repo)).stdout).toContain("The task landed on main.");
    expect(await sandbox.left()).toEqual([]);
  });
});

describe("a check with JUnit files", () => {
  const xml =
    '<testsuite name="s"><testcase name="a"/><testcase name="b"/><testcase name="c"><skipped/></testcase></testsuite>';
  const yaml = (run: string): string =>
    config(
      writesItsFile,
      `attempts: 1\ngate:\n  checks:\n    - {name: unit, run: ${JSON.stringify(run)}, junit: 'out/**/*.xml'}\n`,
    );

  test("has its tests counted from them", async ({ sandbox }) => {
    const result = await run(
      oneTask(sandbox, yaml(`mkdir -p out/x; echo '${xml}' > out/x/a.xml; echo 9 passed in 1s`)),
    );
    expect(result.stdout).toContain("2 passed, 1 skipped");
  });

  test.for([
    ["writes none", "echo 9 passed in 1s", "no JUnit file out/**/*.xml was written"],
    ["leaves old ones", "true", "no JUnit file out/**/*.xml was written"],
    [
      "writes a broken one",
      "mkdir -p out; echo '<testsuite>' > out/b.xml",
      "out/b.xml is no JUnit file: it ends too early",
    ],
    ["writes one without tests", "mkdir -p out; echo '<testsuite/>' > out/b.xml", "no test was seen to run"],
  ] as const)("%s: blocked, nothing lands", async ([, command, why], { sandbox }) => {
    const repo = oneTask(sandbox, yaml(command));
    repo.write("out/old.xml", xml);
    repo.git("add", "-f", "out");
    repo.git("commit", "-qm", "old results");
    const before = repo.git("rev-parse", "main");
    const result = await run(repo);
    expect(result.stdout).toContain("no test was seen to run");
    expect(result.stdout).toContain(why);
    expect(repo.git("rev-parse", "main")).toBe(before);
  });
});

const found = await findSandbox();
const inSandbox = { NIGHTCREW_SANDBOX: "auto" };

describe.runIf(found.kind === "bubblewrap")("a check in the sandbox", () => {
  test("that forks without end is bounded, and a failure", async ({ sandbox }) => {
    const bomb = "bomb() { bomb | bomb; }; bomb";
    const repo = oneTask(sandbox, gated({ bomb }, "  limits: {processes: 40}\n  flaky: {reruns: 0}\n"));
    const before = repo.git("rev-parse", "main");
    const result = await run(repo, inSandbox);
    expect(result.stdout).toContain("check “bomb” failed");
    if (process.getuid?.() === 0) expect(result.stdout).toContain("the sandbox's limit of 40 processes was reached");
    expect(repo.git("rev-parse", "main")).toBe(before);
    expect(await sandbox.left()).toEqual([]);
  });

  test("that takes more memory than it may is a failure", async ({ sandbox }) => {
    const hog = `node -e 'const kept = []; for (let n = 0; n < 400; n++) kept.push(Buffer.alloc(1024 ** 2, 1))'`;
    const repo = oneTask(sandbox, gated({ hog }, "  limits: {memory: 256m}\n  flaky: {reruns: 0}\n"));
    expect((await run(repo, inSandbox)).stdout).toContain("check “hog” failed");
    repo.write("nightcrew.yaml", gated({ hog }, "  limits: {memory: 2g}\n"));
    // The checkout is not clean: beside the target.
    expect((await run(repo, inSandbox)).stdout).toContain("The task landed on");
  });

  test("that needs the network is blocked, and told what it wanted", async ({ sandbox }) => {
    const ask = `node -e 'require("dns").lookup("registry.example", (error) => { console.log(String(error)); process.exit(error ? 1 : 0) })'`;
    const repo = oneTask(sandbox, gated({ install: ask }));
    const before = repo.git("rev-parse", "main");
    const result = await run(repo, inSandbox);
    expect(result.stdout).toContain("0 of 1 task landed on main; 1 held");
    expect(result.stdout).toContain("it needs the network, which the sandbox refused it: see `sandbox: hosts:`");
    expect(result.stdout).toContain("registry.example");
    expect(repo.git("rev-parse", "main")).toBe(before);
  });
});
