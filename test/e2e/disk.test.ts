import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect } from "vitest";
import { test as base } from "../rig/puppet.ts";
import { config, eventually, gate } from "../rig/sandbox.ts";

/** A file system of its own for the home, which is small, and may be made full or read-only. */
class SmallDisk {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], { stdio: "pipe" });
  }

  fill(): void {
    const filler = openSync(join(this.folder, "filler"), "w");
    try {
      for (;;) writeSync(filler, Buffer.alloc(4096));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
    } finally {
      closeSync(filler);
    }
  }

  makeRoom(): void {
    rmSync(join(this.folder, "filler"));
  }

  remount(how: "ro" | "rw"): void {
    execFileSync("mount", ["-o", `remount,${how}`, this.folder], { stdio: "pipe" });
  }

  remove(): void {
    // SQLite of this very process may still hold a file of it.
    execFileSync("umount", ["-l", this.folder], { stdio: "pipe" });
  }
}

const test = base.extend<{ disk: SmallDisk }>({
  disk: async ({ sandbox, skip }, use) => {
    let disk: SmallDisk;
    try {
      disk = new SmallDisk(sandbox.home);
    } catch (error) {
      return skip(`file systems cannot be mounted here: ${String(error)}`);
    }
    try {
      await use(disk);
      // Whoever is still there keeps it from being removed.
      expect(await sandbox.left()).toEqual([]);
      expect(sandbox.litter()).toEqual([]);
    } finally {
      disk.remove();
    }
  },
});

const simple = { "ROADMAP.md": "- [ ] one\n", "nightcrew.yaml": config('echo 1 > "$NIGHTCREW_TASK.txt"', gate) };

describe("a full disk", () => {
  test("in the middle of a run ends it with a clear error; with room again it goes on, and nothing was lost", async ({
    sandbox,
    disk,
    puppets,
  }) => {
    const files = { "ROADMAP.md": "- [ ] one\n- [ ] two\n", "nightcrew.yaml": puppets.config(gate) };
    const repo = sandbox.repository(files);
    const run = repo.start(["run", "ROADMAP.md", "--yes"]);
    const { "1-1": one, "2-1": two } = await puppets.come(2);
    await one?.write("1.txt", "first\n");
    await two?.write("2.txt", "first\n");
    // One that fails for want of room gives back what it took: with that the run could go on.
    await eventually(() => existsSync(join(sandbox.home, "store.backup.db")), "the store's backup");
    disk.fill();
    await one?.exit(0);
    await two?.exit(0);
    const ended = await run.ended;
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`Nothing can be written in ${sandbox.home}`);
    expect(ended.stderr).toContain("df -h");
    // Nobody tries again and again: the last one is leaving.
    await eventually(() => sandbox.daemons().length === 0, "no daemon");
    const again = await repo.run(["status"]);
    expect(again).toMatchObject({ code: 2, stdout: "" });

    disk.makeRoom();
    const watched = repo.start(["status", "--watch"]);
    for (const puppet of Object.values(await puppets.come(2))) await puppet.finish();
    expect((await watched.ended).stdout).toContain("2/2 landed");
    expect(puppets.names()).toEqual(["1-1", "1-2", "2-1", "2-2"]);
    expect(repo.show(`refs/nightcrew/salvage/${one?.run}/1/1`, "1.txt")).toBe("first\n");
    expect(repo.landings()).toHaveLength(2);
    const database = new DatabaseSync(`${sandbox.home}/store.db`, { readOnly: true });
    expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    database.close();
  });

  test("from the beginning is said by the command, and nothing is begun", async ({ sandbox, disk }) => {
    const repo = sandbox.repository(simple);
    disk.fill();
    const { code, stderr } = await repo.run(["run", "ROADMAP.md", "--yes"]);
    expect(code).toBe(2);
    expect(stderr).toContain(`Nothing can be written in ${sandbox.home}`);
    disk.makeRoom();
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  });
});

describe("a home that may only be read", () => {
  test("is named by every command that needs it", async ({ sandbox, disk }) => {
    const repo = sandbox.repository(simple);
    disk.remount("ro");
    for (const command of [["status"], ["run", "ROADMAP.md", "--yes"], ["daemon", "start"], ["stop", "--all"]]) {
      const { code, stderr } = await repo.run(command);
      expect({ command, code }).toEqual({ command, code: 2 });
      expect(stderr).toContain(`Nothing can be written in ${sandbox.home}`);
    }
    disk.remount("rw");
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  });

  test("is named by a daemon that was there before, and nothing is begun", async ({ sandbox, disk }) => {
    const repo = sandbox.repository(simple);
    await repo.run(["status"]);
    // The daemon has files open for writing: only another view of it can be read-only.
    execFileSync("mount", ["--bind", disk.folder, disk.folder]);
    try {
      execFileSync("mount", ["-o", "remount,bind,ro", disk.folder]);
      const { code, stderr } = await repo.run(["run", "ROADMAP.md", "--yes"]);
      expect(code).toBe(2);
      expect(stderr).toContain(`Nothing can be written in ${sandbox.home}`);
    } finally {
      // Whoever was started in it may just be leaving.
      execFileSync("umount", ["-l", disk.folder]);
    }
    expect((await repo.run(["run", "ROADMAP.md", "--yes"])).code).toBe(0);
  });
});
