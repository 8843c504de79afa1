import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { groupFolder, groupsOf, isFrozen } from "../../../test/rig/frozen.ts";
import { eventually } from "../../../test/rig/sandbox.ts";
import { freezeAll, thawAll } from "./freeze.ts";
import { Freezer, removeGroupsOf } from "./freezer.ts";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Works for ever; its pid. */
function busy(marker = "none", command = ["sh", "-c", "while :; do sleep 0.01; done"]): number {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: { PATH: process.env["PATH"], NIGHTCREW_MARKER: marker },
    stdio: "ignore",
  });
  children.push(child);
  return child.pid ?? 0;
}

const folder = groupFolder(process.pid);

/** Root may, and whoever was given a part of the tree. */
function mayMakeGroups(): boolean {
  const probe = join(folder ?? "", `nightcrew-probe-${process.pid}`);
  try {
    mkdirSync(probe);
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
  rmdirSync(probe);
  return true;
}

const groups = (): string[] => groupsOf(process.pid);

describe.runIf(folder !== null && mayMakeGroups())("a freezer", () => {
  it("freezes all that is found, whoever comes meanwhile, and lets it go on", async () => {
    const freezer = new Freezer();
    const pids = [busy()];
    // The first look is for the leader; behind the second one there is another process.
    let looks = 0;
    const find = (): readonly number[] => {
      if (++looks === 3) pids.push(busy());
      return pids;
    };
    expect(freezer.freeze(find)).toBe(true);
    expect(pids).toHaveLength(2);
    await eventually(() => pids.every(isFrozen), "all are frozen");
    expect(freezer.thaw()).toBe(true);
    await eventually(() => !pids.some(isFrozen), "none is frozen");
    expect(freezer.thaw()).toBe(false);
    expect(freezer.freeze(() => pids)).toBe(true);
    await eventually(() => pids.every(isFrozen), "all are frozen");
    // What it started meanwhile hides there, frozen: the group does not go without it.
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await freezer.close();
    expect(groups()).toEqual([]);
  });

  it("takes the group that a sandbox had the leader join, and leaves it there", async () => {
    const group = join(folder ?? "", `nightcrew-sandbox-${process.pid}`);
    mkdirSync(group);
    try {
      const pid = busy();
      writeFileSync(join(group, "cgroup.procs"), String(pid));
      const freezer = new Freezer();
      expect(freezer.freeze(() => [pid])).toBe(true);
      await eventually(() => isFrozen(pid), "it is frozen");
      expect(readFileSync(join(group, "cgroup.events"), "utf8")).toContain("frozen 1");
      process.kill(pid, "SIGKILL");
      await freezer.close();
      expect(existsSync(group)).toBe(true);
      expect(groups()).toEqual([]);
    } finally {
      await eventually(
        () => /^populated 0$/m.test(readFileSync(join(group, "cgroup.events"), "utf8")),
        "the group is empty",
      );
      rmdirSync(group);
    }
  });

  it("that was never closed leaves a group that is found by the process that made it", async () => {
    const freezer = new Freezer();
    const pid = busy();
    freezer.freeze(() => [pid]);
    expect(groups()).toHaveLength(1);
    process.kill(pid, "SIGKILL");
    await removeGroupsOf(process.pid);
    expect(groups()).toEqual([]);
  });

  it("has nothing to freeze where nobody is found", () => {
    expect(new Freezer().freeze(() => [])).toBe(false);
    expect(groups()).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("without control groups", () => {
  it("what a command owns is stopped by signals, and goes on by them", async () => {
    const none = { freeze: () => false, thaw: () => false };
    const marker = `NIGHTCREW_MARKER=freezer-${process.pid}`;
    const [leader, other] = ["none", marker.slice("NIGHTCREW_MARKER=".length)].map((value) =>
      busy(value, ["sleep", "1000"]),
    );
    if (leader === undefined || other === undefined) throw new Error("nothing was started");
    freezeAll({ leader, marker }, none);
    await eventually(() => isFrozen(leader) && isFrozen(other), "both are frozen");
    thawAll({ leader, marker }, none);
    await eventually(() => !isFrozen(leader) && !isFrozen(other), "both go on");
  });
});
