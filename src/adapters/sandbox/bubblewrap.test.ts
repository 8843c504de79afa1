import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isFrozen } from "../../../test/rig/frozen.ts";
import { eventually, makeGround, processesIn, real, run, type Ran } from "../../../test/rig/sandboxed.ts";
import { processesWithMarker } from "../process/process-table.ts";
import type { Supervised } from "../process/supervise.ts";
import { noSandbox, type SandboxPolicy } from "./sandbox.ts";

const sandbox = await real();
const there = sandbox.name === "bubblewrap";
const ground = makeGround();
afterAll(() => ground.remove());

const inside = (script: string, changes: Partial<SandboxPolicy> = {}): Promise<Ran> =>
  run(["sh", "-c", script], { sandbox, policy: ground.policy(changes) });

// Without bubblewrap there is nothing to look at: `.ci/run` installs it.
describe.runIf(there)("a command in bubblewrap", () => {
  it("works in its workspace, with its own repository, its task and its outbox", async () => {
    const ran = await inside(
      `pwd; cat file ../agent.git/HEAD "${ground.nightcrewHome}/runs/r1/TASK.md"; echo made > made; echo x > ../agent.git/x; echo out > "${ground.outbox}/1"`,
    );
    expect(ran).toMatchObject({ ending: { kind: "code", code: 0 }, stderr: "" });
    expect(ran.stdout).toBe(`${ground.workspace}\nwork\nref: refs/heads/one\ndo it\n`);
    expect(readFileSync(join(ground.workspace, "made"), "utf8")).toBe("made\n");
    expect(readFileSync(join(ground.outbox, "1"), "utf8")).toBe("out\n");
    expect(existsSync(join(ground.agentGit, "x"))).toBe(true);
  });

  it.each([
    ["exit 0", { kind: "code", code: 0 }],
    ["exit 7", { kind: "code", code: 7 }],
    ["exit 127", { kind: "code", code: 127 }],
    ["kill -TERM $$", { kind: "signal", signal: "SIGTERM" }],
    ["kill -KILL $$", { kind: "signal", signal: "SIGKILL" }],
    ["kill -SEGV $$", { kind: "signal", signal: "SIGSEGV" }],
  ])("ends as it would alone: %s", async (script, ending) => {
    expect((await inside(script)).ending).toEqual(ending);
    expect((await run(["sh", "-c", script], { sandbox: noSandbox, policy: ground.policy() })).ending).toEqual(ending);
  });

  it("that is not there, or not seen inside, is told apart from one that fails", async () => {
    const policy = ground.policy();
    expect((await run(["no-such-program"], { sandbox, policy })).ending).toEqual({
      kind: "not-started",
      detail: "no such program: no-such-program",
    });
    const hidden = join(ground.home, "tool");
    writeFileSync(hidden, "#!/bin/sh\necho here\n", { mode: 0o755 });
    expect((await run([hidden], { sandbox, policy })).ending).toEqual({
      kind: "not-started",
      detail: `${hidden} is not seen inside of its sandbox`,
    });
    const shown = await run([hidden], { sandbox, policy: ground.policy({ readable: [hidden] }) });
    expect(shown).toMatchObject({ ending: { kind: "code", code: 0 }, stdout: "here\n" });
  });

  it("says so where the sandbox itself could not be made", async () => {
    const gone = { ...ground.policy(), readOnly: ["sub/file"] };
    mkdirSync(join(ground.workspace, "sub"));
    writeFileSync(join(ground.workspace, "sub/file"), "");
    const wrapped = await sandbox.wrap(["true"], { PATH: process.env["PATH"] }, gone);
    const broken = wrapped.argv.map((word) => (word === "--unshare-all" ? "--no-such-option" : word));
    const other = { ...sandbox, wrap: () => Promise.resolve({ ...wrapped, argv: broken }) };
    const ran = await run(["true"], { sandbox: other, policy: gone });
    expect(ran.ending).toEqual({ kind: "not-started", detail: "its sandbox could not be made: see its log" });
    expect(ran.stderr).toContain("--no-such-option");
  });

  it("has a home of its own with copies of the named files, and leaves nothing of it", async () => {
    symlinkSync(join(ground.repo, "file"), join(ground.home, ".agent/outside"));
    symlinkSync("/etc/hostname", join(ground.home, ".agent/far"));
    const home = { path: ground.home, credentials: [".agent/auth.json", ".agent/far", ".agent/none"], keptIn: null };
    const ran = await inside(
      `cd; pwd; find .agent -type f -exec stat -c '%a %n' {} +; cat .agent/auth.json; echo changed > .agent/auth.json && mkdir new && chmod 0500 new`,
      { home },
    );
    expect(ran).toMatchObject({ ending: { kind: "code", code: 0 }, stderr: "" });
    expect(ran.stdout).toBe(`${ground.home}\n600 .agent/auth.json\ntoken`);
    expect(readFileSync(join(ground.home, ".agent/auth.json"), "utf8")).toBe("token");
    expect(existsSync(join(ground.home, "new"))).toBe(false);
    expect(readdirSync(join(ground.nightcrewHome, "runs/r1")).sort()).toEqual(["TASK.md", "outbox"]);
    await expect(
      inside("true", { home: { path: ground.home, credentials: ["../outside"], keptIn: null } }),
    ).rejects.toThrow(/not within the home folder/);
  });

  it("that keeps its home cannot have a copy written elsewhere, nor have its maker wait", async () => {
    const keptIn = join(ground.nightcrewHome, "runs/r1/kept-home");
    mkdirSync(keptIn);
    const home = { path: ground.home, credentials: [".agent/auth.json", ".agent/deep/token"], keptIn };
    mkdirSync(join(ground.home, ".agent/deep"));
    writeFileSync(join(ground.home, ".agent/deep/token"), "deep");
    const precious = join(ground.repo, "file");
    const planted = `cd; chmod 0700 .agent; rm -r .agent/auth.json .agent/deep; ln -s '${precious}' .agent/auth.json; ln -s '${ground.repo}' .agent/deep; chmod 0500 .agent .; echo mine > /tmp/x`;
    await inside(planted, { home });
    const again = await inside(
      "cat ~/.agent/auth.json ~/.agent/deep/token; rm ~/.agent/auth.json; mkfifo ~/.agent/auth.json",
      { home },
    );
    expect(again).toMatchObject({ stdout: "tokendeep", stderr: "" });
    expect((await inside("cat ~/.agent/auth.json", { home })).stdout).toBe("token");
    expect(readFileSync(precious, "utf8")).toBe("the user's\n");
    expect(existsSync(join(ground.repo, "token"))).toBe(false);
    rmSync(keptIn, { recursive: true });
  });

  it("holds none of the handles that tell how it went", async () => {
    // The pipe is the looking one's own: it shows that handles are seen at all.
    const found = await inside(`: | for one in /proc/[0-9]*/fd/*; do readlink "$one"; done 2>/dev/null; true`, {
      network: { kind: "hosts", allow: [] },
    });
    expect(found.stdout).toContain("pipe:");
    expect(found.stdout).not.toMatch(/\/(status|missing)\b/);
  });

  it("is asked to end before it is ended", async () => {
    const policy = ground.policy();
    let running: Supervised | null = null;
    const ran = run(["sh", "-c", `trap 'echo tidied > left; exit 0' TERM; echo > up; while :; do sleep 0.01; done`], {
      sandbox,
      policy,
      onRunning: (started) => (running = started),
    });
    await eventually(() => existsSync(join(ground.workspace, "up")));
    (running as Supervised | null)?.stop();
    expect((await ran).ending).toEqual({ kind: "stopped" });
    expect(readFileSync(join(ground.workspace, "left"), "utf8")).toBe("tidied\n");
  });

  it("takes with it, at its end, what it started in sessions of their own", async () => {
    let marker = "";
    const ran = await run(
      [
        "sh",
        "-c",
        `env -u NIGHTCREW_MARKER setsid sh -c 'sh -c "echo > served; exec sleep 600" &' & until [ -e served ]; do :; done; readlink /proc/self/ns/pid`,
      ],
      { sandbox, policy: ground.policy(), onRunning: (_, own) => (marker = own) },
    );
    expect(ran.ending).toEqual({ kind: "code", code: 0 });
    expect(processesWithMarker(marker)).toEqual([]);
    expect(processesIn(ran.stdout.trim())).toEqual([]);
  });

  it("is frozen and thawed with all it started", async () => {
    let running: Supervised | null = null;
    let marker = "";
    const ran = run(
      ["sh", "-c", "setsid sh -c 'while :; do sleep 0.01; done' & echo > on; while :; do sleep 0.01; done"],
      {
        sandbox,
        policy: ground.policy(),
        onRunning: (started, own) => {
          running = started;
          marker = own;
        },
      },
    );
    await eventually(() => existsSync(join(ground.workspace, "on")));
    const supervised = running as Supervised | null;
    supervised?.freeze();
    const still = (pid: number): boolean => isFrozen(pid) || ["Z", "D"].includes(stateOf(pid));
    await eventually(() => processesWithMarker(marker).every(still));
    expect(processesWithMarker(marker).length).toBeGreaterThanOrEqual(4);
    supervised?.thaw();
    await eventually(() => processesWithMarker(marker).some((pid) => !still(pid)));
    supervised?.stop();
    expect((await ran).ending).toEqual({ kind: "stopped" });
  });
});

function stateOf(pid: number): string {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : ") Z";
  return stat.slice(stat.lastIndexOf(")") + 2).charAt(0);
}
